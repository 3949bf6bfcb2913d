/**
 * The codestream's main header and where the tile-parts of each tile lie (ISO/IEC 15444-1 Annex A).
 *
 * Only headers are read here. Tile-parts are found by following Psot from SOT to SOT (A.4.2): a dozen bytes a tile-part,
 * and, unlike the optional TLM segment, never at odds with what the decoder meets later.
 */
import { Bytes } from './bytes.js';
import type { Extent } from './boxes.js';
import { Damage } from '../damage.js';
import { MAX_HEADER_BYTES, MAX_SEGMENTS, MAX_TILE_BYTES, MAX_TILE_PARTS } from './limits.js';
import { Marker, markerName, standsAlone } from './markers.js';
import { readPpm } from './packed-headers.js';
import { parseSiz, pixelTypeOf, type ImageSize } from './siz.js';
import type { FileSource } from '../file-source.js';
import { Unsupported } from '../unsupported.js';
import type { Segment } from './segment.js';

/** A tile-part from its SOT marker on. */
export interface TilePart {
  readonly position: number;
  readonly length: number;
  /** Its place among the tile-parts of all tiles. */
  readonly ordinal: number;
  /** Its length is not told: it goes on to the end of the codestream, and whatever lies there. */
  readonly toEnd: boolean;
}

export interface Codestream {
  readonly size: ImageSize;
  /** Segments of the main header in order, SIZ first. */
  readonly header: readonly Segment[];
  /** Packet headers of each tile-part by its ordinal, where the main header holds them. */
  readonly packedHeaders: readonly Uint8Array[] | undefined;
  /** Tile-parts of each tile, in order. */
  readonly tiles: readonly (readonly TilePart[])[];
}

const SOT_BYTES = 12;
const FIRST_READ = 4096;

/** @throws Damage where a header is malformed, a tile-part runs past the end, or tile-parts are missing. */
export function readCodestream(source: FileSource, extent: Extent): Codestream {
  const { header, firstTilePart } = readMainHeader(source, extent);
  const siz = header[0];
  if (siz?.marker !== Marker.SIZ) throw new Damage('has no SIZ marker segment after SOC');
  const size = parseSiz(siz.data);
  // Before tile-parts are looked for: tiles without samples of a component may have none.
  pixelTypeOf(size.components);
  const tiles = findTileParts(source, { start: firstTilePart, end: extent.end }, size);
  return { size, header, packedHeaders: readPpm(header), tiles };
}

/** Reads segments up to the first SOT (A.2), asking the file for more as long as the header goes on. */
function readMainHeader(source: FileSource, extent: Extent): { header: Segment[]; firstTilePart: number } {
  const available = Math.min(extent.end - extent.start, MAX_HEADER_BYTES);
  for (let length = Math.min(FIRST_READ, available); ; length = Math.min(length * 8, available)) {
    const bytes = new Bytes(source.read(extent.start, length), 'main header');
    try {
      // The signature was that of the file; the box that should hold the code stream may hold anything.
      if (bytes.u16() !== Marker.SOC) throw new Damage('does not begin with a code stream');
      const header = readSegments(bytes, Marker.SOT);
      return { header, firstTilePart: extent.start + bytes.position - 2 };
    } catch (error) {
      if (!(error instanceof Damage) || length === available) throw error;
    }
  }
}

/** Marker segments up to and including the marker `last` (A.1). */
export function readSegments(bytes: Bytes, last: number): Segment[] {
  const segments: Segment[] = [];
  for (;;) {
    const marker = bytes.u16();
    if (marker === last) return segments;
    if (marker < 0xff30) throw new Damage(`has no marker where one must be (0x${marker.toString(16)})`);
    if (standsAlone(marker)) continue;
    if (segments.length >= MAX_SEGMENTS)
      throw new Unsupported(`has more than ${MAX_SEGMENTS} marker segments`);
    const length = bytes.u16();
    if (length < 2) throw new Damage(`has a ${markerName(marker)} marker segment of impossible length`);
    segments.push({ marker, data: bytes.slice(length - 2) });
  }
}

/** The SOT marker segment (A.4.2). */
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

function findTileParts(source: FileSource, extent: Extent, size: ImageSize): TilePart[][] {
  const tiles = Array.from({ length: size.tileColumns * size.tileRows }, (): TilePart[] => []);
  const promised = new Uint8Array(tiles.length);
  const oneBased = new Uint8Array(tiles.length);
  let position = extent.start;
  let ordinal = 0;
  while (position + SOT_BYTES <= extent.end) {
    const head = source.read(position, SOT_BYTES);
    const sot = parseSot(new Bytes(head, 'SOT marker segment'));
    if (!sot) break;
    const length = sot.length === 0 ? lengthToEnd(source, position, extent.end) : sot.length;
    const parts = tiles[sot.tile];
    if (!parts) throw new Damage(`has a tile-part of tile ${sot.tile}, but only ${tiles.length} tiles`);
    // Some writers count from 1, up to the number of tile-parts.
    if (parts.length === 0 && sot.index === 1 && sot.count > 0) oneBased[sot.tile] = 1;
    if (parts.length + oneBased[sot.tile]! !== sot.index)
      throw new Damage(`has the tile-parts of tile ${sot.tile} out of order`);
    if (ordinal >= MAX_TILE_PARTS) throw new Unsupported(`has more than ${MAX_TILE_PARTS} tile-parts`);
    if (length < SOT_BYTES + 2) throw new Damage(`has a tile-part of impossible length at byte ${position}`);
    if (position + length > extent.end) {
      throw new Damage(
        `is truncated: tile ${sot.tile} ends at byte ${position + length}, the codestream at ${extent.end}`,
      );
    }
    parts.push({ position, length, ordinal: ordinal++, toEnd: sot.length === 0 });
    promised[sot.tile] = Math.max(promised[sot.tile]!, sot.count);
    position += length;
  }
  if (position + 2 <= extent.end && new Bytes(source.read(position, 2), 'codestream').u16() !== Marker.EOC) {
    throw new Damage(`has neither a tile-part nor the end of the codestream at byte ${position}`);
  }
  tiles.forEach((parts, tile) => {
    if (parts.length === 0 || parts.length < promised[tile]!) {
      throw new Damage(`is truncated: tile ${tile} of ${tiles.length} has ${parts.length} of its tile-parts`);
    }
    const bytes = parts.reduce((sum, part) => sum + part.length, 0);
    if (bytes > MAX_TILE_BYTES)
      throw new Unsupported(`has ${bytes} bytes in tile ${tile}; at most ${MAX_TILE_BYTES} are read`);
  });
  return tiles;
}

/** Psot = 0: the last tile-part goes on to the EOC marker (A.4.2), or to the end where EOC is left out. */
function lengthToEnd(source: FileSource, position: number, end: number): number {
  const closed =
    end - position >= SOT_BYTES + 2 && new Bytes(source.read(end - 2, 2), 'codestream').u16() === Marker.EOC;
  return end - position - (closed ? 2 : 0);
}
