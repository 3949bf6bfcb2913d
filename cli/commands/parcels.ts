/** `parcelwise parcels …`: looks a parcel table over before a campaign, and brings parcels in. */
import { existsSync } from 'node:fs';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type pg from 'pg';
import { type AoiTable, findAoi } from '../../database/selection/check.js';
import { type DatabaseConfig, readConnection, readDbConfig } from '../../database/selection/config.js';
import { DEFAULT_MIN_AREA_M2 } from '../../database/selection/defaults.js';
import type { Connection } from '../../database/session/connection.js';
import { requireTable } from '../../database/session/identifier.js';
import { adoptParcels, withLanding } from '../../database/parcels/import/import-parcels.js';
import { checkParcels, type ParcelCheck } from '../../database/parcels/check/index.js';
import { openPool } from '../../database/session/pool.js';
import { configFiles, type ConfigOptions } from '../config-options.js';
import { UserError } from '../../terminal/user-error.js';
import { layerOf, load, requireGdal } from '../ogr2ogr.js';
import { describeParcelCheck, isClean } from '../parcel-report.js';
import { stopSignal } from '../signals.js';
import { StepLine } from '../../terminal/step-line.js';
import { orUserError } from '../unmade-check.js';
import { wholeNumber } from '../whole-number.js';

interface CheckOptions extends ConfigOptions {
  readonly minArea?: number;
  readonly overlaps: boolean;
  readonly usable: boolean;
  readonly overlapArea: number;
  readonly maxOverlaps: number;
  readonly each: number;
  readonly json?: boolean;
}

const CHECK_DEFAULTS = { overlapArea: 1, maxOverlaps: 100_000, each: 10 } as const;

const DB_CONFIG = [
  '--db-config <file>',
  'how the database is reached, and the parcel table; else db_config.json here, else DATABASE_URL and PG* variables',
] as const;

export function addParcels(program: Command): void {
  const command = program
    .command('parcels')
    .description('look parcels over before a campaign, and bring them in');
  command
    .command('check')
    .argument('[table]', 'the parcel table (default: parcel_table of db_config.json)')
    .option(...DB_CONFIG)
    .option(
      '--min-area <m2>',
      `parcels of this area or less are left out (default: min_area_m2, else ${DEFAULT_MIN_AREA_M2})`,
      number,
    )
    .option('--no-overlaps', 'do not look for overlapping parcels, which takes longest')
    .option('--no-usable', "do not count the parcels that are large enough by JRC's rule")
    .addOption(
      new Option('--overlap-area <m2>', 'pairs that share less are not told')
        .argParser(number)
        .default(CHECK_DEFAULTS.overlapArea),
    )
    .addOption(
      new Option('--max-overlaps <pairs>', 'the search ends with so many pairs')
        .argParser(wholeNumber)
        .default(CHECK_DEFAULTS.maxOverlaps),
    )
    .addOption(
      new Option('--each <parcels>', 'parcels of each kind that are named')
        .argParser(wholeNumber)
        .default(CHECK_DEFAULTS.each),
    )
    .option('--json', 'print JSON, for programs')
    .description(
      'tell what would stop a campaign or lose parcels, and what parcelwise does about it; exit 0 when nothing would, 1 when something would. It only reads',
    )
    .action(runCheck);
  command
    .command('import')
    .argument(
      '<file>',
      'GeoJSON, GeoPackage, Shapefile (also zipped), GeoParquet, or what else ogr2ogr reads',
    )
    .argument('<table>', 'the parcel table to make, as in db_config.json')
    .option(...DB_CONFIG)
    .option('--replace', 'replace the table where it exists')
    .option('--layer <name>', 'the layer, where the file has several')
    .option(
      '--id-field <column>',
      "the column that numbers the parcels, fid for the file's own feature ids (default: ogc_fid where there is one, else they are numbered from 1)",
    )
    .option('--srid <code>', "EPSG code of the table's reference system (default: the file's)", wholeNumber)
    .option(
      '--source-srid <code>',
      "EPSG code of the file's reference system, where it does not say",
      wholeNumber,
    )
    .option('--no-overlaps', 'do not look for overlapping parcels in the check afterwards')
    .description('bring a file of parcels into a table by ogr2ogr (Debian: gdal-bin), index it, and check it')
    .action(runImport);
}

interface ImportOptions extends ConfigOptions {
  readonly replace?: boolean;
  readonly layer?: string;
  readonly idField?: string;
  readonly srid?: number;
  readonly sourceSrid?: number;
  readonly overlaps: boolean;
}

async function runImport(path: string, name: string, options: ImportOptions): Promise<void> {
  const began = Date.now();
  const { file, config } = settingsOf(options);
  const check = await orUserError(async () => {
    await requireGdal(path);
    const layer = await layerOf({ file: path, layer: options.layer });
    const connection = config?.connection ?? readConnection(file, process.env);
    const pool = openPool(connection, { max: 3 });
    try {
      await importInto(pool, connection, { path, layer, name }, options);
      return await checkTableNamed(pool, name, config, {
        ...CHECK_DEFAULTS,
        overlaps: options.overlaps,
        usable: true,
      });
    } finally {
      await pool.end();
    }
  });
  process.stdout.write(describeParcelCheck(check, (Date.now() - began) / 1000));
  process.exitCode = isClean(check) ? 0 : 1;
}

async function importInto(
  pool: pg.Pool,
  connection: Connection,
  { path, layer, name }: { readonly path: string; readonly layer: string; readonly name: string },
  { replace = false, idField, srid, sourceSrid }: ImportOptions,
): Promise<void> {
  const line = new StepLine();
  const source = {
    ...{ file: path, layer, srid, sourceSrid },
    keepIds: idField !== undefined && /^(fid|ogc_fid)$/i.test(idField),
  };
  try {
    await withLanding(pool, name, { replace }, async (landing) => {
      await load(source, layer, landing, connection, {
        signal: stopSignal(),
        onShare: (share) => {
          line.show('import', share);
        },
      });
      await adoptParcels(pool, name, landing, { replace, idField });
    });
  } finally {
    line.end();
  }
}

async function runCheck(name: string | undefined, options: CheckOptions): Promise<void> {
  const began = Date.now();
  const { file, config } = settingsOf(options);
  const check = await orUserError(async () => {
    const pool = openPool(config?.connection ?? readConnection(file, process.env), { max: 2 });
    try {
      return await checkTableNamed(pool, tableName(name, config), config, options);
    } finally {
      await pool.end();
    }
  });
  const seconds = (Date.now() - began) / 1000;
  process.stdout.write(
    options.json === true ? `${JSON.stringify(check, undefined, 2)}\n` : describeParcelCheck(check, seconds),
  );
  process.exitCode = isClean(check) ? 0 : 1;
}

/** The check of a table by name, with a line on standard error where it takes long. */
async function checkTableNamed(
  pool: pg.Pool,
  name: string,
  config: DatabaseConfig | undefined,
  { minArea, overlaps, usable, overlapArea, maxOverlaps, each }: Omit<CheckOptions, 'json'>,
): Promise<ParcelCheck> {
  const table = await requireTable(pool, name, 'parcel_table');
  const line = new StepLine();
  try {
    return await checkParcels(pool, table, {
      minAreaM2: minArea ?? config?.minAreaM2 ?? DEFAULT_MIN_AREA_M2,
      each,
      usable,
      ...(overlaps && { overlaps: { minAreaM2: overlapArea, most: maxOverlaps } }),
      aoi: config && (await aoiOf(pool, config)),
      onProgress: (step, share) => {
        line.show(step, share);
      },
    });
  } finally {
    line.end();
  }
}

/** The file that is named or lies here; one that tells no more than the connection will do where the table is named. */
function settingsOf(options: ConfigOptions): {
  file: string | undefined;
  config: DatabaseConfig | undefined;
} {
  const file = configFiles(options).dbConfig;
  return {
    file,
    config: file !== undefined && existsSync(file) ? readDbConfig(file, process.env) : undefined,
  };
}

function tableName(name: string | undefined, config: DatabaseConfig | undefined): string {
  const table = name ?? config?.tables.parcels;
  if (table === undefined) throw new UserError('name the parcel table, or give a db_config.json that does');
  return table;
}

/** Undefined where the area is not there yet: parcels may come first. */
async function aoiOf(pool: pg.Pool, { tables, aoi }: DatabaseConfig): Promise<AoiTable | undefined> {
  return await findAoi(pool, tables.aois, aoi);
}

function number(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0) throw new InvalidArgumentError('It is a number from 0.');
  return value;
}
