/** The columns of each layout, and how a row of the results table becomes one of them. */
import type { ExportedStatistic } from '../database/reads/exported-table.js';
import type { CopiedType } from '../database/reads/copied-rows.js';
import type { ExportColumn } from './table-file.js';

export const LAYOUTS = ['long', 'wide', 'spv'] as const;
export type Layout = (typeof LAYOUTS)[number];

/** A column, and its expression of row `r` and scene `f`. */
export interface LayoutColumn extends ExportColumn {
  readonly sql: string;
}

export interface RowLayout {
  readonly columns: readonly LayoutColumn[];
  /** Within a part. */
  readonly orderBy: readonly string[];
}

const MEANINGS: Readonly<Record<string, string>> = {
  count: 'pixels that count',
  mean: 'mean of the pixels',
  std: 'standard deviation of the pixels, of the whole',
  min: 'smallest pixel',
  max: 'largest pixel',
  skew: 'skewness of the pixels',
  valid: 'share of the pixels that count',
};

const column = (
  name: string,
  type: CopiedType,
  sql: string,
  meaning: string,
  more: Partial<ExportColumn> = {},
): LayoutColumn => ({ name, type, sql, meaning, nullable: false, ...more });

const PID = ['integer', 'r.pid', 'ogc_fid of the parcel', { ordered: true }] as const;
const BAND = ['text', 'r.band::text', 'band or index', { repeats: true }] as const;

/** A row a parcel, scene and band, in order of parcel, time and band. */
export function longLayout(statistics: readonly ExportedStatistic[]): RowLayout {
  return {
    columns: [
      column('pid', ...PID),
      column('obsid', 'integer', 'r.obsid', 'id of the scene in the catalogue'),
      column('card', 'text', 'f.card', 'CARD type of the scene', { repeats: true }),
      column('obstime', 'time', 'f.micros', 'when the scene was taken, UTC', { repeats: true }),
      column('band', ...BAND),
      ...statistics.map(({ name, type }) => statistic(name, name, type)),
    ],
    orderBy: ['r.pid', 'f.micros', 'r.obsid', 'r.band::text COLLATE "C"'],
  };
}

/** Names in the CSV files of JRC's Parcel Viewer (ec-jrc/cbm, folder spv), each with ours. */
const SPV = [
  ...[['band_mean', 'mean'] as const, ['band_count', 'count'] as const, ['band_std', 'std'] as const],
  ['band_median', 'p50'] as const,
  ...[25, 75].map((percent) => [`band_${percent}p`, `p${percent}`] as const),
  ...[['band_max', 'max'] as const, ['band_min', 'min'] as const],
];

/** The same rows as JRC's Parcel Viewer has them: days in place of times, and in the order of its columns. */
export function spvLayout(statistics: readonly ExportedStatistic[]): RowLayout {
  const typeOf = (name: string) => statistics.find((one) => one.name === name)?.type ?? 'real';
  return {
    columns: [
      column('Field_ID', ...PID),
      column(
        'acq_date',
        'date',
        'to_timestamp(f.micros / 1e6)::date',
        'day on which the scene was taken, UTC',
        { repeats: true },
      ),
      ...SPV.map(([name, ours]) => statistic(name, ours, typeOf(ours))),
      column('band', ...BAND),
    ],
    orderBy: ['r.pid', 'f.micros', 'r.obsid', 'r.band::text COLLATE "C"'],
  };
}

function statistic(name: string, ours: string, type: 'real' | 'double'): LayoutColumn {
  return column(name, type, type === 'real' ? `r.${ours}` : `r.${ours}::float8`, meaningOf(ours), {
    nullable: true,
  });
}

function meaningOf(statistic: string): string {
  const percent = /^p(\d\d)$/.exec(statistic)?.[1];
  return percent === undefined
    ? (MEANINGS[statistic] ?? statistic)
    : `percentile ${Number(percent)} of the pixels`;
}
