/** Reads the datasets that are served: CbM's datasets.json as it is, or the one dataset of a db_config.json. */
import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import type { DatabaseConfig } from '../../database/selection/config.js';
import { UserError } from '../../terminal/user-error.js';
import type { DatasetEntry } from './dataset.js';

/** Kinds of series that clients of CbM ask for, which are keys of `tables`. */
const KINDS = ['s2', 'bs', 'c6', 'c1', 'bs_tf'] as const;

/** CbM writes an empty name for a table that is not there. */
const name = z
  .string()
  .nullish()
  .transform((text) => (text == null || text.trim() === '' ? undefined : text));

const ENTRY = z.object({
  description: z.string().nullish(),
  tables: z.object({
    ...{
      parcels: z.string().min(1),
      dias_catalog: name,
      dias_catalogue: name,
      scl: name,
      clear: name,
      env: name,
    },
    ...Object.fromEntries(KINDS.map((kind) => [kind, name])),
  }),
  pcolumns: z.object({ parcel_id: name, crop_name: name, crop_code: name }).prefault({}),
});

const FILE = z.record(z.string(), ENTRY);

/** The area may have underscores; the year is what follows the last one. */
const KEY = /^(?<aoi>.+)_(?<year>\d{4})$/;

/** What CbM's server is set up with where an operator says nothing else. */
const DEFAULTS = { catalogue: 'dias_catalogue', parcelId: 'id' } as const;

/** @throws UserError naming the file and the key that is wrong. */
export function readDatasetsFile(path: string): DatasetEntry[] {
  const result = FILE.safeParse(readJson(path));
  if (!result.success) {
    const problems = result.error.issues.map(
      (issue) => `${issue.path.join('.') || 'the file'}: ${issue.message}`,
    );
    throw new UserError(`${path}: ${problems.join('; ')}. Its format is described in docs/serve.md`);
  }
  return Object.entries(result.data).map(([key, entry]) => entryOf(path, key, entry));
}

function entryOf(
  path: string,
  key: string,
  { tables, pcolumns, description }: z.infer<typeof ENTRY>,
): DatasetEntry {
  const { aoi, year } = KEY.exec(key)?.groups ?? {};
  if (aoi === undefined)
    throw new UserError(`${path}: ${key} is no name of a dataset. Write area and year: ms_2024`);
  const named = tables as Readonly<Record<string, string | undefined>>;
  return {
    aoi: aoi.toLowerCase(),
    year: Number(year),
    tables: {
      parcels: tables.parcels,
      catalogue: tables.dias_catalog ?? tables.dias_catalogue ?? DEFAULTS.catalogue,
      signatures: Object.fromEntries(
        KINDS.flatMap((kind) => (named[kind] === undefined ? [] : [[kind, named[kind]]])),
      ),
      ...{ hists: tables.scl, clear: tables.clear, environment: tables.env },
      parcelId: pcolumns.parcel_id ?? DEFAULTS.parcelId,
      ...{ cropName: pcolumns.crop_name, cropCode: pcolumns.crop_code },
    },
    ...(description != null && { description }),
  };
}

/** Columns of the parcel table that a db_config.json has no keys for. */
export interface ParcelColumns {
  readonly parcelId?: string | undefined;
  readonly cropName?: string | undefined;
  readonly cropCode?: string | undefined;
}

/** The dataset of a campaign: its area of interest, and the year in which its period begins. */
export function datasetOf(
  { tables, aoi, period }: Pick<DatabaseConfig, 'tables' | 'aoi' | 'period'>,
  columns: ParcelColumns = {},
): DatasetEntry {
  return {
    aoi: aoi.name.toLowerCase(),
    year: Number(period.start.slice(0, 4)),
    tables: {
      parcels: tables.parcels,
      catalogue: tables.catalogue,
      signatures: Object.fromEntries(KINDS.map((kind) => [kind, tables.results])),
      ...{ hists: tables.hists, clear: tables.clear },
      parcelId: columns.parcelId ?? 'ogc_fid',
      ...{ cropName: columns.cropName, cropCode: columns.cropCode },
    },
  };
}

function readJson(path: string): unknown {
  if (!existsSync(path)) throw new UserError(`${path}: there is no such file`);
  try {
    return JSON.parse(readFileSync(path, 'utf8').replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new UserError(`${path} is not valid JSON: ${(error as Error).message}`);
  }
}
