/**
 * One tile of a codestream as a codestream of its own, for decoders that take whole images only.
 *
 * The tile keeps its place on the reference grid (SIZ gets the tile's rectangle, and one tile of the same size), so
 * precincts, code-blocks and the parity of the wavelet stay where they were; tile-parts are copied as they are but for
 * their SOT (A.4.2): Isot becomes 0, Psot may have been 0, and TPsot and TNsot may be at odds.
 *
 * All components become unsigned: their samples come out higher by half their range (G.1), and all else stays the same.
 */
import type { Codestream } from './codestream.js';
import { Unsupported } from '../unsupported.js';
import { Marker } from './markers.js';
import { tileRectangle } from './siz.js';
import type { FileSource } from '../file-source.js';

/** TNsot has eight bits. */
const MAX_PARTS = 255;

/** Of no use to a decoder of one tile, or, like TLM and PLM, wrong for it. */
const DROPPED: readonly number[] = [Marker.TLM, Marker.PLM, Marker.CRG, Marker.COM];

export function oneTileCodestream(source: FileSource, codestream: Codestream, tile: number): Uint8Array {
  const parts = codestream.tiles.of(tile);
  if (parts.length > MAX_PARTS)
    throw new Unsupported(`has ${parts.length} tile-parts in a tile of this coding`);
  const kept = codestream.header.filter(({ marker }) => !DROPPED.includes(marker));
  if (kept.some(({ marker }) => marker === Marker.PPM)) {
    throw new Unsupported('packs its packet headers into the main header (PPM)');
  }
  const headerBytes = kept.reduce((sum, { data }) => sum + 4 + data.length, 2);
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, headerBytes + 2));
  const view = new DataView(out.buffer);
  view.setUint16(0, Marker.SOC);
  let position = 2;
  for (const { marker, data } of kept) {
    view.setUint16(position, marker);
    view.setUint16(position + 2, data.length + 2);
    out.set(data, position + 4);
    if (marker === Marker.SIZ) moveToTile(view, position + 4, codestream, tile);
    position += 4 + data.length;
  }
  parts.forEach((part, index) => {
    source.readInto(part.position, out.subarray(position, position + part.length));
    view.setUint16(position + 4, 0);
    view.setUint32(position + 6, part.length);
    view.setUint8(position + 10, index);
    view.setUint8(position + 11, parts.length);
    position += part.length;
  });
  view.setUint16(position, Marker.EOC);
  return out;
}

/** Rewrites Xsiz to YTOsiz of the SIZ segment at `at` (A.5.1), and says of all components that they are unsigned. */
function moveToTile(view: DataView, at: number, { size }: Codestream, tile: number): void {
  const { x0, y0, x1, y1 } = tileRectangle(size, tile);
  const tileX = size.tileOriginX + (tile % size.tileColumns) * size.tileWidth;
  const tileY = size.tileOriginY + Math.floor(tile / size.tileColumns) * size.tileHeight;
  const fields = [x1, y1, x0, y0, size.tileWidth, size.tileHeight, tileX, tileY];
  fields.forEach((value, index) => {
    view.setUint32(at + 2 + 4 * index, value);
  });
  size.components.forEach(({ precision }, component) => {
    view.setUint8(at + 36 + 3 * component, precision - 1);
  });
}
