/** A sync's options, as options.ts has a campaign's: its input, the options of commands, the pages' table. */
import { z } from 'zod';
import { described } from './fields.js';
import { aoi, aoiTable, CARDS, catalogueTable, database, name, period } from './options.js';

/** Items a page; CDSE's are 130 kB each. */
export const PAGE_SIZE = 100;
export const SWEEP_HOURS = 24;

const source = () =>
  z.union([
    z.strictObject({
      stac: name().register(described, {
        meaning: 'STAC API or static catalog: cdse, earth-search, a URL, or a path',
        flag: '--stac <source>',
      }),
      collection: name().optional().register(described, {
        meaning: 'its collection',
        flag: '--collection <id>',
        otherwise: "the preset's, else all",
      }),
    }),
    z.strictObject({
      listing: z.enum(CARDS).register(described, {
        meaning: 'list the bucket by day instead, for stores without a STAC source',
        flag: '--listing <card>',
      }),
      tiles: z.array(name()).min(1).readonly().optional().register(described, {
        meaning: 'with --listing: products of these tiles only',
        more: ': `["31UFT", "31UGT"]`',
        flag: '--tiles <list>',
        typed: 'with commas: 31UFT,31UGT',
        otherwise: 'all',
      }),
    }),
  ]);

export const syncSchema = () =>
  z.strictObject({
    source: source(),
    database: database().optional(),
    tables: z.strictObject({ catalogue: catalogueTable(), aois: aoiTable() }).partial().optional(),
    aoi: aoi().optional(),
    period: period().optional(),
    cloud: z.number().min(0).max(100).optional().register(described, {
      meaning: 'leave out scenes with more clouds than this, per cent',
      flag: '--cloud <percent>',
      otherwise: 'no limit',
    }),
    pageSize: z
      .int()
      .min(1)
      .max(10_000)
      .optional()
      .register(described, { meaning: 'items a page', otherwise: PAGE_SIZE }),
    lookbackDays: z.number().positive().optional().register(described, {
      meaning: 'look for scenes of the last days, and once a day for those of the whole period',
      flag: '--lookback <days>',
      otherwise: 'the whole period each time',
    }),
    sweepHours: z.number().min(0).optional().register(described, {
      meaning: 'with lookbackDays: hours after which the whole period is looked through again',
      otherwise: SWEEP_HOURS,
    }),
  });

/** What a sync asks for; the worker's own db_config.json fills what is left out. */
export type SyncInput = z.input<ReturnType<typeof syncSchema>>;
export type SourceRequest = SyncInput['source'];
