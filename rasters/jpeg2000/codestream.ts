/** The codestream's main header (ISO/IEC 15444-1 Annex A). Only headers are read here. */
import { Bytes } from './bytes.js';
import type { Extent } from './boxes.js';
import { Damage } from '../damage.js';
import { MAX_HEADER_BYTES, MAX_SEGMENTS } from './limits.js';
import { Marker, markerName, standsAlone } from './markers.js';
import { readPpm } from './packed-headers.js';
import { parseSiz, pixelTypeOf, type ImageSize } from './siz.js';
import type { FileSource } from '../file-source.js';
import { Unsupported } from '../unsupported.js';
import type { Segment } from './segment.js';
import { TileParts } from './tile-parts.js';

export interface Codestream {
  readonly size: ImageSize;
  /** Segments of the main header in order, SIZ first. */
  readonly header: readonly Segment[];
  /** Packet headers of each tile-part by its ordinal, where the main header holds them. */
  readonly packedHeaders: readonly Uint8Array[] | undefined;
  readonly tiles: TileParts;
}

const FIRST_READ = 4096;

/** @throws Damage where a header is malformed, a tile-part runs past the end, or tile-parts are missing. */
export function readCodestream(source: FileSource, extent: Extent): Codestream {
  const { header, firstTilePart } = readMainHeader(source, extent);
  const siz = header[0];
  if (siz?.marker !== Marker.SIZ) throw new Damage('has no SIZ marker segment after SOC');
  const size = parseSiz(siz.data);
  // Before tile-parts are looked for: tiles without samples of a component may have none.
  pixelTypeOf(size.components);
  const parts = { start: firstTilePart, end: extent.end };
  const tiles = new TileParts(source, parts, size, header);
  // Of a file that is whole everything is checked when it is opened; of another one what is needed is looked for.
  if (!source.isPartial) tiles.locateAll();
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
