/**
 * The results table's columns of statistics, in the order in which rows are packed. The type is zonal's own list, so that
 * another name or another order does not compile; only the type, since with the list comes all of zonal's code.
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
