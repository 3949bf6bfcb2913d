/** What an extraction knows of its product: radiometry, processing baseline, offsets and where they come from. */
import type pg from 'pg';
import type { CheckedSelection } from '../selection/check.js';
import { LEDGER_OF, STORED } from '../ledger/extractions.js';
import { holdClaim } from '../ledger/fence.js';
import { DatabaseSetupError } from '../session/errors.js';
import { inSelection, selectionValues } from './scenes.js';
import { inTransaction, query } from '../session/session.js';
import type { Database } from '../session/session.js';
import type { Owner } from '../terms.js';

const KEPT = `
  SELECT facts, ${STORED} AS stored FROM parcelwise.extraction e WHERE (results_table, obsid) = ($1, $2)`;

const RECORD = `UPDATE parcelwise.extraction SET facts = $3 WHERE (results_table, obsid) = ($1, $2)`;

type Facts = Readonly<Record<string, unknown>>;

/**
 * Stores facts with an extraction, beside those it has: those of the same name they replace, unless chunks are stored. Then
 * they may be of other bands than the stored rows, and join what is known of these.
 * @throws ClaimLost when the owner no longer holds the scene.
 */
export function recordFacts(
  pool: pg.Pool,
  { results }: Pick<CheckedSelection, 'results'>,
  obsid: number,
  owner: Owner,
  facts: Facts,
): Promise<void> {
  return inTransaction(pool, async (client) => {
    await holdClaim(client, { results: results.key, obsid }, owner);
    const key = [results.key, obsid];
    const [kept] = await query<{ facts: Facts; stored: boolean }>(client, KEPT, key);
    const all = kept?.stored === true ? joined(kept.facts, facts) : { ...kept?.facts, ...facts };
    await client.query(RECORD, [...key, JSON.stringify(all)]);
  });
}

/** Sentences of both, and what each says of a band; where both say something of one, the later. */
function joined(before: Facts, later: Facts): Facts {
  const all: Record<string, unknown> = { ...before };
  for (const [name, value] of Object.entries(later)) {
    const known = before[name];
    if (isList(known) && isList(value)) all[name] = [...new Set([...known, ...value])];
    else if (isRecord(known) && isRecord(value)) all[name] = joined(known, value);
    else all[name] = value;
  }
  return all;
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

function isRecord(value: unknown): value is Facts {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Extractions with rows whose numbers are of the other kind; those from before facts were kept are raw. */
const OTHERS = `
  SELECT count(*)::integer AS count FROM parcelwise.extraction e
  WHERE results_table = $1 AND card = $2 AND coalesce(facts ->> 'radiometry', 'raw') <> $3
    AND EXISTS (${LEDGER_OF} AND l.rows > 0)`;

/** A processing baseline since which stored numbers of a CARD type have an offset that those before have not. */
interface BaselineOffset {
  /** The baseline's four digits in a product's name, as a regular expression of one group. */
  readonly inName: string;
  /** The first with the offset: `04.00`. */
  readonly since: string;
  /** The baseline of products of which nobody knows. */
  readonly unknown: string;
  /** What is added to stored numbers to undo it. */
  readonly offset: number;
}

/**
 * Scenes before and since that baseline, by the one in their name; those whose pixels have the offset taken in already
 * are like those before, and of those that people made themselves (N9999) nothing is known. Where a STAC
 * item tells another side than the name, nobody knows which is right before the metadata are read. $5 catalogue, $6 to $8 the name's
 * expression, the baseline, and that of which nobody knows.
 */
const BASELINES = (selection: CheckedSelection) => `
  SELECT count(*) FILTER (WHERE applied OR named < $7)::integer AS before,
         count(*) FILTER (WHERE NOT applied AND named >= $7 AND named <> $8)::integer AS since,
         count(*) FILTER (WHERE (named >= $7) <> (listed >= $7))::integer AS doubtful
  FROM (SELECT coalesce(p.offset_applied, false) AS applied,
               overlay(substring(s.reference FROM $6::text) PLACING '.' FROM 3 FOR 0) AS named,
               substring(p.baseline FROM '^[0-9]{2}[.][0-9]{2}$') AS listed
        FROM ${selection.catalogue.key} s
        LEFT JOIN parcelwise.product p ON (p.catalogue_table, p.obsid, p.reference) = ($5, s.id, s.reference::text)
        WHERE ${inSelection(selection)}) AS scene`;

/**
 * Sees to it that a campaign does not mix scales in its results table.
 * @param rules of the CARD type; undefined where its numbers are physical as they are, and there is nothing to mix.
 * @returns warnings about what raw numbers mix by their nature, and about baselines that contradict each other.
 * @throws DatabaseSetupError when the table holds rows of the other radiometry.
 */
export async function checkRadiometry(
  database: Database,
  selection: CheckedSelection,
  radiometry: 'raw' | 'harmonised',
  rules: { readonly baselineOffset?: BaselineOffset } | undefined,
): Promise<string[]> {
  if (rules === undefined) return [];
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
  if (rules.baselineOffset === undefined) return [];
  const { inName, since, unknown, offset } = rules.baselineOffset;
  const [scenes] = await query<{ before: number; since: number; doubtful: number }>(
    database,
    BASELINES(selection),
    [...selectionValues(selection), selection.catalogue.key, inName, since, unknown],
  );
  const warnings: string[] = [];
  if (radiometry === 'raw' && scenes && scenes.before > 0 && scenes.since > 0)
    warnings.push(
      `raw numbers of ${scenes.before} scenes before baseline ${since} and ${scenes.since} since differ by an offset of ${Math.abs(offset)}; radiometry harmonised makes them comparable`,
    );
  if (scenes && scenes.doubtful > 0)
    warnings.push(
      `of ${scenes.doubtful} scenes the STAC item tells a baseline on the other side of ${since} than their names do; catalogue show tells which, and scene show what was believed`,
    );
  return warnings;
}
