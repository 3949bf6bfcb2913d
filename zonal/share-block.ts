/**
 * What parcels of the block cover of the pixels: small ones by the hundred; a large one ring by ring and band by band, so that
 * neither its outline nor its pixels have to fit into the kernel's memory.
 */
import type { Window } from './grid.js';
import type { Constant, ParcelBlock } from './parcel-block.js';
import type { ShareList } from './pixel-shares.js';
import type { SpanList } from './span-list.js';

/** Of kernel/index.ts; see kernel/weigh.ts, cells.ts and block.ts. */
export interface ShareExports {
  weigh(from: number, to: number, inside: boolean): number;
  beginPieces(inside: boolean): void;
  openBand(firstColumn: number, firstRow: number, columns: number, rows: number, cut: boolean): void;
  weighPiece(count: number, sign: number): void;
  carry(): void;
  writeBand(fromRow: number, firstPixel: number, isCarried: boolean): number;
  readonly memory: WebAssembly.Memory;
  readonly PARCELS: Constant;
  readonly SHARES: Constant;
  readonly CELLS: Constant;
  readonly BAND_ROWS: Constant;
  readonly fractions: Constant;
  readonly steps: Constant;
  readonly shareEnds: Constant;
  /** How much `writeBand` wrote. */
  readonly spanCount: Constant;
  readonly shareCount: Constant;
}

export class ShareBlock {
  /** The most pixels of a band, one more than it has counted in each row; and its most rows. */
  readonly bandPixels: number;
  readonly bandRows: number;
  /** What the kernel writes, and reads again when pixels are measured. */
  readonly fractions: Uint32Array;
  readonly steps: Uint16Array;
  private readonly shareEnds: Uint32Array;

  /** @param kernel whose memory grows no more */
  constructor(
    private readonly kernel: ShareExports,
    private readonly block: ParcelBlock,
  ) {
    const { memory, PARCELS, SHARES } = kernel;
    this.fractions = new Uint32Array(memory.buffer, kernel.fractions.value, SHARES.value);
    this.steps = new Uint16Array(memory.buffer, kernel.steps.value, SHARES.value);
    this.shareEnds = new Uint32Array(memory.buffer, kernel.shareEnds.value, PARCELS.value);
    this.bandPixels = kernel.CELLS.value;
    this.bandRows = kernel.BAND_ROWS.value;
  }

  /**
   * Finds the pixels of the parcels `from` to before `to` of the set, which the block must hold, and appends them to `spans`;
   * notes in `offsets[parcel + 1]` how many spans there are then.
   * @param shares gets the share of each pixel; undefined where only those covered wholly are wanted.
   * @returns the parcel before which it stopped: `from`, where that is too large; then it is to be left out.
   */
  weigh(
    from: number,
    to: number,
    spans: SpanList,
    offsets: Uint32Array,
    shares: ShareList | undefined,
  ): number {
    const { first, ends, starts, lengths } = this.block;
    const { shareEnds } = this;
    const [a, b] = [from - first, to - first];
    const stop = this.kernel.weigh(a, b, shares === undefined);
    if (stop === a) return from;
    const before = spans.count;
    for (let parcel = a; parcel < stop; parcel++) offsets[first + parcel + 1] = before + ends[parcel]!;
    const count = ends[stop - 1]!;
    spans.append(starts.subarray(0, count), lengths.subarray(0, count));
    if (shares) {
      const sharesBefore = shares.count;
      this.append(shares, shareEnds[stop - 1]!);
      for (let parcel = a; parcel < stop; parcel++) shares.endParcel(sharesBefore + shareEnds[parcel]!);
    }
    return first + stop;
  }

  /** Begins a large parcel, whose outline takes the place of the parcels in the block. */
  begin(isInside: boolean): void {
    this.kernel.beginPieces(isInside);
  }

  /** Opens an empty band of at most `bandPixels`; polygons may reach over its sides. */
  openBand({ column, row, width, height }: Window): void {
    this.kernel.openBand(column, row, width, height, true);
  }

  /** Adds the edges of a ring, the points `from` to before `to` of `xy`; `sign` is 1 where its inside lies left of it. */
  addRing(xy: Float64Array, from: number, to: number, sign: number): void {
    const piece = this.block.xy;
    const most = piece.length / 2;
    for (let point = from; point < to - 1; point += most - 1) {
      const count = Math.min(most, to - point);
      piece.set(xy.subarray(2 * point, 2 * (point + count)));
      this.kernel.weighPiece(count, sign);
    }
  }

  /** The next polygon of the parcel begins. */
  nextPart(): void {
    this.kernel.carry();
  }

  /** Appends the pixels of the band. */
  write(
    { column, row, height }: Window,
    gridWidth: number,
    isCarried: boolean,
    spans: SpanList,
    shares: ShareList | undefined,
  ): void {
    const { kernel } = this;
    const { starts, lengths } = this.block;
    for (let next = 0; next < height;) {
      next = kernel.writeBand(next, row * gridWidth + column, isCarried);
      const count = kernel.spanCount.value;
      spans.append(starts.subarray(0, count), lengths.subarray(0, count));
      if (shares) this.append(shares, kernel.shareCount.value);
    }
  }

  private append(list: ShareList, count: number): void {
    list.append(this.fractions.subarray(0, count), this.steps.subarray(0, count));
  }
}
