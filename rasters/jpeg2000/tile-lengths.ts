/** The TLM marker segments (ISO/IEC 15444-1 A.7.1): the lengths of all tile-parts, told in the main header. */
import { Damage } from '../damage.js';
import { Bytes } from './bytes.js';
import { Marker } from './markers.js';
import type { Segment } from './segment.js';

export interface TilePartLength {
  readonly tile: number;
  readonly bytes: number;
}

/** In the order in which the tile-parts lie; undefined where the header has none, or says what can't be. */
export function tilePartLengths(header: readonly Segment[]): readonly TilePartLength[] | undefined {
  const segments = header.filter(({ marker }) => marker === Marker.TLM);
  if (segments.length === 0) return undefined;
  try {
    const parsed = segments.map(({ data }) => parseTlm(data)).sort((a, b) => a.index - b.index);
    // One that is missing would shift all that follow.
    if (parsed.some(({ index }, i) => index !== i)) return undefined;
    // Without a tile's number each tile has one tile-part, in order.
    return parsed.flatMap(({ lengths }) => lengths).map(({ tile, bytes }, i) => ({ tile: tile ?? i, bytes }));
  } catch (error) {
    if (error instanceof Damage) return undefined;
    throw error;
  }
}

interface Tlm {
  /** Ztlm */
  readonly index: number;
  readonly lengths: readonly { readonly tile: number | undefined; readonly bytes: number }[];
}

/** Stlm says how long Ttlm and Ptlm are (table A.33). */
function parseTlm(segment: Uint8Array): Tlm {
  const bytes = new Bytes(segment, 'TLM marker segment');
  const index = bytes.u8();
  const sizes = bytes.u8();
  const tileBytes = (sizes >> 4) & 3;
  if (tileBytes === 3) throw new Damage('has a TLM marker segment of unknown kind');
  const isLong = (sizes & 0x40) !== 0;
  const lengths: { tile: number | undefined; bytes: number }[] = [];
  while (bytes.remaining > 0) {
    const tile = tileBytes === 0 ? undefined : tileBytes === 1 ? bytes.u8() : bytes.u16();
    lengths.push({ tile, bytes: isLong ? bytes.u32() : bytes.u16() });
  }
  return { index, lengths };
}
