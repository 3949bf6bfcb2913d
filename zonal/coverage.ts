/**
 * Which pixels of a grid belong to which parcel, for a whole parcel set, in one shared buffer: threads view the same
 * memory, and the buffer goes to disk and back as it is.
 *
 * Layout, in the machine's byte order: magic and version (Uint32), then as Float64 the grid (width, height, originX,
 * originY, stepX, stepY), the number of parcels n and of spans m, the pixel rule (its place in PIXEL_RULES) and the number of
 * shares s; then bounds (Float64, 4n), pids (Int32, n), offsets (Uint32, n + 1), span starts (Int32, m), with the rule
 * `fraction` the shares' offsets (Uint32, n + 1) and fractions (Uint32, s), span lengths (Uint16, m), the shares' steps
 * (Uint16, s).
 */
import type { Grid } from './grid.js';
import { PIXEL_RULES, type PixelRule } from './pixel-rule.js';
import { copyShares, type PixelShares } from './pixel-shares.js';

/** "PWCV", read as a number in the machine's byte order, which it thereby checks. */
const MAGIC = 0x56435750;
const VERSION = 3;
const HEADER_NUMBERS = 10;
const HEADER_BYTES = 8 + 8 * HEADER_NUMBERS;

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
    /** Which pixels are a parcel's. */
    readonly rule: PixelRule,
    /** How much of each pixel is covered; with the rule `fraction` only. */
    readonly shares: PixelShares | undefined,
  ) {}

  /**
   * Lays out a coverage to be filled: everything is 0 but the header.
   * @param shares so many shares, with the rule `fraction` only
   */
  static allocate(
    grid: Grid,
    parcels: number,
    spans: number,
    rule: PixelRule = 'centre',
    shares = 0,
  ): Coverage {
    const ruleNumber = PIXEL_RULES.indexOf(rule);
    const buffer = new SharedArrayBuffer(byteLength(parcels, spans, rule, shares));
    new Uint32Array(buffer, 0, 2).set([MAGIC, VERSION]);
    const { width, height, originX, originY, stepX, stepY } = grid;
    const numbers = [width, height, originX, originY, stepX, stepY, parcels, spans, ruleNumber, shares];
    new Float64Array(buffer, 8, HEADER_NUMBERS).set(numbers);
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
    const header = new Float64Array(buffer, 8, HEADER_NUMBERS);
    const [parcels, spans, ruleNumber, shares] = header.subarray(6) as unknown as Counts;
    const rule = PIXEL_RULES[ruleNumber];
    if (rule === undefined) throw new CoverageDamaged(`there is no pixel rule ${ruleNumber}`);
    const areCounts = parcels >= 0 && spans >= 0 && shares >= 0;
    if (!areCounts || byteLength(parcels, spans, rule, shares) !== buffer.byteLength) {
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
    let at = HEADER_BYTES;
    const take = <T>(kind: ArrayKind<T>, length: number): T => {
      const array = new kind(buffer, at, length);
      at += length * kind.BYTES_PER_ELEMENT;
      return array;
    };
    const bounds = take(Float64Array, 4 * parcels);
    const pids = take(Int32Array, parcels);
    const offsets = take(Uint32Array, parcels + 1);
    const start = take(Int32Array, spans);
    const shareOffsets = take(Uint32Array, rule === 'fraction' ? parcels + 1 : 0);
    const fractions = take(Uint32Array, shares);
    const length = take(Uint16Array, spans);
    const steps = take(Uint16Array, shares);
    const pixelShares = rule === 'fraction' ? { offsets: shareOffsets, fractions, steps } : undefined;
    return new Coverage(buffer, grid, pids, bounds, offsets, start, length, rule, pixelShares);
  }

  /**
   * One coverage of the parcels of all parts, which have this grid and come in any order.
   * @throws RangeError when a parcel occurs twice, when pids do not ascend in a part, when parts are mingled, or when one is of
   * another rule.
   */
  static join(grid: Grid, parts: readonly Coverage[], rule: PixelRule = 'centre'): Coverage {
    const ordered = parts.filter(({ count }) => count > 0).sort((a, b) => a.pids[0]! - b.pids[0]!);
    const other = ordered.find((part) => part.rule !== rule);
    if (other) throw new RangeError(`a coverage by the rule ${other.rule} is no part of one by ${rule}`);
    const total = (countOf: (part: Coverage) => number): number =>
      ordered.reduce((sum, part) => sum + countOf(part), 0);
    const spans = total(({ start }) => start.length);
    const parcels = total(({ count }) => count);
    const shares = total((part) => part.shares?.fractions.length ?? 0);
    const joined = Coverage.allocate(grid, parcels, spans, rule, shares);
    const { pids, bounds, offsets, start, length } = joined;
    let parcel = 0;
    let span = 0;
    for (const part of ordered) {
      pids.set(part.pids, parcel);
      bounds.set(part.bounds, 4 * parcel);
      start.set(part.start, span);
      length.set(part.length, span);
      for (let i = 1; i <= part.count; i++) offsets[parcel + i] = span + part.offsets[i]!;
      if (joined.shares && part.shares) copyShares(joined.shares, parcel, part.shares, part.count);
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

/** What the header tells besides the grid. */
type Counts = [parcels: number, spans: number, rule: number, shares: number];

interface ArrayKind<T> {
  new (buffer: SharedArrayBuffer, at: number, length: number): T;
  readonly BYTES_PER_ELEMENT: number;
}

function byteLength(parcels: number, spans: number, rule: PixelRule, shares: number): number {
  const ofShares = rule === 'fraction' ? 4 * (parcels + 1) + 6 * shares : 0;
  return HEADER_BYTES + (32 + 4 + 4) * parcels + 4 + 6 * spans + ofShares;
}
