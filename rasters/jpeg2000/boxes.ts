/**
 * JP2 boxes (ISO/IEC 15444-1 Annex I): where the codestream lies, and the boxes that can hold a georeference.
 *
 * `jp2c` holds the codestream (I.5.4). GML in JPEG 2000 (OGC 05-047r3) puts XML boxes into association boxes (`asoc`);
 * GeoJP2 puts a TIFF header into a `uuid` box.
 */
import { Bytes } from './bytes.js';
import { Damage } from '../damage.js';
import { MAX_BOXES } from './limits.js';
import type { FileSource } from '../file-source.js';
import { Unsupported } from '../unsupported.js';

export interface Extent {
  readonly start: number;
  readonly end: number;
}

export interface Jp2File {
  readonly codestream: Extent;
  readonly xml: readonly Extent[];
  /** `uuid` boxes; the first 16 bytes are the UUID (I.7.2). */
  readonly uuid: readonly Extent[];
}

const SIGNATURE = 'jP  ';
const START_OF_CODESTREAM = 0xff4fff51; // SOC, then SIZ (A.3)
const MAX_DEPTH = 8;

/** Finds the codestream and the metadata of a JP2 file, or of a bare codestream, which has no boxes at all. */
export function readBoxes(source: FileSource): Jp2File {
  const head = new Bytes(source.read(0, Math.min(12, source.size)), 'file');
  if (head.remaining >= 4 && head.u32() === START_OF_CODESTREAM) {
    return { codestream: { start: 0, end: source.size }, xml: [], uuid: [] };
  }
  head.seek(0);
  if (head.remaining < 12 || head.u32() !== 12 || head.ascii(4) !== SIGNATURE) {
    throw new Unsupported('is neither a JP2 file nor a JPEG 2000 codestream');
  }
  const found: Found = { codestream: undefined, xml: [], uuid: [], count: 0 };
  walk(source, { start: 0, end: source.size }, 0, found);
  if (!found.codestream) throw new Damage('has no codestream (no jp2c box)');
  return { codestream: found.codestream, xml: found.xml, uuid: found.uuid };
}

interface Found {
  codestream: Extent | undefined;
  xml: Extent[];
  uuid: Extent[];
  count: number;
}

function walk(source: FileSource, within: Extent, depth: number, found: Found): void {
  let position = within.start;
  while (position + 8 <= within.end) {
    if (++found.count > MAX_BOXES) throw new Unsupported(`has more than ${MAX_BOXES} boxes`);
    const { type, content } = readHeader(source, position, within.end);
    position = content.end;
    if (type === 'jp2c') found.codestream ??= content;
    else if (type === 'xml ') found.xml.push(content);
    else if (type === 'uuid') found.uuid.push(content);
    else if (type === 'asoc' && depth < MAX_DEPTH) walk(source, content, depth + 1, found);
  }
}

/** The header of one box (I.4): LBox, TBox, and XLBox where LBox is 1; LBox 0 means "to the end of the file". */
function readHeader(source: FileSource, position: number, end: number): { type: string; content: Extent } {
  const header = new Bytes(source.read(position, Math.min(16, end - position)), 'box header');
  const length = header.u32();
  const type = header.ascii(4);
  const boxEnd = length === 0 ? end : position + (length === 1 ? header.u64() : length);
  const content = { start: position + header.position, end: boxEnd };
  if (content.end < content.start) throw new Damage(`has a box of impossible length at byte ${position}`);
  if (content.end > end) {
    throw new Damage(
      `the box at byte ${position} ends at ${boxEnd}, its container at ${end}: the file may be truncated`,
    );
  }
  return { type, content };
}
