/**
 * Claims: one scene, one owner. Who holds a scene, and for which results table, stands in `parcelwise.extraction`. Where
 * the selection says so, the catalogue's status word is the lock, which every tool of CbM sees; else that row itself is.
 * docs/status-and-claims.md tells when to use which.
 */
import type pg from 'pg';
import { canonicalTables, type CheckedSelection } from '../selection/check.js';
import { RULE_OF, STORED } from './extractions.js';
import { extend, type WantedLayers } from './extend.js';
import { type Holder, holderOf } from './holder.js';
import { inOwnTables, requireSameHists, requireSameRule, type StoredWith } from './stored-with.js';
import { DEFAULT_RULE, requireOneRuleOfClaims } from './rule.js';
import { giveUpLacking } from './lacking.js';
import { GIVE_BACK } from './release.js';
import { requireSameScene } from './same-scene.js';
import { CLAIM_GATE } from '../session/advisory-locks.js';
import { execute, inTransaction, query } from '../session/session.js';
import { requireStoredRows } from '../identity/stored-rows.js';
import type { TemporalPlace } from '../leases/temporal-leases.js';
import { type MeasuringRule, NO_PARCELS, type Owner } from '../terms.js';

export interface ClaimFor extends WantedLayers {
  /** Campaign the scene is claimed for, by name. */
  readonly campaign: string;
  /** Take a scene that is extracted or had no parcels, to renew what has changed of them; one that was given back, too. */
  readonly renew?: boolean | undefined;
  /** Take a scene that is extracted, to add what is asked for and it lacks (`withSkipped`); one that was given back on the way, too. */
  readonly add?: boolean | undefined;
  /** Where the owner runs, so that only those who can ask for it give its scene back. */
  readonly place?: TemporalPlace | undefined;
}

export type Claim =
  | {
      readonly claimed: true;
      /** Chunks of an earlier owner are stored and will be kept. */
      readonly resumed: boolean;
      /** The bands to extract: those asked for, or, where chunks are stored, those they were stored with; to add, those it lacks. */
      readonly bands: readonly string[];
      /** Those with clear rows, in the same way; left out where there are none. */
      readonly clearBands?: readonly string[] | undefined;
      /** People's own indices among the bands, by the expressions that stored chunks were measured by; left out where none is stored. */
      readonly indices?: MeasuringRule['indices'] | undefined;
    }
  | ({ readonly claimed: false } & Holder);

/** Of any number of callers one changes the row, the others wait for it and find it changed. */
const TAKE = ({ catalogue }: Pick<CheckedSelection, 'catalogue'>, wanted: ClaimFor) => `
  UPDATE ${catalogue.key} s SET status = 'inprogress'
  FROM (SELECT id, status FROM ${catalogue.key} WHERE id = $1 FOR UPDATE) AS before
  WHERE s.id = before.id AND before.status IN (${inWords(wanted)}) RETURNING before.status::text AS word`;

/** Status words of scenes that may be taken. */
function takeable({ renew = false, add = false }: ClaimFor): string[] {
  return ['ingested', ...(renew || add ? ['extracted'] : []), ...(renew ? [NO_PARCELS] : [])];
}

const inWords = (wanted: ClaimFor) =>
  takeable(wanted)
    .map((word) => `'${word}'`)
    .join(', ');

const STATUS = 'SELECT status FROM parcelwise.extraction WHERE (results_table, obsid) = ($1, $2)';

/** Waits for chunks that the former owner is storing, so that the next statement sees them. */
const WAIT = 'SELECT 1 FROM parcelwise.extraction WHERE (results_table, obsid) = ($1, $2) FOR UPDATE';

/** Facts of what was made of no parcel are another owner's; what is known of the scene itself, or wanted of it, stays. */
const OUTLIVING = `(
      SELECT coalesce(jsonb_object_agg(name, fact), '{}') FROM jsonb_each(e.facts) AS one (name, fact)
      WHERE name IN ('superseded', 'parcelSet', 'footprint'))`;

/**
 * Enters the new owner. Bands, histograms, clear rows and the rule are fixed by the first chunk stored, or a resumed scene
 * would have rows of some bands for some of its parcels only. The row count decides where no word of the catalogue does. With the catalogue's
 * word won, a former owner of that word is overruled, since somebody set it back; one without a word there is not. What is added
 * is of the parcels that the chunks have, so it changes nothing of how these were chosen.
 */
const ENTER = ({ catalogue, statusIn }: CheckedSelection, wanted: ClaimFor) => `
  INSERT INTO parcelwise.extraction AS e
    (results_table, obsid, catalogue_table, card, bands, campaign, status, owner_workflow, owner_run, status_in, selection,
     hists_table, class_band, reference, word, owner_cluster, owner_namespace, clear_table, clear_bands, rule)
  SELECT $1, s.id, $3, $4, $5, $6, 'inprogress', $7, $8, '${statusIn}', $9, $10, $11, s.reference,
         ${statusIn === 'catalogue' ? `'inprogress'` : 'NULL'}, $12, $13, $14, $15, $16 FROM ${catalogue.key} s WHERE s.id = $2
  ON CONFLICT (results_table, obsid) DO UPDATE SET
    catalogue_table = excluded.catalogue_table, card = excluded.card, campaign = excluded.campaign,
    bands = CASE WHEN ${STORED} THEN e.bands ELSE excluded.bands END,
    hists_table = CASE WHEN ${STORED} THEN e.hists_table ELSE excluded.hists_table END,
    class_band = CASE WHEN ${STORED} THEN e.class_band ELSE excluded.class_band END,
    clear_table = CASE WHEN ${STORED} THEN e.clear_table ELSE excluded.clear_table END,
    clear_bands = CASE WHEN ${STORED} THEN e.clear_bands ELSE excluded.clear_bands END,
    rule = CASE WHEN ${STORED} THEN e.rule ELSE excluded.rule END,
    selection = ${wanted.add === true ? `CASE WHEN ${STORED} THEN e.selection ELSE excluded.selection END` : 'excluded.selection'},
    status = 'inprogress', reason = NULL, owner_workflow = excluded.owner_workflow, owner_run = excluded.owner_run,
    owner_cluster = excluded.owner_cluster, owner_namespace = excluded.owner_namespace,
    status_in = excluded.status_in, reference = excluded.reference, word = excluded.word,
    claimed_at = now(), finished_at = NULL, accounts = NULL,
    facts = CASE WHEN ${STORED} THEN e.facts - 'adding' ELSE ${OUTLIVING} END
  WHERE ${statusIn === 'catalogue' ? `(e.status, e.status_in) <> ('inprogress', 'parcelwise')` : `e.status IN (${inWords(wanted)})`}`;

/** What a caller who holds the claim gets to know. */
const HELD = `
  SELECT e.bands, e.hists_table AS hists, e.clear_table AS clear, e.clear_bands AS "clearBands", e.class_band AS "classBand", ${RULE_OF('e')} AS rule, ${STORED} AS resumed FROM parcelwise.extraction e
  WHERE (results_table, obsid, owner_workflow, owner_run) = ($1, $2, $3, $4) AND status = 'inprogress'`;

/**
 * Claims a scene that is `ingested`. Asking again as the same owner succeeds, so an activity may be retried when its
 * answer was lost; anyone else is refused and told who holds it. Where chunks of it are stored and somebody else has set it
 * back, its rows are counted first.
 * @throws DatabaseSetupError where its rows are not those that were stored, its id has come to mean another scene, its
 * histograms or clear rows would be kept in two tables, or twice in one, or it would be measured by two rules.
 */
export async function claimScene(
  pool: pg.Pool,
  selection: CheckedSelection,
  obsid: number,
  owner: Owner,
  wanted: ClaimFor,
): Promise<Claim> {
  try {
    return await tryClaim(pool, selection, obsid, owner, wanted);
  } catch (error) {
    if (!(error instanceof SetBackByOthers)) throw error;
    await requireStoredRows(pool, selection, 'foreign');
    return tryClaim(pool, selection, obsid, owner, wanted);
  }
}

/** Chunks of the scene are stored, and somebody else has given it back, who may have deleted its rows. */
class SetBackByOthers extends Error {
  constructor(obsid: number) {
    super(`scene ${obsid} was set back to ingested again and again while its rows were counted`);
  }
}

function tryClaim(
  pool: pg.Pool,
  selection: CheckedSelection,
  obsid: number,
  owner: Owner,
  wanted: ClaimFor,
): Promise<Claim> {
  const key = [selection.results.key, obsid];
  const { results, hists, clear } = selection;
  const stored = [results, hists, clear].flatMap((table) => table?.oid ?? []);
  return inTransaction(pool, async (client) => {
    await client.query(CLAIM_GATE.pass, [stored]);
    if (selection.statusIn === 'catalogue') await takeWord(client, selection, obsid, owner, wanted);
    else await takeRow(client, selection, obsid, owner, wanted);
    const holder = [...key, owner.workflowId, owner.runId];
    const [held] = await query<Held>(client, HELD, holder);
    if (held === undefined) return { claimed: false, ...(await holderOf(client, selection, obsid)) };
    const { bands, clearBands, resumed } = held;
    if (resumed && wanted.add === true) {
      // What was asked for before and is stored of no parcel binds nobody.
      const stands = await giveUpLacking(client, [selection.results.key, obsid]);
      const [left = held] = stands ? await query<Held>(client, HELD, holder) : [];
      const added = await extend(client, selection, obsid, left, wanted);
      return { claimed: true, resumed, ...added };
    } else if (resumed) {
      requireSameHists(selection, obsid, held, wanted.classBand);
      requireSameRule(selection, obsid, held, wanted.rule, wanted.clearRule);
    } else {
      const { results, clear } = selection;
      await requireOneRuleOfClaims(client, { results, ...(clearBands.length > 0 && { clear }) }, held.rule);
    }
    return {
      ...{ claimed: true, resumed, bands },
      ...(clearBands.length > 0 && { clearBands }),
      ...(resumed && Object.keys(held.rule.indices).length > 0 && { indices: held.rule.indices }),
    };
  });
}

interface Held extends StoredWith {
  readonly resumed: boolean;
}

/** Wins the catalogue's status word, and then enters the owner. */
async function takeWord(
  client: pg.ClientBase,
  selection: CheckedSelection,
  obsid: number,
  owner: Owner,
  wanted: ClaimFor,
): Promise<void> {
  const [taken] = await query<{ word: string }>(client, TAKE(selection, wanted), [obsid]);
  if (taken === undefined) return;
  await client.query(WAIT, [selection.results.key, obsid]);
  const remembered = await requireSameScene(client, selection, obsid);
  if (taken.word === 'ingested' && remembered?.stored === true && remembered.word !== 'ingested')
    throw new SetBackByOthers(obsid);
  if ((await enter(client, selection, obsid, owner, wanted)) > 0) return;
  await execute(client, GIVE_BACK(selection.catalogue.key), [obsid]);
}

/** Wins the extraction's own row. Looking first spares those who come too late the wait for chunks being stored. */
async function takeRow(
  client: pg.ClientBase,
  selection: CheckedSelection,
  obsid: number,
  owner: Owner,
  wanted: ClaimFor,
): Promise<void> {
  const key = [selection.results.key, obsid];
  const [row] = await query<{ status: string }>(client, STATUS, key);
  if (row !== undefined && !takeable(wanted).includes(row.status)) return;
  await client.query(WAIT, key);
  await requireSameScene(client, selection, obsid);
  await enter(client, selection, obsid, owner, wanted);
}

async function enter(
  client: pg.ClientBase,
  selection: CheckedSelection,
  obsid: number,
  { workflowId, runId }: Owner,
  wanted: ClaimFor,
): Promise<number> {
  const { campaign, bands, classBand, clearBands = [], rule = DEFAULT_RULE, place } = wanted;
  const { catalogue, results, card, hists, clear } = selection;
  const kept = hists !== undefined && classBand !== undefined && bands.includes(classBand);
  const histograms = kept ? [hists.key, classBand] : [null, null];
  const withClear = clear === undefined ? [] : clearBands;
  const clearRows = [withClear.length > 0 ? clear?.key : null, withClear, JSON.stringify(rule)];
  const start = [results.key, obsid, catalogue.key, card, bands, campaign, workflowId, runId];
  const values = [
    ...[...start, stored(selection), ...histograms],
    ...[place?.cluster ?? null, place?.namespace ?? null],
    ...clearRows,
  ];
  return inOwnTables(selection, obsid, () => execute(client, ENTER(selection, wanted), values));
}

/** The selection by canonical names, so that the extraction can be audited without anybody's configuration. */
function stored(selection: CheckedSelection): string {
  const { aoi, period, card, minAreaM2 } = selection;
  const area = { field: aoi.column, name: aoi.name };
  return JSON.stringify({ tables: canonicalTables(selection), aoi: area, period, card, minAreaM2 });
}
