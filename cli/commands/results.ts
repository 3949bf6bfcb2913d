/** `parcelwise results …`: makes the tables of results fast to read, and says how they stand. */
import type { Command } from 'commander';
import type pg from 'pg';
import { analyse, buildIndex } from '../../database/results/build-index.js';
import { type Orderable, orderables, orderByParcel } from '../../database/results/cluster.js';
import { missingIndexes, type ReadTables } from '../../database/results/indexes.js';
import type { DatabaseConfig } from '../../database/selection/config.js';
import { findTable, requireTable } from '../../database/session/identifier.js';
import type { Table } from '../../database/terms.js';
import { duration } from '../../terminal/duration.js';
import { StepLine } from '../../terminal/step-line.js';
import { type ConfiguredDatabase, withConfiguredDatabase } from '../configured-database.js';
import { addConfigOptions, type ConfigOptions } from '../config-options.js';
import { requireRoom } from '../disk-room.js';
import { describeTables } from '../results-report.js';
import { stopSignal } from '../signals.js';

interface IndexOptions extends ConfigOptions {
  readonly parcelId?: readonly string[];
}

interface ClusterOptions extends ConfigOptions {
  readonly diskCheck: boolean;
  readonly force?: boolean;
}

const TABLES = [
  '[tables...]',
  'tables of rows by parcel (default: results, histograms and clear rows of db_config.json)',
] as const;

export function addResults(program: Command): void {
  const command = program
    .command('results')
    .description('index tables of results, order them by parcel, and look at them');
  addConfigOptions(command.command('show'))
    .argument(...TABLES)
    .option('--json', 'print JSON, for programs')
    .description('tell rows, size, indexes, how far rows are in the order of parcels, and what reads lack')
    .action((names: string[], options: ConfigOptions & { json?: boolean }) =>
      withConfiguredDatabase(options, ({ pool, config }) => show(pool, config, names, options.json === true)),
    );
  addConfigOptions(command.command('index'))
    .argument(...TABLES)
    .option('--parcel-id <column...>', 'columns beside ogc_fid that parcels are asked for by')
    .description(
      'build the indexes that reads need and that are missing, while campaigns and readers go on; safe to repeat',
    )
    .action((names: string[], options: IndexOptions) =>
      withConfiguredDatabase(options, (database) => index(database, names, options)),
    );
  addConfigOptions(command.command('cluster'))
    .argument(...TABLES)
    .option('--force', 'order tables anew that are in order')
    .option(
      '--no-disk-check',
      "leave the disk unlooked at: where the server's is another than the one seen here",
    )
    .description(
      'order rows by parcel, for reads from few pages: locks each table until it is written anew, so it refuses while scenes are in work',
    )
    .action((names: string[], options: ClusterOptions) =>
      withConfiguredDatabase(options, (database) => cluster(database, names, options)),
    );
}

async function show(
  pool: pg.Pool,
  config: DatabaseConfig,
  names: readonly string[],
  json: boolean,
): Promise<void> {
  const tables = await readTables(pool, config, names);
  const partitions = (await Promise.all(tables.rows.map((table) => orderables(pool, table)))).flat();
  const missing = await missingIndexes(pool, tables);
  process.stdout.write(
    json
      ? `${JSON.stringify({ tables: partitions, missing }, undefined, 2)}\n`
      : describeTables(partitions, missing),
  );
}

async function index(
  { pool, config }: ConfiguredDatabase,
  names: readonly string[],
  { parcelId }: IndexOptions,
): Promise<void> {
  const tables = await readTables(pool, config, names);
  const missing = await missingIndexes(pool, { ...tables, parcelIds: parcelId });
  if (missing.length === 0) say('every index that reads need is there');
  const signal = stopSignal();
  for (const one of missing) {
    const began = Date.now();
    const name = await withLine((onProgress) =>
      buildIndex(pool, config.connection, one, { signal, onProgress }),
    );
    await analyse(pool, one);
    say(`${name} on ${one.table} (${one.column}): built in ${duration((Date.now() - began) / 1000)}`);
  }
}

async function cluster(
  { pool, config }: ConfiguredDatabase,
  names: readonly string[],
  options: ClusterOptions,
): Promise<void> {
  const { rows } = await readTables(pool, config, names);
  const signal = stopSignal();
  for (const root of rows) {
    for (const one of await orderables(pool, root)) {
      if (options.force !== true && isInOrder(one)) {
        say(`${one.table}: its rows are in the order of parcels already`);
        continue;
      }
      if (options.diskCheck) await requireRoom(pool, config.connection, one);
      const began = Date.now();
      await withLine((onProgress) => orderByParcel(pool, root, one, { signal, onProgress }));
      await analyse(pool, one);
      say(`${one.table}: rows ordered by parcel in ${duration((Date.now() - began) / 1000)}`);
    }
  }
}

/** By a sample of the rows: of a table in order that scenes were added to it is a good deal lower. */
const IN_ORDER = 0.999;

function isInOrder({ order }: Orderable): boolean {
  return order !== null && Math.abs(order) >= IN_ORDER;
}

/** Tables that are named, else those of db_config.json as far as they are there. */
async function readTables(
  pool: pg.Pool,
  { tables }: DatabaseConfig,
  names: readonly string[],
): Promise<ReadTables> {
  if (names.length > 0)
    return { rows: await Promise.all(names.map((name) => requireTable(pool, name, 'named here'))) };
  const beside = [tables.hists, tables.clear].filter((name) => name !== undefined);
  const rows: Table[] = [await requireTable(pool, tables.results, 'results_table')];
  for (const name of beside)
    rows.push(...[await findTable(pool, name)].filter((found) => found !== undefined));
  return {
    rows,
    parcels: await findTable(pool, tables.parcels),
    catalogue: await findTable(pool, tables.catalogue),
  };
}

async function withLine<T>(
  work: (onProgress: (step: string, share: number | null) => void) => Promise<T>,
): Promise<T> {
  const line = new StepLine();
  try {
    return await work((step, share) => {
      line.show(step, share);
    });
  } finally {
    line.end();
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
