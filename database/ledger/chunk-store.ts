/**
 * Stores a chunk: its rows, its clear rows, its histograms, its gaps and its line in the ledger, all in one transaction behind the owner
 * fence. What is in the ledger is stored, what is not is not, whatever dies and whenever.
 */
import { Readable } from 'node:stream';
import { isDeepStrictEqual } from 'node:util';
import type pg from 'pg';
import type { CheckedSelection } from '../selection/check.js';
import { copyExactly, type CopySource } from '../results/copy-exactly.js';
import {
  ALL_STATISTIC_COLUMNS,
  type StatisticColumn,
  STATISTIC_COLUMNS,
} from '../results/statistic-columns.js';
import { DatabaseSetupError, PlanChanged } from '../session/errors.js';
import { holdClaim } from './fence.js';
import { enterLayers, fillLayers, isWhole, tellWithoutValue } from './layers.js';
import { type Lacking, lackingOf } from './lacking.js';
import { bandsOf } from './layer-names.js';
import { removeFromOtherChunks } from './renewed-parcels.js';
import { forgetSkipped, type Skipped } from './skipped.js';
import { execute, inTransaction, query } from '../session/session.js';
import type { Accounts, ExtractionKey, GapReason, Owner, Table } from '../terms.js';

/** Parcels of a chunk that have no row of a layer, for one reason. */
export interface Gap {
  /** The layer, by its band's name as in the results (`clearLayer` of it); `hist` for a parcel without histogram. */
  readonly band: string;
  readonly reason: GapReason;
  readonly pids: ArrayLike<number>;
}

export interface ChunkRows {
  readonly signatures: CopySource;
  /** Left out where no histograms are kept. */
  readonly hists?: CopySource | undefined;
  /** Left out where no clear rows are kept. */
  readonly clear?: CopySource | undefined;
  /** Statistics that the rows of each body have, in their order; the eight of CbM where nothing is said. */
  readonly columns?: BodyColumns | undefined;
  /** What the bodies hold; the server's own counts must agree. */
  readonly accounts: Pick<Accounts, 'parcels' | 'rows' | 'hists' | 'clear' | 'withoutValue'>;
  readonly gaps: readonly Gap[];
  /** The parcels of the chunk, ascending: each has a row or a gap in every layer. Not read where nothing but skipped ones is stored. */
  readonly pids: ArrayLike<number>;
  /** Fingerprint of the parcels it was extracted from. */
  readonly parcelSet?: string | undefined;
  /** The layers that the bodies hold, where the chunk is stored already and lacks these; all of the extraction where nothing is said. */
  readonly layers?: readonly string[] | undefined;
  /** Parcels that the bodies hold besides, where the chunk is stored already and skipped them: each has a row or a gap in their layers. */
  readonly skipped?: readonly Skipped[] | undefined;
}

export interface BodyColumns {
  readonly results: readonly StatisticColumn[];
  readonly clear?: readonly StatisticColumn[] | undefined;
}

/** Of two writers of one chunk the second waits here for the first, and then has nothing to do. */
const ENTER = `
  INSERT INTO parcelwise.ledger (results_table, obsid, chunk, parcels, rows, hists, clear, pids, parcel_set)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING`;

/** The layers that a stored chunk lacked. */
const ADD = `
  UPDATE parcelwise.ledger SET rows = rows + $4, hists = hists + $5, clear = clear + $6
  WHERE (results_table, obsid, chunk) = ($1, $2, $3)`;

/** What a chunk of changed parcels may store, and which parcels the plan was last compared with. */
const PLANNED =
  'SELECT pids, parcel_set AS "parcelSet" FROM parcelwise.plan WHERE (results_table, obsid, chunk) = ($1, $2, $3)';

/** Parcels that were skipped before may have a reason that others of their layer have. */
const GAP = `
  INSERT INTO parcelwise.gap AS g (results_table, obsid, chunk, band, reason, pids) VALUES ($1, $2, $3, $4, $5, $6)
  ON CONFLICT (results_table, obsid, chunk, band, reason)
    DO UPDATE SET pids = ARRAY(SELECT unnest(g.pids) UNION SELECT unnest(excluded.pids) ORDER BY 1)`;

/** Columns are named, since a table may have more, or have them in another order. */
function copySignatures({ key }: Table, columns: readonly StatisticColumn[] = STATISTIC_COLUMNS): string {
  const strange = columns.find((column) => !ALL_STATISTIC_COLUMNS.includes(column));
  if (strange !== undefined) throw new Error(`${strange} is no statistic`);
  return `COPY ${key} (pid, obsid, band, ${columns.join(', ')}) FROM STDIN (FORMAT binary)`;
}

const COPY_HISTS = (hists: Table) => `COPY ${hists.key} (pid, obsid, hist) FROM STDIN (FORMAT binary)`;

interface Planned {
  readonly pids: number[] | null;
  readonly parcelSet: string | null;
}

/**
 * Stores a chunk once. A retry after any failure, even one between COMMIT and its answer, finds the ledger's line and
 * returns `already`.
 * @throws ClaimLost when the owner no longer holds the scene, PlanChanged where its plan has been compared with other
 * parcels since these were extracted; nothing is written then.
 */
export async function storeChunk(
  pool: pg.Pool,
  selection: Pick<CheckedSelection, 'results' | 'hists' | 'clear'>,
  obsid: number,
  owner: Owner,
  chunk: number,
  rows: ChunkRows,
): Promise<'stored' | 'already'> {
  const { accounts, gaps, columns, skipped = [] } = rows;
  const results = selection.results.key;
  const store = async (client: pg.ClientBase) => {
    await holdClaim(client, { results, obsid }, owner);
    const line = [
      accounts.parcels,
      accounts.rows,
      accounts.hists,
      accounts.clear ?? 0,
      integers(rows.pids),
      rows.parcelSet,
    ];
    if (rows.layers !== undefined) {
      const lacking = await lackingOf(client, [results, obsid], chunk, bandsOf(layersOf(skipped)).bands);
      if (lacking.layers.length === 0 && lacking.skipped.length === 0) return 'already';
      requireLacking(chunk, { results, obsid }, rows, lacking);
      await client.query(ADD, [results, obsid, chunk, accounts.rows, accounts.hists, accounts.clear ?? 0]);
    } else if ((await execute(client, ENTER, [results, obsid, chunk, ...line])) === 0)
      return alreadyStored(client, [results, obsid], chunk);
    else await settleParcels(client, selection, obsid, chunk, rows);
    await copyExactly(
      client,
      copySignatures(selection.results, columns?.results),
      rows.signatures,
      accounts.rows,
    );
    if (selection.hists !== undefined && rows.hists !== undefined) {
      await copyExactly(client, COPY_HISTS(selection.hists), rows.hists, accounts.hists);
    }
    if (selection.clear !== undefined && rows.clear !== undefined) {
      const copy = copySignatures(selection.clear, columns?.clear);
      await copyExactly(client, copy, rows.clear, accounts.clear ?? 0);
    }
    await forgetSkipped(client, [results, obsid], chunk, skipped);
    for (const { band, reason, pids } of gaps) {
      if (pids.length > 0) await client.query(GAP, [results, obsid, chunk, band, reason, integers(pids)]);
    }
    const entered = await enterLayers(client, [results, obsid], chunk, rows.layers);
    const filled = await fillLayers(client, [results, obsid], chunk, layersOf(skipped));
    requireSame('rows', accounts.rows, entered.rows + filled.rows);
    requireSame('clear rows', accounts.clear ?? 0, entered.clear + filled.clear);
    if (accounts.withoutValue) await tellWithoutValue(client, [results, obsid], chunk, accounts.withoutValue);
    return 'stored';
  };
  try {
    return await inTransaction(pool, store);
  } finally {
    // A stream that nobody read still holds its file open.
    for (const source of [rows.signatures, rows.hists, rows.clear])
      if (source instanceof Readable) source.destroy();
  }
}

/** Sees to it that a new chunk is of the parcels it is planned for, and takes what older chunks hold of these out of them. */
async function settleParcels(
  client: pg.ClientBase,
  selection: Pick<CheckedSelection, 'results' | 'hists' | 'clear'>,
  obsid: number,
  chunk: number,
  rows: ChunkRows,
): Promise<void> {
  const results = selection.results.key;
  const [planned] = await query<Planned>(client, PLANNED, [results, obsid, chunk]);
  if (rows.parcelSet !== undefined && (planned?.parcelSet ?? rows.parcelSet) !== rows.parcelSet)
    throw new PlanChanged(chunk, { results, obsid });
  if (planned?.pids != null)
    await removeFromOtherChunks(client, selection, obsid, chunk, listed(rows, planned.pids));
}

/** @throws PlanChanged where the chunk has come to hold other parcels, or to lack others or other layers, since these were extracted. */
function requireLacking(chunk: number, key: ExtractionKey, rows: ChunkRows, lacking: Lacking): void {
  const { layers = [], pids, skipped = [] } = rows;
  const isSame =
    isDeepStrictEqual(layers.toSorted(), lacking.layers.toSorted()) &&
    (layers.length === 0 || isDeepStrictEqual(Array.from(pids), lacking.pids)) &&
    isDeepStrictEqual(skipped, lacking.skipped);
  if (!isSame) throw new PlanChanged(chunk, key);
}

function layersOf(skipped: readonly Skipped[]): string[] {
  return skipped.flatMap(({ layers }) => layers);
}

/** Each parcel has a row or a gap in every layer of the extraction, and no row in any other. */
function requireSame(what: string, stored: number, inLayers: number): void {
  if (stored !== inLayers)
    throw new Error(`${stored} ${what} were stored, parcels and gaps make ${inLayers}`);
}

/** @throws DatabaseSetupError where layers of the chunk are missing, which nothing but another hand in our tables brings about. */
async function alreadyStored(
  client: pg.ClientBase,
  key: readonly [results: string, obsid: number],
  chunk: number,
): Promise<'already'> {
  if (await isWhole(client, key, chunk)) return 'already';
  const [results, obsid] = key;
  throw new DatabaseSetupError(
    `chunk ${chunk} of scene ${obsid} of ${results} is in the ledger, but not every layer of it`,
    `Start over with the scene: parcelwise scene forget --results ${results} ${obsid}`,
  );
}

/** PostgreSQL's literal of an integer[]: pg itself takes each of the thousands for a text to be escaped. */
function integers(pids: ArrayLike<number>): string {
  return `{${Array.prototype.join.call(pids, ',')}}`;
}

/** The chunk's parcels, which must be of those that its plan lists. */
function listed({ pids }: ChunkRows, planned: readonly number[]): number[] {
  const allowed = new Set(planned);
  const stored = Array.from(pids);
  const strange = stored.find((pid) => !allowed.has(pid));
  if (strange !== undefined)
    throw new Error(`parcel ${strange} is not one of those the chunk is planned for`);
  return stored;
}
