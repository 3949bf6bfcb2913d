/** What `parcelwise serve` says at its start: which datasets can be asked for, and what is in the way of any. */
import type pg from 'pg';
import type { ServedTables } from '../database/reads/served-tables.js';
import { writableOf } from '../database/reads/writing-rights.js';
import { missingIndexes, named, noticeable } from '../database/results/indexes.js';
import type { Table } from '../database/terms.js';
import type { Dataset } from '../server/datasets/dataset.js';
import type { Datasets } from '../server/datasets/datasets.js';
import type { Log } from '../telemetry/log.js';

/** Tables that are named; of more it is told how many. */
const MOST_NAMED = 5;

export async function tellDatasets(pool: pg.Pool, datasets: Datasets, log: Log): Promise<void> {
  const served: Table[] = [];
  for (const dataset of datasets.all()) {
    try {
      const tables = await dataset.tablesOf();
      served.push(...allOf(tables));
      const { parcels, signatures, faults } = tables;
      const series = signatures.size === 0 ? 'no series' : `series ${[...signatures.keys()].join(', ')}`;
      log.info(`dataset ${dataset.name}: parcels of ${parcels.key}, ${series}`);
      for (const fault of faults) log.warn(`dataset ${dataset.name}: ${fault.message}`);
      await tellMissingIndexes(pool, dataset, tables, log);
    } catch (error) {
      log.warn(`dataset ${dataset.name} can't be served: ${(error as Error).message}`);
    }
  }
  await tellRights(pool, served, log).catch((error: unknown) => {
    log.warn(`the role's rights could not be asked for: ${(error as Error).message}`);
  });
}

function allOf({ parcels, catalogue, signatures, hists, clear, environment }: ServedTables): Table[] {
  const some = [parcels, catalogue, ...signatures.values(), hists, clear, environment];
  return some.filter((table) => table !== undefined);
}

/** Of small tables none is missed. */
async function tellMissingIndexes(
  pool: pg.Pool,
  { name }: Dataset,
  { parcels, catalogue, signatures, hists, clear }: ServedTables,
  log: Log,
): Promise<void> {
  const rows = [...signatures.values(), hists, clear].filter((table) => table !== undefined);
  const parcelIds = [parcels.id.name];
  const missing = noticeable(await missingIndexes(pool, { rows, parcels, parcelIds, catalogue }));
  if (missing.length > 0)
    log.warn(
      `dataset ${name}: without an index, so that a question may read all of it: ${named(missing)}. Build it: parcelwise results index`,
    );
}

/** All transactions are read only; a role that could not write is what holds should one ever not be. */
async function tellRights(pool: pg.Pool, tables: readonly Table[], log: Log): Promise<void> {
  const writable = await writableOf(pool, tables);
  if (writable.length === 0) return;
  const more = writable.length > MOST_NAMED ? ` and ${writable.length - MOST_NAMED} more` : '';
  log.warn(
    `the database role may write to ${writable.slice(0, MOST_NAMED).join(', ')}${more}, which answers have no use for. ` +
      'Give the server one that only reads: docs/serve.md, Rights',
  );
}
