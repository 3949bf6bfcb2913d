/** Statistics of harmonised numbers, out of those of the numbers as they are stored. */
import { ALL_STATISTIC_COLUMNS, type StatisticColumn } from '../database/results/statistic-columns.js';
import type { Harmonised } from './scratch/staged-layers.js';

/** What an offset and a scale above 0 leave as it is. */
const UNMOVED: ReadonlySet<StatisticColumn> = new Set<StatisticColumn>(['count', 'skew', 'valid']);

/** Statistics of (number + offset) * scale, out of those of the numbers: most of them move, the spread only scales. */
export function harmonise(statistics: Float64Array, stride: number, { offset, scale }: Harmonised): void {
  const moved = [...ALL_STATISTIC_COLUMNS.keys()].filter(
    (which) => which < stride && !UNMOVED.has(ALL_STATISTIC_COLUMNS[which]!),
  );
  const spread = ALL_STATISTIC_COLUMNS.indexOf('std');
  for (let at = 0; at < statistics.length; at += stride) {
    for (const which of moved) {
      const shift = which === spread ? 0 : offset;
      statistics[at + which] = (statistics[at + which]! + shift) * scale;
    }
  }
}
