/** Parcels without a row of a layer, and why. */
import type { GapReason } from '../database/terms.js';
import type { Coverage } from '../zonal/index.js';

export interface Gap {
  /** The layer: a band's name, or `clearLayer` of it. */
  readonly band: string;
  readonly reason: GapReason;
  readonly pids: readonly number[];
}

/**
 * The parcels that have no row of a band, by reason.
 * @param statistics `width` numbers a parcel, the count first.
 */
export function gapsOf(
  band: string,
  coverage: Coverage,
  selection: Int32Array,
  statistics: Float64Array,
  width: number,
  outside: readonly number[],
): Gap[] {
  const noPixel: number[] = [];
  const noData: number[] = [];
  for (let k = 0; k < selection.length; k++) {
    if (statistics[width * k]! > 0) continue;
    const parcel = selection[k]!;
    const covers = coverage.offsets[parcel + 1]! > coverage.offsets[parcel]!;
    (covers ? noData : noPixel).push(coverage.pids[parcel]!);
  }
  const reasons: [GapReason, readonly number[]][] = [
    ['outside', outside],
    ['no-pixel', noPixel],
    ['no-data', noData],
  ];
  return reasons.filter(([, pids]) => pids.length > 0).map(([reason, pids]) => ({ band, reason, pids }));
}
