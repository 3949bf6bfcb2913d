/**
 * The results table's columns of statistics, in the order in which rows are packed. The type is zonal's own list, so that
 * another name or another order does not compile; only the type, since with the list comes all of zonal's code. Clear rows have
 * the same.
 */
import type { STATISTICS } from '../../zonal/index.js';

export const STATISTIC_COLUMNS: typeof STATISTICS = [
  'count',
  'mean',
  'std',
  'min',
  'max',
  'p25',
  'p50',
  'p75',
];

/** Statistics beyond CbM's: filled in a table that has columns of these names. */
export const EXTRA_STATISTIC_COLUMNS = ['p05', 'p10', 'p90', 'p95', 'skew', 'valid'] as const;

export type StatisticColumn = (typeof STATISTIC_COLUMNS)[number] | (typeof EXTRA_STATISTIC_COLUMNS)[number];

/** All that there are, in the order in which they are measured. */
export const ALL_STATISTIC_COLUMNS: readonly StatisticColumn[] = [
  ...STATISTIC_COLUMNS,
  ...EXTRA_STATISTIC_COLUMNS,
];
