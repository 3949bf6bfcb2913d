/**
 * What reading by range costs beside what it saves, by what is known of the store. Whole objects are never wrong: they are
 * one request, and can be checked by the MD5 of their ETag.
 */
import { type ByteRange, bytesOf, joined } from '../rasters/index.js';

/** How a store answers. */
export interface StoreSpeed {
  /** Requests that are under way at a time. */
  readonly connections: number;
  /** What one connection brings. */
  readonly bytesPerSecond: number;
  /** Until a request is answered. */
  readonly requestSeconds: number;
}

/** Copernicus Data Space's free lane; to a store that is nearer or faster a request costs less. */
export const USUAL_SPEED: StoreSpeed = { connections: 4, bytesPerSecond: 20e6, requestSeconds: 0.02 };

/** The first bytes of an object, in which nearly every file has its header: GDAL writes 16 kB of it, ESA's boxes have 6. */
export const HEAD_BYTES = 1 << 15;

/** Ranges are brought in pieces of so many bytes at most, so that all connections work: each costs a fortieth of itself. */
export const PIECE_BYTES = 16e6;

/** Of an object of which more is wanted all is brought: it saves too little. */
const MOST_SHARE = 0.95;

/** Requests that find blocks which follow each other, one after the other: a look or two, on to the last one, the one after it. */
const LOOKS = 5;

/** A step of a chain takes its request, and as long again where the machine has other things to do. */
const REQUESTS_PER_STEP = 2;

export class FetchCosts {
  /** While one connection waits for an answer the others bring: a gap of no more than its share is read rather than skipped. */
  private readonly requestBytes: number;

  constructor(private readonly speed: StoreSpeed = USUAL_SPEED) {
    this.requestBytes = (speed.bytesPerSecond * speed.requestSeconds) / speed.connections;
  }

  /** An object of no more is brought whole: its header and a range or two, which wait for each other, would take as long. */
  get fewestBytes(): number {
    return 2 * this.speed.bytesPerSecond * this.speed.requestSeconds;
  }

  /** What to ask for where these bytes are wanted: gaps that cost no more than a request are brought too. */
  withGaps(wanted: Iterable<ByteRange>): ByteRange[] {
    return joined(wanted, this.requestBytes);
  }

  /** Whether these ranges of an object, a request each, come to less than all of it. */
  areWorthIt(ranges: readonly ByteRange[], objectBytes: number): boolean {
    return bytesOf(ranges) + ranges.length * this.requestBytes <= MOST_SHARE * objectBytes;
  }

  /**
   * Whether looking for blocks where they may lie takes less than the whole object.
   * @param bytes of the blocks, and of what is looked at in vain
   * @param seeks that go on side by side
   */
  areGuessesWorthIt(bytes: number, seeks: number, objectBytes: number): boolean {
    const waiting = LOOKS * this.speed.requestSeconds * this.allBytesPerSecond;
    return bytes + LOOKS * seeks * this.requestBytes + waiting <= MOST_SHARE * objectBytes;
  }

  /**
   * Whether following blocks from one to the next, a request each, one after the other, is done before all objects would have
   * come whole. What is found is fetched meanwhile, but for the last of it.
   * @param steps of the longest such chain; those of several objects are followed side by side
   * @param objectBytes of all objects of the scene that could be brought in parts
   */
  isChainWorthIt(steps: number, objectBytes: number): boolean {
    const seconds = steps * REQUESTS_PER_STEP * this.speed.requestSeconds;
    return seconds < (objectBytes - PIECE_BYTES) / this.allBytesPerSecond;
  }

  private get allBytesPerSecond(): number {
    return this.speed.connections * this.speed.bytesPerSecond;
  }
}

/** Pieces of no more than `most` bytes. */
export function pieces(ranges: readonly ByteRange[], most = PIECE_BYTES): ByteRange[] {
  return ranges.flatMap(({ from, to }) => {
    const count = Math.ceil((to - from) / most);
    const at = (piece: number): number => from + Math.floor(((to - from) * piece) / count);
    return Array.from({ length: count }, (_, piece) => ({ from: at(piece), to: at(piece + 1) }));
  });
}
