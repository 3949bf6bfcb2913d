/** What is asked of series: of which scenes, bands and days, which rows, and how they stand. */
import { z } from 'zod';
import type { AskedSeries } from '../../database/reads/many-series.js';
import type { ServedRows, ServedTables } from '../../database/reads/served-tables.js';
import { ALL_STATISTIC_COLUMNS, type StatisticColumn } from '../../database/results/statistic-columns.js';
import { Problem } from '../problem.js';
import { askedBands } from './bands.js';
import { CARD, PERIOD } from './period.js';

const MOST_BANDS = 50;

const BAND = z.string().min(1).max(30);
const STATISTIC = z.enum(ALL_STATISTIC_COLUMNS as readonly [StatisticColumn, ...StatisticColumn[]]);

/** A list with commas between. */
const listed = <Item extends z.ZodType<unknown, string>>(item: Item, most: number) =>
  z
    .string()
    .transform((text) => text.split(',').map((part) => part.trim()))
    .pipe(z.array(item).max(most));

const BANDS = {
  description:
    'Bands and indices: B04, SC, NDVI, VVb. All where nothing is said; layout=wide of many parcels wants them.',
  example: 'B04,B08,NDVI',
};
const STATISTICS = {
  description: `Statistics, of those that the table has: ${ALL_STATISTIC_COLUMNS.join(', ')}. All where nothing is said; with layout=wide the mean.`,
  example: 'mean,std',
};

const COMMON = {
  ...PERIOD,
  card: CARD.default('s2'),
  kind: z
    .enum(['raw', 'clear'])
    .default('raw')
    .meta({ description: 'Of all pixels, or of clear ones alone.' }),
  which: z.enum(['best', 'current', 'all']).optional().meta({
    description:
      'Rows of the best scene of each day (the default where there are such), of all scenes but for those that a newer product replaces, or of all.',
  }),
  layout: z.enum(['long', 'wide']).default('long').meta({
    description: 'A line for each date and band, or for each date with a column for each band.',
  }),
};

export const SERIES_PARAMETERS = {
  ...COMMON,
  bands: listed(BAND, MOST_BANDS).optional().meta(BANDS),
  statistics: listed(STATISTIC, 20).optional().meta(STATISTICS),
};

export const SERIES_MEMBERS = {
  ...COMMON,
  bands: z.array(BAND).min(1).max(MOST_BANDS).optional().meta(BANDS),
  statistics: z.array(STATISTIC).min(1).optional().meta(STATISTICS),
};

export type SeriesAsked = z.output<z.ZodObject<typeof SERIES_MEMBERS>>;

/** The table of rows that is asked for. @throws Problem where the dataset has none of that type. */
export function rowsOf({ signatures }: ServedTables, card: string): ServedRows {
  const rows = signatures.get(card);
  if (rows !== undefined) return rows;
  const there = [...signatures.keys()].join(', ') || 'none';
  throw new Problem(404, {
    detail: `The dataset has no series of ${card}.`,
    remedy: `It has ${there}.`,
  });
}

/** @throws Problem where a statistic is asked for that the table has no column of. */
export function askedSeries(
  { card, kind, which, from, to, layout, bands, statistics }: SeriesAsked,
  tables: ServedTables,
  rows: ServedRows,
): AskedSeries {
  const there = kind === 'clear' ? (tables.clear ?? rows).statistics : rows.statistics;
  const lacking = statistics?.filter((name) => !there.includes(name)) ?? [];
  if (lacking.length > 0)
    throw new Problem(422, {
      detail: `The table has no ${lacking.join(', ')}.`,
      remedy: `It has ${there.join(', ')}.`,
    });
  return {
    ...{ kind, from: from ?? null, to: to ?? null, layout },
    // Codes of CARD types are of two letters; other series have tables of their own.
    card: card.length === 2 ? card : undefined,
    bands: bands && askedBands(card, bands),
    which: which ?? (rows.views === undefined ? 'current' : 'best'),
    statistics: [...new Set(statistics ?? (layout === 'wide' ? ['mean' as const] : there))],
  };
}
