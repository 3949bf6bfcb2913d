/** What an extraction knows of its product: radiometry, processing baseline, offsets and where they come from. */
import type pg from 'pg';
import type { CheckedSelection } from './check.js';
import { holdClaim } from './fence.js';
import { CatalogueError } from './errors.js';
import { inSelection, selectionValues } from './scenes.js';
import { inTransaction, query } from './session.js';
import type { Database } from './session.js';
import type { Owner } from './terms.js';

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
 * taken in already are like those before.
 */
const BASELINES = (selection: CheckedSelection) => `
  SELECT count(*) FILTER (WHERE baseline < '0400')::integer AS before, count(*) FILTER (WHERE baseline >= '0400')::integer AS since
  FROM (SELECT CASE WHEN p.offset_applied THEN '0000' ELSE substring(s.reference FROM '_N([0-9]{4})_') END AS baseline
        FROM ${selection.catalogue.key} s
        LEFT JOIN parcelwise.product p ON (p.catalogue_table, p.obsid, p.reference) = ($5, s.id, s.reference::text)
        WHERE ${inSelection(selection)}) AS scene`;

/**
 * Sees to it that a campaign does not mix scales in its results table.
 * @returns warnings about what raw numbers mix by their nature.
 * @throws CatalogueError when the table holds rows of the other radiometry.
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
    throw new CatalogueError(
      `${selection.results.key} holds ${theirs} numbers of ${others.count} scenes, which ${radiometry} ones must not be mixed with`,
      `Use radiometry ${theirs}, or another results table`,
    );
  }
  if (radiometry === 'harmonised') return [];
  const [scenes] = await query<{ before: number; since: number }>(database, BASELINES(selection), [
    ...selectionValues(selection),
    selection.catalogue.key,
  ]);
  if (!scenes || scenes.before === 0 || scenes.since === 0) return [];
  return [
    `raw numbers of ${scenes.before} scenes before baseline 04.00 and ${scenes.since} since differ by an offset of 1000; radiometry harmonised makes them comparable`,
  ];
}
