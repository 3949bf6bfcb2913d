/**
 * Which pixels of a grid belong to which parcel, for a whole parcel set, in one shared buffer: threads view the same
 * memory, and the buffer goes to disk and back as it is.
 *
 * Layout, in the machine's byte order: magic and version (Uint32), then as Float64 the grid (width, height, originX,
 * originY, stepX, stepY), the number of parcels n and of spans m; then bounds (Float64, 4n), pids (Int32, n), offsets
 * (Uint32, n + 1), span starts (Int32, m), span lengths (Uint16, m).
 */
import type { Grid } from './grid.js';

/** "PWCV", read as a number in the machine's byte order, which it thereby checks. */
const MAGIC = 0x56435750;
const VERSION = 1;
const HEADER_BYTES = 8 + 8 * 8;

/** A buffer or file that holds no coverage, not the wanted one, or a damaged one. */
export class CoverageDamaged extends Error {
  override readonly name = 'CoverageDamaged';
}

/** The parcels `i` with `from <= i < to`. */
export interface ParcelRange {
  readonly from: number;
  readonly to: number;
}

/** Scenes of a tile are cut into the same chunks mostly, a few dozen. */
const REMEMBERED = 256;

export class Coverage {
  /** Answers of `touchedBlocks`, each of which takes a walk over millions of spans. */
  private readonly touched = new Map<string, Uint8Array>();

  private constructor(
    readonly buffer: SharedArrayBuffer,
    readonly grid: Grid,
    /** Parcel ids, ascending; parcel `i` below is the one with `pids[i]`. */
    readonly pids: Int32Array,
    /** minX, minY, maxX, maxY of each parcel in its table's CRS. */
    readonly bounds: Float64Array,
    /** Parcel `i` has the spans `offsets[i]` to before `offsets[i + 1]`; rows from the top. */
    readonly offsets: Uint32Array,
    /** First pixel of each span: row * width + column. */
    readonly start: Int32Array,
    /** Pixels of each span. */
    readonly length: Uint16Array,
  ) {}

  /** Lays out a coverage to be filled: everything is 0 but the header. */
  static allocate(grid: Grid, parcels: number, spans: number): Coverage {
    const buffer = new SharedArrayBuffer(byteLength(parcels, spans));
    new Uint32Array(buffer, 0, 2).set([MAGIC, VERSION]);
    const { width, height, originX, originY, stepX, stepY } = grid;
    new Float64Array(buffer, 8, 8).set([width, height, originX, originY, stepX, stepY, parcels, spans]);
    return Coverage.from(buffer);
  }

  /**
   * Views a buffer that `allocate` laid out, without copying.
   * @throws CoverageDamaged when it is another kind, version or size of buffer.
   */
  static from(buffer: SharedArrayBuffer): Coverage {
    if (buffer.byteLength < HEADER_BYTES) throw new CoverageDamaged('too short for a coverage');
    const [magic, version] = new Uint32Array(buffer, 0, 2);
    if (magic !== MAGIC)
      throw new CoverageDamaged('not a coverage, or one of a machine with another byte order');
    if (version !== VERSION) throw new CoverageDamaged(`a coverage of version ${version}, not ${VERSION}`);
    const header = new Float64Array(buffer, 8, 8);
    const parcels = header[6]!;
    const spans = header[7]!;
    if (!(parcels >= 0 && spans >= 0) || byteLength(parcels, spans) !== buffer.byteLength) {
      throw new CoverageDamaged(
        `${buffer.byteLength} bytes can't hold ${parcels} parcels and ${spans} spans`,
      );
    }
    const grid: Grid = {
      width: header[0]!,
      height: header[1]!,
      originX: header[2]!,
      originY: header[3]!,
      stepX: header[4]!,
      stepY: header[5]!,
    };
    const boundsAt = HEADER_BYTES;
    const pidsAt = boundsAt + 32 * parcels;
    const offsetsAt = pidsAt + 4 * parcels;
    const startAt = offsetsAt + 4 * (parcels + 1);
    const lengthAt = startAt + 4 * spans;
    return new Coverage(
      buffer,
      grid,
      new Int32Array(buffer, pidsAt, parcels),
      new Float64Array(buffer, boundsAt, 4 * parcels),
      new Uint32Array(buffer, offsetsAt, parcels + 1),
      new Int32Array(buffer, startAt, spans),
      new Uint16Array(buffer, lengthAt, spans),
    );
  }

  /**
   * One coverage of the parcels of all parts, which have this grid and come in any order.
   * @throws RangeError when a parcel occurs twice, when pids do not ascend in a part, or when parts are mingled.
   */
  static join(grid: Grid, parts: readonly Coverage[]): Coverage {
    const ordered = parts.filter(({ count }) => count > 0).sort((a, b) => a.pids[0]! - b.pids[0]!);
    const spans = ordered.reduce((sum, { start }) => sum + start.length, 0);
    const parcels = ordered.reduce((sum, { count }) => sum + count, 0);
    const joined = Coverage.allocate(grid, parcels, spans);
    const { pids, bounds, offsets, start, length } = joined;
    let parcel = 0;
    let span = 0;
    for (const part of ordered) {
      pids.set(part.pids, parcel);
      bounds.set(part.bounds, 4 * parcel);
      start.set(part.start, span);
      length.set(part.length, span);
      for (let i = 1; i <= part.count; i++) offsets[parcel + i] = span + part.offsets[i]!;
      parcel += part.count;
      span += part.start.length;
    }
    for (let i = 1; i < parcels; i++) {
      const [before, pid] = [pids[i - 1]!, pids[i]!];
      if (pid === before) throw new RangeError(`parcel ${pid} occurs twice`);
      if (pid < before) throw new RangeError(`parcel ${pid} comes after parcel ${before}`);
    }
    return joined;
  }

  /** How many parcels there are, those without a pixel included. */
  get count(): number {
    return this.pids.length;
  }

  /** The parcels whose pid is neither below `firstPid` nor above `lastPid`. */
  range(firstPid: number, lastPid: number): ParcelRange {
    const from = this.firstAtLeast(firstPid);
    return { from, to: Math.max(from, this.firstAtLeast(lastPid + 1)) };
  }

  /**
   * Marks with 1 the blocks that hold a pixel of the parcels `from` to before `to`. The grid is cut into blocks of
   * `blockWidth` x `blockHeight` pixels from its upper left corner; they are numbered by rows.
   */
  touchedBlocks(blockWidth: number, blockHeight: number, from = 0, to = this.count): Uint8Array {
    const asked = `${blockWidth} x ${blockHeight}, ${from} to ${to}`;
    const known = this.touched.get(asked);
    if (known) return known;
    const touched = this.markBlocks(blockWidth, blockHeight, from, to);
    if (this.touched.size >= REMEMBERED) this.touched.clear();
    this.touched.set(asked, touched);
    return touched;
  }

  private markBlocks(blockWidth: number, blockHeight: number, from: number, to: number): Uint8Array {
    const { start, length, offsets } = this;
    const { width, height } = this.grid;
    const across = Math.ceil(width / blockWidth);
    const touched = new Uint8Array(across * Math.ceil(height / blockHeight));
    let rowStart = 0;
    let firstBlock = 0;
    for (let k = offsets[from]!, end = offsets[to]!; k < end; k++) {
      const pixel = start[k]!;
      if (pixel < rowStart || pixel >= rowStart + width) {
        const row = Math.floor(pixel / width);
        rowStart = row * width;
        firstBlock = Math.floor(row / blockHeight) * across;
      }
      const column = pixel - rowStart;
      const last = firstBlock + Math.floor((column + length[k]! - 1) / blockWidth);
      for (let block = firstBlock + Math.floor(column / blockWidth); block <= last; block++)
        touched[block] = 1;
    }
    return touched;
  }

  private firstAtLeast(pid: number): number {
    const { pids } = this;
    let low = 0;
    let high = pids.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (pids[middle]! < pid) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function byteLength(parcels: number, spans: number): number {
  return HEADER_BYTES + (32 + 4 + 4) * parcels + 4 + 6 * spans;
}
