/**
 * db_config.json, as CbM's scripts read it: connection, tables, arguments of a campaign. Keys that are not known are left
 * alone, since CbM's other tools keep theirs in the same file; but for those within a block of ours, and those that are
 * nearly a key of ours.
 */
import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { resolveConnection } from '../session/connection.js';
import type { Connection, Environment } from '../session/connection.js';
import { DatabaseSetupError } from '../session/errors.js';
import {
  BAND_NAMES,
  DEFAULT_AOI_FIELD,
  DEFAULT_BAND_NAMES,
  DEFAULT_CATALOGUE,
  DEFAULT_MIN_AREA_M2,
  MAX_INNER_BUFFER_M,
  PIXEL_RULES,
} from './defaults.js';
import { CLEAR, clearRuleOf, INDICES, metres, mistakeOf, numeric, shared, text } from './own-blocks.js';
import { isoTime } from './period.js';
import type { ClearRule, PixelRule, Selection, Tables } from '../terms.js';

export interface DatabaseConfig {
  readonly connection: Connection;
  readonly tables: Tables;
  readonly aoi: Selection['aoi'];
  readonly period: Selection['period'];
  /** Bands as asked for, in any accepted spelling; the CARD type knows the default. */
  readonly bands?: readonly string[] | undefined;
  /** CbM's API's band names, or those of CbM's scripts, by any name of theirs. */
  readonly bandNames: (typeof BAND_NAMES)[number];
  readonly minAreaM2: number;
  /** Which pixels a parcel has, and by how much it shrinks before, where the file says so. */
  readonly pixels?: PixelRule | undefined;
  readonly innerBufferM?: number | undefined;
  /** As much of the rule of clear rows as the file says. */
  readonly clear?: Partial<ClearRule> | undefined;
  /** Whether parcels without a clear pixel are left out, where the file says so. */
  readonly skipCloudy?: boolean | undefined;
  /** Expressions of bands by name. */
  readonly indices?: Readonly<Record<string, string>> | undefined;
  /** Parcels of a chunk, where the file says so. */
  readonly chunkParcels?: number | undefined;
}

const optionalText = z.string().optional();
const time = text.transform((value, context) => {
  const iso = isoTime(value);
  if (iso !== undefined) return iso;
  context.addIssue('must be a UTC date or time such as 2024-03-01 or 2024-03-01T10:00:00');
  return z.NEVER;
});
const bands = z
  .union([z.array(text), z.string().transform((list) => list.split(',').map((band) => band.trim()))])
  .transform((list) => list.filter((band) => band !== ''));

const CONNECTION = z.object({
  host: optionalText,
  dbname: optionalText,
  dbuser: optionalText,
  dbpasswd: optionalText,
  port: numeric(z.int().min(1).max(65535).optional()),
  sslmode: optionalText,
});

const FILE = z.object({
  database: z.object({
    connection: CONNECTION.optional(),
    tables: shared('tables', {
      aoi_table: text,
      parcel_table: text,
      results_table: text,
      hists_table: text.nullish(),
      clear_table: text.nullish(),
      catalogue_table: text.default(DEFAULT_CATALOGUE),
    }),
    args: shared('args', {
      aoi_field: text.default(DEFAULT_AOI_FIELD),
      name: text,
      startdate: time,
      enddate: time,
      bands: bands.optional(),
      band_names: z.enum(BAND_NAMES).default(DEFAULT_BAND_NAMES),
      min_area_m2: numeric(z.number().min(0).default(DEFAULT_MIN_AREA_M2)),
      pixels: z.enum(PIXEL_RULES).optional(),
      inner_buffer_m: metres(MAX_INNER_BUFFER_M),
      clear: CLEAR.optional(),
      skip_cloudy: z.boolean().optional(),
      indices: INDICES.optional(),
      chunk_parcels: numeric(z.int().min(1).optional()),
    }),
  }),
});

const CONNECTION_FILE = z.object({ database: z.object({ connection: CONNECTION.optional() }) });

const DEFAULT_PATH = 'db_config.json';

/**
 * Reads a db_config.json (by default the one of the working folder).
 * @throws DatabaseSetupError naming the file and the key. No message repeats a value of the file, which holds a password.
 */
export function readDbConfig(path: string | undefined, env: Environment): DatabaseConfig {
  const file = path ?? DEFAULT_PATH;
  const { connection, tables, args } = check(FILE, file).database;
  if (args.startdate > args.enddate) {
    throw new DatabaseSetupError(`${file}: database.args.startdate comes after enddate`, 'Swap them');
  }
  return {
    connection: connectionOf(connection, env),
    tables: {
      catalogue: tables.catalogue_table,
      aois: tables.aoi_table,
      parcels: tables.parcel_table,
      results: tables.results_table,
      ...(tables.hists_table == null ? {} : { hists: tables.hists_table }),
      ...(tables.clear_table == null ? {} : { clear: tables.clear_table }),
    },
    aoi: { field: args.aoi_field, name: args.name },
    period: { start: args.startdate, end: args.enddate },
    ...(args.bands === undefined || args.bands.length === 0 ? {} : { bands: args.bands }),
    bandNames: args.band_names,
    minAreaM2: args.min_area_m2,
    ...(args.pixels !== undefined && { pixels: args.pixels }),
    ...(args.inner_buffer_m !== undefined && { innerBufferM: args.inner_buffer_m }),
    ...(args.clear !== undefined && { clear: clearRuleOf(args.clear) }),
    ...(args.skip_cloudy !== undefined && { skipCloudy: args.skip_cloudy }),
    ...(args.indices !== undefined && { indices: args.indices }),
    ...(args.chunk_parcels === undefined ? {} : { chunkParcels: args.chunk_parcels }),
  };
}

/** Only how the database is reached: from the file, where one is given or lies here, and the environment. */
export function readConnection(path: string | undefined, env: Environment): Connection {
  if (path === undefined && !existsSync(DEFAULT_PATH)) return resolveConnection({}, env);
  return connectionOf(check(CONNECTION_FILE, path ?? DEFAULT_PATH).database.connection, env);
}

/** Whether the file or the environment says which database is meant; else it is only whatever the defaults lead to. */
export function namesDatabase(path: string | undefined, env: Environment): boolean {
  const file = path ?? (existsSync(DEFAULT_PATH) ? DEFAULT_PATH : undefined);
  const { host, dbname } =
    (file === undefined ? undefined : check(CONNECTION_FILE, file).database.connection) ?? {};
  return [host, dbname, env.DATABASE_URL, env.PGHOST, env.PGDATABASE].some(
    (part) => part !== undefined && part !== '',
  );
}

function connectionOf(file: z.infer<typeof CONNECTION> | undefined, env: Environment): Connection {
  const { host, port, dbname, dbuser, dbpasswd, sslmode } = file ?? {};
  return resolveConnection(
    { host, port, database: dbname, user: dbuser, password: dbpasswd, sslMode: sslmode },
    env,
  );
}

function check<Schema extends z.ZodType>(schema: Schema, path: string): z.output<Schema> {
  const result = schema.safeParse(parseJson(path));
  if (result.success) return result.data;
  const problems = result.error.issues.map(
    (issue) => `${issue.path.join('.') || 'the file'}: ${mistakeOf(issue)}`,
  );
  throw new DatabaseSetupError(
    `${path}: ${problems.join('; ')}`,
    "The file's format is described in docs/configuration.md",
  );
}

function parseJson(path: string): unknown {
  let content: string;
  try {
    content = readFileSync(path, 'utf8');
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new DatabaseSetupError(
      missing ? `there is no ${path}` : `${path} can't be read`,
      'Name the file with --db-config',
      { cause: error },
    );
  }
  try {
    return JSON.parse(content.replace(/^\uFEFF/, ''));
  } catch (error) {
    // The parser's own message quotes the text around the fault, and that may be the password.
    const position = /position (\d+)/.exec((error as Error).message)?.[1];
    const line =
      position === undefined ? '' : ` (line ${content.slice(0, Number(position)).split('\n').length})`;
    throw new DatabaseSetupError(
      `${path} is not valid JSON${line}`,
      'Look for a missing comma, quote or bracket there',
    );
  }
}
