/**
 * One results table, one catalogue: rows bear a scene's id and nothing else, so scenes of a second catalogue, or of one whose
 * ids were given out anew, would be taken for those of the first. A scene is known by its reference beside its id.
 */
import type pg from 'pg';
import type { CheckedSelection } from '../selection/check.js';
import { DatabaseSetupError } from '../session/errors.js';
import { STORED } from '../ledger/extractions.js';
import { findTable } from '../session/identifier.js';
import { execute, inTransaction, query } from '../session/session.js';
import type { Database } from '../session/session.js';

type Where = Pick<CheckedSelection, 'catalogue' | 'results'>;

/** Other catalogues whose scenes have rows in the results table, or are about to. */
const OTHERS = `
  SELECT catalogue_table AS name, count(*)::integer AS scenes FROM parcelwise.extraction e
  WHERE results_table = $1 AND catalogue_table <> $2 AND (status = 'inprogress' OR ${STORED}) GROUP BY 1 ORDER BY 1`;

const AGREEMENT = ({ catalogue }: Where) => `
  SELECT count(*) FILTER (WHERE e.reference = s.reference::text)::integer AS same,
         count(*) FILTER (WHERE e.reference IS DISTINCT FROM s.reference::text)::integer AS other
  FROM parcelwise.extraction e JOIN ${catalogue.key} s ON s.id = e.obsid
  WHERE (e.results_table, e.catalogue_table) = ($1, $2) AND (e.status = 'inprogress' OR ${STORED})`;

/** What is kept by a catalogue's name follows it to its new one. */
const RENAME: readonly string[] = [
  `UPDATE parcelwise.extraction SET catalogue_table = $2, selection = jsonb_set(selection, '{tables,catalogue}', to_jsonb($2::text))
   WHERE catalogue_table = $1`,
  `UPDATE parcelwise.plan SET selection = jsonb_set(selection, '{tables,catalogue}', to_jsonb($2::text))
   WHERE selection #>> '{tables,catalogue}' = $1`,
  `UPDATE parcelwise.product p SET catalogue_table = $2 WHERE catalogue_table = $1
     AND NOT EXISTS (SELECT FROM parcelwise.product q WHERE (q.catalogue_table, q.obsid) = ($2, p.obsid))`,
  `UPDATE parcelwise.orbit p SET catalogue_table = $2 WHERE catalogue_table = $1
     AND NOT EXISTS (SELECT FROM parcelwise.orbit q WHERE (q.catalogue_table, q.obsid) = ($2, p.obsid))`,
];

/** Ids that mean another scene now, or none while their scene bears another id: it would be extracted, and be there twice. */
const RENUMBERED = ({ catalogue }: Where) => `
  SELECT e.obsid, e.reference, s.reference::text AS now, moved.id AS moved
  FROM parcelwise.extraction e LEFT JOIN ${catalogue.key} s ON s.id = e.obsid
  LEFT JOIN ${catalogue.key} moved ON s.id IS NULL AND moved.reference::text = e.reference
  WHERE (e.results_table, e.catalogue_table) = ($1, $2) AND ${STORED}
    AND (e.reference <> s.reference::text OR moved.id IS NOT NULL) ORDER BY 1`;

/** Extractions of before references were kept. */
const NOTE_REFERENCES = ({ catalogue }: Where) => `
  UPDATE parcelwise.extraction e SET reference = s.reference::text FROM ${catalogue.key} s
  WHERE (e.results_table, e.catalogue_table) = ($1, $2) AND e.reference IS NULL AND s.id = e.obsid`;

/**
 * Sees to it that the results table's scenes are those of this catalogue. One that was renamed, or moved to another schema, is
 * known again by its scenes.
 * @throws DatabaseSetupError where the table holds scenes of another catalogue, or ids that have come to mean other scenes.
 */
export async function requireOneCatalogue(pool: pg.Pool, selection: Where): Promise<void> {
  const key = [selection.results.key, selection.catalogue.key];
  for (const { name, scenes } of await query<{ name: string; scenes: number }>(pool, OTHERS, key)) {
    if (!(await wasRenamed(pool, selection, name))) throw secondCatalogue(selection, name, scenes);
    await inTransaction(pool, async (client) => {
      for (const rename of RENAME) await execute(client, rename, [name, selection.catalogue.key]);
    });
  }
  const renumbered = await query<Renumbered>(pool, RENUMBERED(selection), key);
  if (renumbered.length > 0) throw anotherScene(selection, renumbered);
  await execute(pool, NOTE_REFERENCES(selection), key);
}

/** The old name is nobody's any more, and the ids that have rows mean the same scenes as then. */
async function wasRenamed(database: Database, selection: Where, name: string): Promise<boolean> {
  if ((await findTable(database, name)) !== undefined) return false;
  const [found] = await query<{ same: number; other: number }>(database, AGREEMENT(selection), [
    selection.results.key,
    name,
  ]);
  return found !== undefined && found.same > 0 && found.other === 0;
}

/** For a claim, too. */
export function secondCatalogue(
  { results, catalogue }: Where,
  name: string,
  scenes: number,
): DatabaseSetupError {
  const count = `${scenes} ${scenes === 1 ? 'scene' : 'scenes'}`;
  return new DatabaseSetupError(
    `${results.key} holds ${count} of the catalogue ${name}, whose ids scenes of ${catalogue.key} bear too: nobody could tell their rows apart`,
    `Give scenes of ${catalogue.key} a results table of their own (--results), or start over with this one: parcelwise scene forget --all --results '${results.key}'`,
  );
}

export interface Renumbered {
  readonly obsid: number;
  /** The scene whose rows are stored under this id. */
  readonly reference: string;
  /** The scene that bears it now, if any. */
  readonly now: string | null;
  /** The id of the former where the latter is none. */
  readonly moved?: number | null;
}

const NAMED = 5;

/** For a claim, too. */
export function anotherScene(
  { results, catalogue }: Where,
  renumbered: readonly Renumbered[],
): DatabaseSetupError {
  const [{ obsid, reference, now, moved }] = renumbered as readonly [Renumbered];
  const rest = renumbered.length - 1;
  const more = rest > 0 ? ` (and ${rest} more like it)` : '';
  const found =
    now === null
      ? `${reference} is scene ${moved ?? '?'} of ${catalogue.key}, but its rows in ${results.key} are of the id ${obsid}, which is gone`
      : `scene ${obsid} of ${catalogue.key} is ${now}, but its rows in ${results.key} are of ${reference}`;
  const which = rest < NAMED ? renumbered.map((one) => one.obsid).join(' ') : '--all';
  return new DatabaseSetupError(
    `${found}${more}: the ids were given out anew`,
    `Bring the catalogue of before back, or start over: parcelwise scene forget ${which} --results '${results.key}'`,
  );
}
