/**
 * Tries out, in a transaction that is rolled back, whether the tables take what a campaign will store: partitions, foreign
 * keys, checks, triggers, rules, rights. Else the first scene would be downloaded to find out.
 */
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { CheckedSelection } from './check.js';
import type { ResultsTable } from './stored-tables.js';
import { DatabaseSetupError, errorCode } from '../session/errors.js';
import { aoiBoxes, isInArea } from './parcel-rule.js';
import { refusalOf } from '../session/refusals.js';
import { listScenes } from '../scenes/scenes.js';
import { inTransaction, query } from '../session/session.js';
import { SUPERSEDED } from '../ledger/supersession.js';
import { NO_PARCELS, type Table } from '../terms.js';

/** Enough to meet every partition of a season, few enough to leave no trace worth a vacuum. */
const SCENES = 1_000;
const PARCELS = 100;

/** Somebody who holds a lock on the tables is not waited for: nothing is known then, and nothing said. */
const LOCK_TIMEOUT = `SET LOCAL lock_timeout = '5s'`;

/** Whether it matters which row is stored, and not only that one is. */
const PARTICULAR = `
  SELECT relkind <> 'r' OR relhastriggers OR relrowsecurity OR relhassubclass
      OR EXISTS (SELECT FROM pg_constraint WHERE conrelid = c.oid AND contype <> 'n')
      OR EXISTS (SELECT FROM pg_index WHERE indrelid = c.oid AND indisunique) AS particular
  FROM pg_class c WHERE oid = $1::oid`;

/** Chunks of these are stored, so another row of theirs might be one too many. */
const STORED = 'SELECT DISTINCT obsid FROM parcelwise.ledger WHERE results_table = $1 AND obsid = ANY ($2)';

/** Parcels of the AOI: the first, the last, and as many in between as may be. */
const SAMPLE = (selection: CheckedSelection) => `
  WITH aoi AS MATERIALIZED (${aoiBoxes(selection, '$1')})
  SELECT DISTINCT unnest(percentile_disc($2::float8[]) WITHIN GROUP (ORDER BY p.ogc_fid::integer)) AS pid
  FROM ${selection.parcels.key} p WHERE ${isInArea('p.wkb_geometry')}`;

const ONE = (selection: CheckedSelection) => `
  WITH aoi AS MATERIALIZED (${aoiBoxes(selection, '$1')})
  SELECT p.ogc_fid::integer AS pid FROM ${selection.parcels.key} p WHERE ${isInArea('p.wkb_geometry')} LIMIT 1`;

/** Of the words a scene may end in, those that are not told by its bands. */
const WORDS = ['inprogress', 'extracted', NO_PARCELS, SUPERSEDED, 'bad_raster', 'S2_nopath', 'ingested'];

const LOCK = ({ key }: Table) => `SELECT id FROM ${key} WHERE id = ANY ($1) LIMIT 1 FOR UPDATE SKIP LOCKED`;
const SET_WORD = ({ key }: Table) => `UPDATE ${key} SET status = $2 WHERE id = $1`;

/** What ends the trial, so that all of it is rolled back. */
class Over extends Error {}

/**
 * Stores rows of the scenes still to be extracted, and takes them back.
 * @param bands names as they will stand in the results.
 * @returns whether there was anything to try with: a scene still to be extracted, a parcel of the AOI, a band.
 * @throws DatabaseSetupError naming what refuses a row, and the remedy.
 */
export async function tryStoring(
  pool: pg.Pool,
  selection: CheckedSelection,
  bands: readonly string[],
): Promise<boolean> {
  let tried = false;
  const trial = async (client: pg.ClientBase): Promise<never> => {
    await client.query(LOCK_TIMEOUT);
    const scenes = await unstored(client, selection);
    const rows = await rowsFor(client, selection, scenes, bands);
    tried = rows.length > 0;
    if (tried) {
      await store(client, selection, rows);
      if (selection.statusIn === 'catalogue') await mark(client, selection.catalogue, scenes);
      // What is checked at the end of a transaction is checked now.
      await client.query('SET CONSTRAINTS ALL IMMEDIATE');
    }
    throw new Over();
  };
  try {
    await inTransaction(pool, trial);
  } catch (error) {
    if (error instanceof Over) return tried;
    if (errorCode(error) === '55P03') return false;
    throw refusalOf(error) ?? error;
  }
  return tried;
}

interface Row {
  readonly pid: number;
  readonly obsid: number;
  readonly band: string;
}

async function unstored(client: pg.ClientBase, selection: CheckedSelection): Promise<number[]> {
  const scenes = (await listScenes(client, selection, undefined, SCENES)).map(({ obsid }) => obsid);
  const stored = await query<{ obsid: number }>(client, STORED, [selection.results.key, scenes]);
  const known = new Set(stored.map(({ obsid }) => obsid));
  return scenes.filter((obsid) => !known.has(obsid));
}

/** One row where any will do; else one of each scene, of many parcels, and of each band. */
async function rowsFor(
  client: pg.ClientBase,
  selection: CheckedSelection,
  scenes: readonly number[],
  [band, ...others]: readonly string[],
): Promise<Row[]> {
  const [obsid, ...more] = scenes;
  if (obsid === undefined || band === undefined) return [];
  const { results, hists, clear } = selection;
  const tables = [results, hists, clear].filter((table) => table !== undefined);
  let isParticular = false;
  for (const { oid } of tables)
    isParticular ||= (await query<{ particular: boolean }>(client, PARTICULAR, [oid]))[0]?.particular ?? true;
  const shares = Array.from({ length: PARCELS }, (_, i) => i / (PARCELS - 1));
  const pids = isParticular
    ? await query<{ pid: number }>(client, SAMPLE(selection), [selection.aoi.name, shares])
    : await query<{ pid: number }>(client, ONE(selection), [selection.aoi.name]);
  const first = pids[0]?.pid;
  if (first === undefined) return [];
  return [
    ...pids.map(({ pid }) => ({ pid, obsid, band })),
    ...(isParticular ? more.map((scene) => ({ pid: first, obsid: scene, band })) : []),
    ...(isParticular ? others.map((other) => ({ pid: first, obsid, band: other })) : []),
  ];
}

async function store(
  client: pg.ClientBase,
  { results, hists, clear }: CheckedSelection,
  rows: readonly Row[],
): Promise<void> {
  await storeStatistics(client, results, rows);
  if (clear !== undefined) await storeStatistics(client, clear, rows);
  if (hists === undefined) return;
  const pairs = new Set(rows.map(({ pid, obsid }) => `${pid}\t${obsid}\t{"4": 1}\n`));
  await copy(client, `COPY ${hists.key} (pid, obsid, hist) FROM STDIN`, hists, [...pairs]);
}

function storeStatistics(client: pg.ClientBase, table: ResultsTable, rows: readonly Row[]): Promise<void> {
  const numbers = table.statistics.map(() => '1').join('\t');
  return copy(
    client,
    `COPY ${table.key} (pid, obsid, band, ${table.statistics.join(', ')}) FROM STDIN`,
    table,
    rows.map(({ pid, obsid, band }) => `${pid}\t${obsid}\t${band}\t${numbers}\n`),
  );
}

async function copy(
  client: pg.ClientBase,
  sql: string,
  table: Table,
  lines: readonly string[],
): Promise<void> {
  const stream = client.query(copyFrom(sql));
  await new Promise<void>((resolve, reject) => {
    stream.once('finish', resolve).once('error', reject);
    stream.end(lines.join(''));
  });
  if (stream.rowCount === lines.length) return;
  throw new DatabaseSetupError(
    `${table.key} was given ${lines.length} rows on trial and kept ${stream.rowCount}: a trigger drops the others`,
    'Drop the trigger, or name another table',
  );
}

/** On a scene that nobody is at. */
async function mark(client: pg.ClientBase, catalogue: Table, scenes: readonly number[]): Promise<void> {
  const [scene] = await query<{ id: number }>(client, LOCK(catalogue), [scenes]);
  if (scene === undefined) return;
  for (const word of WORDS) {
    const { rowCount } = await client.query(SET_WORD(catalogue), [scene.id, word]);
    if (rowCount === 1) continue;
    throw new DatabaseSetupError(
      `${catalogue.key} does not let the status of a scene be set to ${word}`,
      'Drop the rule, trigger or policy that prevents it, or use --status-in parcelwise',
    );
  }
}
