/** The marker segment that begins a tile-part (ISO/IEC 15444-1 A.4.2). */
import type { Bytes } from './bytes.js';
import { Marker } from './markers.js';

export interface StartOfTilePart {
  readonly tile: number;
  /** Psot; 0 stands for "up to EOC". */
  readonly length: number;
  readonly index: number;
  /** TNsot; 0 where the number of tile-parts isn't told. */
  readonly count: number;
}

export function parseSot(bytes: Bytes): StartOfTilePart | undefined {
  if (bytes.u16() !== Marker.SOT || bytes.u16() !== 10) return undefined;
  return { tile: bytes.u16(), length: bytes.u32(), index: bytes.u8(), count: bytes.u8() };
}

/** Of SOT and its segment. */
export const SOT_BYTES = 12;
export const EOC_BYTES = 2;
