/** The marker segment that begins a tile-part (ISO/IEC 15444-1 A.4.2). */
import type { FileSource } from '../file-source.js';
import { Bytes } from './bytes.js';
import { Marker } from './markers.js';

export interface StartOfTilePart {
  readonly tile: number;
  /** Psot; 0 stands for "up to EOC". */
  readonly length: number;
  readonly index: number;
  /** TNsot; 0 where the number of tile-parts isn't told. */
  readonly count: number;
}

/** Undefined where something else comes. */
export function parseSot(bytes: Bytes): StartOfTilePart | undefined {
  if (bytes.u16() !== Marker.SOT || bytes.u16() !== 10) return undefined;
  return { tile: bytes.u16(), length: bytes.u32(), index: bytes.u8(), count: bytes.u8() };
}

/** The one that lies there; undefined where something else does. @throws NotFetched */
export function readSot(source: FileSource, position: number): StartOfTilePart | undefined {
  return parseSot(new Bytes(source.read(position, SOT_BYTES), 'SOT marker segment'));
}

/** Of SOT and its segment. */
export const SOT_BYTES = 12;
export const EOC_BYTES = 2;
/** No tile-part is shorter: SOD follows its SOT. */
export const LEAST_TILE_PART_BYTES = SOT_BYTES + 2;
