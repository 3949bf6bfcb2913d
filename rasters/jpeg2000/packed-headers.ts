/** Packet headers that stand apart from their packets: in the main header (PPM, A.7.4), or in that of a tile-part (PPT, A.7.5). */
import { Bytes } from './bytes.js';
import type { Segment } from './segment.js';
import { Marker } from './markers.js';

/** Headers of each tile-part in the order of the codestream; undefined where there are no PPM marker segments. */
export function readPpm(header: readonly Segment[]): Uint8Array[] | undefined {
  const packed = joined(header, Marker.PPM);
  if (!packed) return undefined;
  const bytes = new Bytes(packed, 'PPM marker segments');
  const headers: Uint8Array[] = [];
  // Nppm, Ippm: lengths and headers may be cut anywhere by the end of a marker segment, so they are read joined.
  while (bytes.remaining > 0) headers.push(bytes.slice(bytes.u32()));
  return headers;
}

/** Headers of one tile-part; undefined where it has no PPT marker segments. */
export function readPpt(header: readonly Segment[]): Uint8Array | undefined {
  return joined(header, Marker.PPT);
}

/** Contents of the marker segments of a kind in the order of their index, Zppm or Zppt. */
function joined(header: readonly Segment[], marker: number): Uint8Array | undefined {
  const segments = header.filter((segment) => segment.marker === marker);
  if (segments.length === 0) return undefined;
  const indexed = segments.map(({ data }) => ({ index: new Bytes(data, 'packed headers').u8(), data }));
  indexed.sort((a, b) => a.index - b.index);
  return Buffer.concat(indexed.map(({ data }) => data.subarray(1)));
}
