/**
 * A block of parcels in the kernel's memory, where those of one polygon are rasterised: outlines go in and spans come out by
 * the hundred, so that neither is touched one by one.
 */
import type { Grid } from './grid.js';
import type { ParcelSet } from './parcel-set.js';
import type { SpanList } from './span-list.js';

/** A constant of the kernel, as WebAssembly exports it. */
export interface Constant {
  readonly value: number;
}

/** Of kernel/index.ts: functions, and places and sizes of arrays. See kernel/block.ts and kernel/rasterise.ts. */
export interface BlockExports {
  setGrid(
    width: number,
    height: number,
    originX: number,
    originY: number,
    stepX: number,
    stepY: number,
  ): void;
  rasterise(from: number, to: number): number;
  readonly memory: WebAssembly.Memory;
  readonly PARCELS: Constant;
  readonly RINGS: Constant;
  readonly POINTS: Constant;
  readonly SPANS: Constant;
  readonly points: Constant;
  readonly pointOffsets: Constant;
  readonly parts: Constant;
  readonly ringOffsets: Constant;
  readonly starts: Constant;
  readonly lengths: Constant;
  readonly ends: Constant;
}

export class ParcelBlock {
  readonly xy: Float64Array;
  private readonly pointOffsets: Uint32Array;
  private readonly parts: Uint32Array;
  private readonly ringOffsets: Uint32Array;
  readonly starts: Int32Array;
  readonly lengths: Uint16Array;
  readonly ends: Uint32Array;
  /** The first parcel of the block, counted in its set. */
  first = 0;

  /** @param kernel whose memory grows no more */
  constructor(private readonly kernel: BlockExports) {
    const { buffer } = kernel.memory;
    const { PARCELS, RINGS, POINTS, SPANS } = kernel;
    this.xy = new Float64Array(buffer, kernel.points.value, 2 * POINTS.value);
    this.pointOffsets = new Uint32Array(buffer, kernel.pointOffsets.value, RINGS.value + 1);
    this.parts = new Uint32Array(buffer, kernel.parts.value, RINGS.value);
    this.ringOffsets = new Uint32Array(buffer, kernel.ringOffsets.value, PARCELS.value + 1);
    this.starts = new Int32Array(buffer, kernel.starts.value, SPANS.value);
    this.lengths = new Uint16Array(buffer, kernel.lengths.value, SPANS.value);
    this.ends = new Uint32Array(buffer, kernel.ends.value, PARCELS.value);
  }

  /** Sets the grid to rasterise on. */
  setGrid({ width, height, originX, originY, stepX, stepY }: Grid): void {
    this.kernel.setGrid(width, height, originX, originY, stepX, stepY);
  }

  /**
   * Puts the parcels of a set from `first` on into the block, as many as it holds.
   * @returns the parcel after the last of them: `first`, where that alone is too large.
   */
  load(set: ParcelSet, first: number): number {
    const { ringOffsets, pointOffsets } = set;
    const firstRing = ringOffsets[first]!;
    const firstPoint = pointOffsets[firstRing]!;
    const most = Math.min(set.count, first + this.ends.length);
    let end = first;
    let endRing = firstRing;
    for (; end < most; end++) {
      const ring = ringOffsets[end + 1]!;
      if (ring - firstRing > this.parts.length || 2 * (pointOffsets[ring]! - firstPoint) > this.xy.length)
        break;
      endRing = ring;
    }
    this.ringOffsets.set(ringOffsets.subarray(first, end + 1));
    this.parts.set(set.parts.subarray(firstRing, endRing));
    this.pointOffsets.set(pointOffsets.subarray(firstRing, endRing + 1));
    this.xy.set(set.xy.subarray(2 * firstPoint, 2 * pointOffsets[endRing]!));
    this.first = first;
    return end;
  }

  /**
   * Rasterises the parcels `from` to before `to` of the set, which the block must hold, and appends their pixels to `spans`;
   * notes in `offsets[parcel + 1]` how many spans there are then.
   * @returns the parcel before which it stopped: `from`, where that is not for the kernel; then it is to be left out.
   */
  rasterise(from: number, to: number, spans: SpanList, offsets: Uint32Array): number {
    const { first, ends } = this;
    const stop = first + this.kernel.rasterise(from - first, to - first);
    if (stop === from) return from;
    const before = spans.count;
    const count = ends[stop - 1 - first]!;
    for (let parcel = from; parcel < stop; parcel++) offsets[parcel + 1] = before + ends[parcel - first]!;
    spans.append(this.starts.subarray(0, count), this.lengths.subarray(0, count));
    return stop;
  }
}
