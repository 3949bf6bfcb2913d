/**
 * A campaign's options: what `temporal workflow start --input` takes, what commands have options for, what the pages list.
 * All of it is made of the schema here. The schema is made when it is needed: every scene's sandbox loads this file and
 * has no use for it.
 */
import { z } from 'zod';
import { CARD_CODES } from '../cards/codes.js';
import {
  BAND_NAMES,
  DEFAULT_AOI_FIELD,
  DEFAULT_BAND_NAMES,
  DEFAULT_CATALOGUE,
  DEFAULT_MIN_AREA_M2,
} from '../database/selection/defaults.js';
import { described } from './fields.js';
import { FORMER_BAND_NAMES } from './former-names.js';
import { measuring } from './measuring-options.js';

/** Parcels a chunk: some 8 MB of rows, half a second of statistics, and few events for a scene of 300,000 parcels. */
export const CHUNK_PARCELS = 30_000;
/** Scenes in flight at most. */
export const MAX_CONCURRENCY = 500;
export const DEFAULT_RADIOMETRY = 'raw';
export const DEFAULT_STATUS_IN = 'catalogue';

/** Open for other codes, since cards/codes.ts decides which there are. */
export const CARDS: readonly string[] = CARD_CODES;

export const name = () => z.string().min(1);

/** A day or a time, UTC. */
const moment = () =>
  z
    .string()
    .regex(
      /^\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?$/,
      'must be a date (2024-03-31) or a UTC time (2024-03-31T12:00:00)',
    );

/** The database that is meant, as the commands know it. */
export const database = () =>
  z.strictObject({ id: name(), name: name() }).register(described, {
    meaning: 'the database that is meant; workers of another one refuse',
    more: ": parcelwise's commands say it, see [which database](configuration.md#which-database)",
    otherwise: 'any',
  });

export const catalogueTable = () =>
  name().register(described, {
    meaning: 'the catalogue of scenes',
    key: 'catalogue_table',
    otherwise: DEFAULT_CATALOGUE,
  });

export const aoiTable = () =>
  name().register(described, { meaning: 'table of the areas of interest', key: 'aoi_table' });

export const aoi = () =>
  z
    .strictObject({
      field: name().register(described, {
        meaning: 'column of the AOI table in which the name of the area stands',
        key: 'aoi_field',
        otherwise: DEFAULT_AOI_FIELD,
      }),
      name: name().register(described, {
        meaning: 'area of interest: the rows of the AOI table with this name',
        flag: '--aoi <name>',
        key: 'name',
      }),
    })
    .partial();

export const period = () =>
  z
    .strictObject({
      start: moment().register(described, {
        meaning: 'first day or time, UTC',
        more: ', included',
        flag: '--start <date>',
        key: 'startdate',
      }),
      end: moment().register(described, {
        meaning: 'last day or time, UTC',
        more: ', included; a day means its first second, as in CbM',
        flag: '--end <date>',
        key: 'enddate',
      }),
    })
    .partial();

/** What is extracted of which scenes, and into which tables: all that the worker's db_config.json may complete. */
const requested = () => ({
  card: z.enum(CARDS).register(described, {
    meaning: 'CARD type: Sentinel-2 L2A, Sentinel-1 backscatter, Sentinel-1 coherence',
    flag: '--card <type>',
  }),
  database: database().optional(),
  tables: z
    .strictObject({
      catalogue: catalogueTable(),
      aois: aoiTable(),
      parcels: name().register(described, { meaning: 'parcel table', key: 'parcel_table' }),
      results: name().register(described, {
        meaning: 'results table',
        flag: '--results <table>',
        key: 'results_table',
      }),
      hists: name().nullable().register(described, {
        meaning: 'histograms table',
        more: '; `null` for none, whatever db_config.json says',
        flag: '--hists <table>',
        key: 'hists_table',
        otherwise: 'none',
      }),
      clear: name().nullable().register(described, {
        meaning: 'table of clear rows, statistics of the pixels without clouds',
        more: '; `null` for none, whatever db_config.json says',
        flag: '--clear <table>',
        key: 'clear_table',
        otherwise: 'none',
      }),
    })
    .partial()
    .optional(),
  aoi: aoi().optional(),
  period: period().optional(),
  bands: z.array(name()).min(1).readonly().optional().register(described, {
    meaning: 'bands and indices',
    more: ': `["B04", "B08", "SC", "NDVI"]`',
    flag: '--bands <list>',
    typed: 'with commas: B04,B08,SC,NDVI',
    key: 'bands',
    otherwise: 'those of the CARD type',
  }),
  bandNames: z
    .enum(BAND_NAMES)
    .optional()
    .register(described, {
      meaning: "band names in the results table: those of CbM's API, or of CbM's scripts",
      more: ' (B04 and VVb, or B4 and VV)',
      flag: '--band-names <preset>',
      former: Object.keys(FORMER_BAND_NAMES),
      key: 'band_names',
      otherwise: DEFAULT_BAND_NAMES,
    }),
  radiometry: z.enum(['raw', 'harmonised']).optional().register(described, {
    meaning: 'Sentinel-2 numbers as stored, or with the BOA offset of their baseline added',
    more: ': [statistics](statistics.md#numbers-as-stored-or-harmonised)',
    flag: '--radiometry <mode>',
    otherwise: DEFAULT_RADIOMETRY,
  }),
  statusIn: z.enum(['catalogue', 'parcelwise']).optional().register(described, {
    meaning:
      "where scenes' status words stand: the catalogue, or parcelwise's schema, for a second results table",
    more: ': [status words and claims](status-and-claims.md)',
    flag: '--status-in <where>',
    otherwise: DEFAULT_STATUS_IN,
  }),
  minAreaM2: z.number().min(0).optional().register(described, {
    meaning: 'parcels of this area or less are left out, square metres',
    key: 'min_area_m2',
    otherwise: DEFAULT_MIN_AREA_M2,
  }),
  ...measuring(),
  chunkParcels: z.int().min(1).max(1_000_000).optional().register(described, {
    meaning: 'parcels a chunk',
    flag: '--chunk-parcels <parcels>',
    key: 'chunk_parcels',
    otherwise: CHUNK_PARCELS,
  }),
  maxDownloadMbps: z.number().positive().optional().register(described, {
    meaning: "megabits a second that all workers together download from the store's account",
    more: ": [a provider's quota](operations.md#a-providers-quota)",
    flag: '--max-download-mbps <megabits>',
    otherwise: 'no limit',
  }),
  maxRequests: z.number().positive().optional().register(described, {
    meaning: 'requests a second that all workers together make to it',
    flag: '--max-requests <requests>',
    otherwise: 'no limit',
  }),
  changedOnly: z.boolean().optional().register(described, {
    meaning:
      'of scenes already extracted, extract the parcels that were added or redrawn since, and nothing else',
    more: ': [parcels that change](continuous.md#parcels-that-change)',
    flag: '--changed-only',
  }),
  add: z.boolean().optional().register(described, {
    meaning:
      'of scenes already extracted, extract the bands, indices and clear rows that they lack and what was skipped for clouds, and nothing else',
    more: ': [what is asked for later](continuous.md#what-is-asked-for-later)',
    flag: '--add',
  }),
});

/** How fast a campaign goes, and when it gives up. */
const pace = () => ({
  concurrency: z.int().min(1).max(MAX_CONCURRENCY).default(4).register(described, {
    meaning: 'scenes in flight',
    flag: '--concurrency <scenes>',
  }),
  hostSilenceSeconds: z.number().min(5).max(600).default(25).register(described, {
    meaning:
      'a host without a sign of life for so long is taken for gone, and its scenes are staged elsewhere',
    flag: '--host-silence <seconds>',
  }),
  rounds: z.int().min(1).max(100).default(4).register(described, {
    meaning: 'rounds in a row in which no scene comes to an end before it gives up',
    flag: '--rounds <rounds>',
  }),
});

const requestSchema = () => z.strictObject(requested());

export const campaignSchema = () => z.strictObject({ ...requested(), ...pace() });

/** All that a single scene needs of them; the rest says which scenes a campaign takes, and how fast. */
export const sceneSchema = () => requestSchema().omit({ period: true });

/** What a campaign asks for; the worker's own db_config.json fills what is left out. */
export type CampaignRequest = z.input<ReturnType<typeof requestSchema>>;
/** A request, with the pace of the campaign: the input of the workflow `campaign`, whose fields docs/campaigns.md tells. */
export type CampaignInput = z.input<ReturnType<typeof campaignSchema>>;
/** The same with the pace filled in. */
export type CheckedCampaignInput = z.output<ReturnType<typeof campaignSchema>>;
