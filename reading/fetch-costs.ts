/**
 * What reading by range costs beside what it saves. Reckoned for Copernicus Data Space's free lane, four connections of 20 MB/s
 * each, and 20 ms until a request is answered; a store that is nearer or faster makes ranges cheaper still.
 */
import { type ByteRange, bytesOf, joined } from '../rasters/index.js';

const CONNECTION_BYTES_A_SECOND = 20e6;
const CONNECTIONS = 4;
const REQUEST_SECONDS = 0.02;

/** While one connection waits for an answer the others bring: a gap of no more than its share is read rather than skipped. */
const REQUEST_BYTES = (CONNECTION_BYTES_A_SECOND * REQUEST_SECONDS) / CONNECTIONS;

/** An object of no more is brought whole: its header and a range or two, which wait for each other, would take as long. */
export const FEWEST_BYTES = 2 * CONNECTION_BYTES_A_SECOND * REQUEST_SECONDS;

/** The first bytes of an object, in which nearly every file has its header: GDAL writes 16 kB of it, ESA's boxes have 6. */
export const HEAD_BYTES = 1 << 15;

/** Ranges are brought in pieces of so many bytes at most, so that all connections work: each costs a fortieth of itself. */
export const PIECE_BYTES = 16e6;

/**
 * Of an object of which more is wanted all is brought. It saves little, a whole object is one request, and can be checked
 * by the MD5 of its ETag.
 */
const MOST_SHARE = 0.95;

/** What to ask for where these bytes are wanted: gaps that cost no more than a request are brought too. */
export function withGaps(wanted: Iterable<ByteRange>): ByteRange[] {
  return joined(wanted, REQUEST_BYTES);
}

/** Whether these ranges of an object, a request each, come to less than all of it. */
export function areWorthIt(ranges: readonly ByteRange[], objectBytes: number): boolean {
  return bytesOf(ranges) + ranges.length * REQUEST_BYTES <= MOST_SHARE * objectBytes;
}

/** Pieces of no more than `most` bytes. */
export function pieces(ranges: readonly ByteRange[], most = PIECE_BYTES): ByteRange[] {
  return ranges.flatMap(({ from, to }) => {
    const count = Math.ceil((to - from) / most);
    const at = (piece: number): number => from + Math.floor(((to - from) * piece) / count);
    return Array.from({ length: count }, (_, piece) => ({ from: at(piece), to: at(piece + 1) }));
  });
}

/** Requests that find blocks which follow each other, one after the other: a look or two, on to the last one, the one after it. */
const LOOKS = 5;

/**
 * Whether looking for blocks where they may lie takes less than the whole object.
 * @param bytes of the blocks, and of what is looked at in vain
 * @param seeks that go on side by side
 */
export function areGuessesWorthIt(bytes: number, seeks: number, objectBytes: number): boolean {
  const waiting = LOOKS * REQUEST_SECONDS * CONNECTIONS * CONNECTION_BYTES_A_SECOND;
  return bytes + LOOKS * seeks * REQUEST_BYTES + waiting <= MOST_SHARE * objectBytes;
}

/** A step of a chain takes its request, and as long again where the machine has other things to do. */
const STEP_SECONDS = 2 * REQUEST_SECONDS;

/**
 * Whether following blocks from one to the next, a request each, one after the other, is done before all objects would have come
 * whole. What is found is fetched meanwhile, but for the last of it.
 * @param steps of the longest such chain; those of several objects are followed side by side
 * @param objectBytes of all objects of the scene that could be brought in parts
 */
export function isChainWorthIt(steps: number, objectBytes: number): boolean {
  return steps * STEP_SECONDS < (objectBytes - PIECE_BYTES) / (CONNECTIONS * CONNECTION_BYTES_A_SECOND);
}
