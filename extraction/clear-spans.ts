/** The spans of a chunk's parcels on one grid, narrowed by a mask: taken once, and measured in every band of the grid. */
import { type Alignment, type Mask, MaskedSpans } from '../layers/index.js';
import type { Coverage, PixelShares } from '../zonal/index.js';
import { KeptShares } from './kept-shares.js';
import type { Spans } from './window-spans.js';

export class ClearSpans implements Spans {
  /** Where the spans of each parcel of the selection begin, as in a coverage. */
  readonly offsets: Uint32Array;
  /** 1 for the parcels of which the mask keeps every pixel. */
  readonly isWhole: Uint8Array;
  start = new Int32Array(1 << 14);
  length = new Uint16Array(1 << 14);

  /** How much of each kept pixel is covered, by the place in the selection, where pixels have shares. */
  shares: PixelShares | undefined = undefined;

  private constructor(
    readonly grid: Coverage['grid'],
    parcels: number,
  ) {
    this.offsets = new Uint32Array(parcels + 1);
    this.isWhole = new Uint8Array(parcels);
  }

  /**
   * @param selection parcels, by their indices into the coverage
   * @param alignment of the mask's grid and the coverage's.
   */
  static of(coverage: Coverage, selection: Int32Array, mask: Mask, alignment: Alignment): ClearSpans {
    const clear = new ClearSpans(coverage.grid, selection.length);
    const kept = coverage.shares && new KeptShares();
    const masked = new MaskedSpans(alignment, coverage.grid.width);
    const { offsets, start, length } = coverage;
    for (let k = 0; k < selection.length; k++) {
      const parcel = selection[k]!;
      masked.take(mask, start, length, offsets[parcel]!, offsets[parcel + 1]!);
      clear.isWhole[k] = masked.kept === masked.total ? 1 : 0;
      clear.add(k, masked);
      if (coverage.shares) kept?.add(coverage.shares, parcel, coverage, masked);
    }
    clear.shares = kept?.view();
    return clear;
  }

  private add(k: number, { start, length, count }: MaskedSpans): void {
    const at = this.offsets[k]!;
    const end = at + count;
    if (end > this.start.length) this.grow(end);
    for (let i = 0; i < count; i++) {
      this.start[at + i] = start[i]!;
      this.length[at + i] = length[i]!;
    }
    this.offsets[k + 1] = end;
  }

  private grow(needed: number): void {
    const { start, length } = this;
    this.start = new Int32Array(2 * needed);
    this.length = new Uint16Array(2 * needed);
    this.start.set(start);
    this.length.set(length);
  }
}
