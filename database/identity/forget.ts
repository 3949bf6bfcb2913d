/**
 * Starting over: what is remembered of scenes is dropped, with whatever rows of theirs are left, so that a campaign extracts
 * them as if for the first time. Only a person asks for this.
 */
import type pg from 'pg';
import { DatabaseSetupError } from '../session/errors.js';
import { findTable, parseName } from '../session/identifier.js';
import { execute, inTransaction, query } from '../session/session.js';
import type { Database } from '../session/session.js';
import { differingScenes, DIFFERING, scenes } from './stored-rows.js';
import type { Table } from '../terms.js';

/** Which scenes of a results table: by id or by the reference they were extracted under, all, or those whose rows are not as they were stored. */
export type Which = readonly string[] | 'all' | 'lost';

/** What is remembered of a scene, and what of it is there. */
export interface RememberedScene {
  readonly obsid: number;
  readonly reference: string | null;
  readonly status: string;
  readonly catalogue: string;
  readonly hists: string | null;
  readonly clear: string | null;
  readonly rows: number;
}

/** A results table by the name it is remembered under, whether it is there or not. */
export interface RememberedTable {
  readonly key: string;
  readonly table: Table | undefined;
}

const NAMES = 'SELECT DISTINCT results_table AS name FROM parcelwise.extraction ORDER BY 1';

/** @throws DatabaseSetupError where nothing is remembered of a table of this name. */
export async function rememberedTable(database: Database, name: string): Promise<RememberedTable> {
  const table = await findTable(database, name);
  const names = (await query<{ name: string }>(database, NAMES)).map((row) => row.name);
  const key = table?.key ?? names.find((one) => isSameName(one, name));
  if (key !== undefined && names.includes(key)) return { key, table };
  const known = names.length === 0 ? 'no table' : names.join(', ');
  throw new DatabaseSetupError(
    `nothing is remembered of scenes in ${key ?? name}: there is memory of ${known}`,
    'Name the results table with --results',
  );
}

/** Of a table that is gone there is only the name it had; without a schema, any. */
function isSameName(canonical: string, written: string): boolean {
  const [theirs, ours] = [parseName(canonical), parseName(written)];
  return (
    theirs.table.text === ours.table.text &&
    (ours.schema === undefined || ours.schema.text === theirs.schema?.text)
  );
}

const REMEMBERED = `
  SELECT e.obsid, e.reference, e.status, e.catalogue_table AS catalogue, e.hists_table AS hists, e.clear_table AS clear,
         (SELECT coalesce(sum(l.rows), 0) FROM parcelwise.ledger l
          WHERE (l.results_table, l.obsid) = (e.results_table, e.obsid))::float8 AS rows
  FROM parcelwise.extraction e
  WHERE e.results_table = $1 AND ($2::integer[] IS NULL OR e.obsid = ANY ($2)) ORDER BY 1`;

const NAMED = `
  SELECT obsid FROM parcelwise.extraction WHERE results_table = $1 AND (obsid::text = $2 OR reference = $2)`;

/**
 * What would be forgotten.
 * @throws DatabaseSetupError where a scene is named of which nothing is remembered.
 */
export async function rememberedScenes(
  database: Database,
  { key, table }: RememberedTable,
  which: Which,
): Promise<RememberedScene[]> {
  const obsids = which === 'all' ? null : which === 'lost' ? await lost(database, { key, table }) : [];
  if (typeof which !== 'string') {
    for (const name of which) {
      const [found] = await query<{ obsid: number }>(database, NAMED, [key, name]);
      if (found === undefined)
        throw new DatabaseSetupError(
          `nothing is remembered of a scene ${name} in ${key}`,
          'Give the id, or the whole reference, that it was extracted under',
        );
      obsids!.push(found.obsid);
    }
  }
  return query<RememberedScene>(database, REMEMBERED, [key, obsids]);
}

const BESIDE = (kind: 'hists' | 'clear') => `
  SELECT DISTINCT ${kind}_table AS name FROM parcelwise.extraction WHERE results_table = $1 AND ${kind}_table IS NOT NULL`;

async function lost(database: Database, { key, table }: RememberedTable): Promise<number[]> {
  const differing =
    table === undefined
      ? await query<{ obsid: number }>(database, DIFFERING(undefined, 'results'), [key, null])
      : await differingScenes(database, table, 'results', null);
  const obsids = new Set(differing.map(({ obsid }) => obsid));
  for (const kind of ['hists', 'clear'] as const) {
    for (const { name } of await query<{ name: string }>(database, BESIDE(kind), [key])) {
      const sql = DIFFERING(await findTable(database, name), kind);
      const of = await query<{ obsid: number; results: string }>(database, sql, [name, null]);
      for (const { obsid, results } of of) if (results === key) obsids.add(obsid);
    }
  }
  return [...obsids];
}

/** How many rows of these scenes a table has now; 0 where it is gone. */
export async function rowsThere(
  database: Database,
  table: Table | undefined,
  obsids: readonly number[],
): Promise<number> {
  if (table === undefined) return 0;
  const sql = `SELECT count(*)::float8 AS rows FROM ${table.key} WHERE obsid = ANY ($1)`;
  const [count] = await query<{ rows: number }>(database, sql, [obsids]);
  return count?.rows ?? 0;
}

/** Ids of those that are held; all are locked, so that none is claimed meanwhile. */
const LOCK = `
  SELECT obsid, status = 'inprogress' AS held FROM parcelwise.extraction
  WHERE results_table = $1 AND obsid = ANY ($2) ORDER BY obsid FOR UPDATE`;

const DELETE_ROWS = ({ key }: Table) => `DELETE FROM ${key} WHERE obsid = ANY ($1)`;

/** Only a word that is this extraction's own, of the product that it was of, whatever id that bears by now. */
const SET_BACK = ({ key }: Table) => `
  UPDATE ${key} s SET status = 'ingested' FROM parcelwise.extraction e
  WHERE e.results_table = $1 AND e.obsid = ANY ($2) AND e.catalogue_table = $3 AND e.status_in = 'catalogue'
    AND CASE WHEN e.reference IS NULL THEN s.id = e.obsid ELSE s.reference::text = e.reference END
    AND s.status = e.word AND s.status <> 'ingested'
    AND NOT EXISTS (SELECT FROM parcelwise.extraction later WHERE (later.catalogue_table, later.obsid) = (e.catalogue_table, e.obsid)
      AND later.status_in = 'catalogue' AND later.claimed_at > e.claimed_at)`;

/** Plan, ledger, layers, gaps and notes of supersession go with it. */
const FORGET = 'DELETE FROM parcelwise.extraction WHERE results_table = $1 AND obsid = ANY ($2)';

export interface Forgotten {
  readonly scenes: number;
  /** Rows, histograms and clear rows that were left and are deleted. */
  readonly rows: number;
  readonly hists: number;
  readonly clear: number;
  /** Scenes set back to `ingested` in the catalogue. */
  readonly setBack: number;
}

/**
 * Drops what is remembered of these scenes, deletes what is left of their rows, clear rows and histograms, and sets them back to
 * `ingested` unless their words are to be kept.
 * @throws DatabaseSetupError while one of them is being worked on.
 */
export function forgetScenes(
  pool: pg.Pool,
  { key, table }: RememberedTable,
  remembered: readonly RememberedScene[],
  { keepStatus = false }: { readonly keepStatus?: boolean } = {},
): Promise<Forgotten> {
  const obsids = remembered.map(({ obsid }) => obsid);
  const drop = async (client: pg.ClientBase): Promise<Forgotten> => {
    const locked = await query<{ obsid: number; held: boolean }>(client, LOCK, [key, obsids]);
    const held = locked.filter((scene) => scene.held);
    if (held.length > 0)
      throw new DatabaseSetupError(
        `${scenes(held)} of ${key} ${held.length === 1 ? 'is' : 'are'} being worked on: nothing was changed`,
        'Cancel the campaign (parcelwise campaign cancel), or give back what nobody works on (parcelwise reconcile)',
      );
    const rows = table === undefined ? 0 : await execute(client, DELETE_ROWS(table), [obsids]);
    const hists = await deleteBeside(client, remembered, 'hists');
    const clear = await deleteBeside(client, remembered, 'clear');
    let setBack = 0;
    for (const [name, some] of keepStatus ? [] : groups(remembered, ({ catalogue }) => catalogue)) {
      const catalogue = await findTable(client, name);
      if (catalogue !== undefined) setBack += await execute(client, SET_BACK(catalogue), [key, some, name]);
    }
    return { scenes: await execute(client, FORGET, [key, obsids]), rows, hists, clear, setBack };
  };
  return inTransaction(pool, drop, { unlimited: true });
}

/** Deletes what is left of scenes in the tables beside the results. */
async function deleteBeside(
  client: pg.ClientBase,
  remembered: readonly RememberedScene[],
  kind: 'hists' | 'clear',
): Promise<number> {
  let deleted = 0;
  for (const [name, some] of groups(remembered, (scene) => scene[kind])) {
    const table = await findTable(client, name);
    if (table !== undefined) deleted += await execute(client, DELETE_ROWS(table), [some]);
  }
  return deleted;
}

/** Ids of the scenes by a table's name. */
function groups(
  remembered: readonly RememberedScene[],
  nameOf: (scene: RememberedScene) => string | null,
): Map<string, number[]> {
  const byName = new Map<string, number[]>();
  for (const scene of remembered) {
    const name = nameOf(scene);
    if (name !== null) byName.set(name, [...(byName.get(name) ?? []), scene.obsid]);
  }
  return byName;
}
