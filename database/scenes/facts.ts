/** What an extraction knows of its product: radiometry, processing baseline, offsets and where they come from. */
import type pg from 'pg';
import type { CheckedSelection } from '../selection/check.js';
import { holdClaim } from '../ledger/fence.js';
import { DatabaseSetupError } from '../session/errors.js';
import { inSelection, selectionValues } from './scenes.js';
import { inTransaction, query } from '../session/session.js';
import type { Database } from '../session/session.js';
import type { Owner } from '../terms.js';

const RECORD = `
  UPDATE parcelwise.extraction SET facts = facts || $3::jsonb WHERE (results_table, obsid) = ($1, $2)`;

/**
 * Stores facts with an extraction, beside those it has.
 * @throws ClaimLost when the owner no longer holds the scene.
 */
export function recordFacts(
  pool: pg.Pool,
  { results }: Pick<CheckedSelection, 'results'>,
  obsid: number,
  owner: Owner,
  facts: Readonly<Record<string, unknown>>,
): Promise<void> {
  return inTransaction(pool, async (client) => {
    await holdClaim(client, { results: results.key, obsid }, owner);
    await client.query(RECORD, [results.key, obsid, JSON.stringify(facts)]);
  });
}

/** Extractions with rows whose numbers are of the other kind; those from before facts were kept are raw. */
const OTHERS = `
  SELECT count(*)::integer AS count FROM parcelwise.extraction e
  WHERE results_table = $1 AND card = $2 AND coalesce(facts ->> 'radiometry', 'raw') <> $3
    AND EXISTS (SELECT FROM parcelwise.ledger l WHERE (l.results_table, l.obsid) = (e.results_table, e.obsid) AND l.rows > 0)`;

/**
 * Scenes before and since the baseline that added the offset, by the baseline in their name; those whose pixels have it
 * taken in already are like those before, and of those that people made themselves (N9999) nothing is known. Where a
 * STAC item tells another side than the name, nobody knows which is right before the metadata are read.
 */
const BASELINES = (selection: CheckedSelection) => `
  SELECT count(*) FILTER (WHERE applied OR named < '04.00')::integer AS before,
         count(*) FILTER (WHERE NOT applied AND named >= '04.00' AND named <> '99.99')::integer AS since,
         count(*) FILTER (WHERE (named >= '04.00') <> (listed >= '04.00'))::integer AS doubtful
  FROM (SELECT coalesce(p.offset_applied, false) AS applied,
               overlay(substring(s.reference FROM '_N([0-9]{4})_') PLACING '.' FROM 3 FOR 0) AS named,
               substring(p.baseline FROM '^[0-9]{2}[.][0-9]{2}$') AS listed
        FROM ${selection.catalogue.key} s
        LEFT JOIN parcelwise.product p ON (p.catalogue_table, p.obsid, p.reference) = ($5, s.id, s.reference::text)
        WHERE ${inSelection(selection)}) AS scene`;

/**
 * Sees to it that a campaign does not mix scales in its results table.
 * @returns warnings about what raw numbers mix by their nature, and about baselines that contradict each other.
 * @throws DatabaseSetupError when the table holds rows of the other radiometry.
 */
export async function checkRadiometry(
  database: Database,
  selection: CheckedSelection,
  radiometry: 'raw' | 'harmonised',
): Promise<string[]> {
  if (selection.card !== 's2') return [];
  const [others] = await query<{ count: number }>(database, OTHERS, [
    selection.results.key,
    selection.card,
    radiometry,
  ]);
  if (others && others.count > 0) {
    const theirs = radiometry === 'raw' ? 'harmonised' : 'raw';
    throw new DatabaseSetupError(
      `${selection.results.key} holds ${theirs} numbers of ${others.count} scenes, which ${radiometry} ones must not be mixed with`,
      `Use radiometry ${theirs}, or another results table`,
    );
  }
  const [scenes] = await query<{ before: number; since: number; doubtful: number }>(
    database,
    BASELINES(selection),
    [...selectionValues(selection), selection.catalogue.key],
  );
  const warnings: string[] = [];
  if (radiometry === 'raw' && scenes && scenes.before > 0 && scenes.since > 0)
    warnings.push(
      `raw numbers of ${scenes.before} scenes before baseline 04.00 and ${scenes.since} since differ by an offset of 1000; radiometry harmonised makes them comparable`,
    );
  if (scenes && scenes.doubtful > 0)
    warnings.push(
      `of ${scenes.doubtful} scenes the STAC item tells a baseline on the other side of 04.00 than their names do; catalogue show tells which, and scene show what was believed`,
    );
  return warnings;
}
