/**
 * The rule that rows are measured by. A table does not mix rules: rows of two of them can't be compared, and nothing in the
 * table tells which row is of which.
 */
import type pg from 'pg';
import type { CheckedSelection } from '../selection/check.js';
import { DEFAULT_PIXELS } from '../selection/defaults.js';
import { takeLock } from '../session/advisory-locks.js';
import { DatabaseSetupError } from '../session/errors.js';
import { query } from '../session/session.js';
import type { Database } from '../session/session.js';
import type { MeasuringRule } from '../terms.js';
import { RULE_OF, STORED } from './extractions.js';

/** What holds where nothing else was asked for, and of all that was stored before there were other rules. */
export const DEFAULT_RULE: MeasuringRule = { pixels: DEFAULT_PIXELS, innerBufferM: 0, indices: {} };

/** A part of two rules in which they differ, by its name in db_config.json. */
export interface Difference {
  readonly part: string;
  readonly theirs: string;
  readonly ours: string;
}

/** In what raw rows would differ. Of indices, those that both measure. */
export function rawDifferences(theirs: MeasuringRule, ours: MeasuringRule): Difference[] {
  return [
    ...pixelsAndIndices(theirs, ours),
    ...compared('inner_buffer_m', theirs.innerBufferM, ours.innerBufferM),
  ];
}

/** In what clear rows would differ, where both have any. */
export function clearDifferences(theirs: MeasuringRule, ours: MeasuringRule): Difference[] {
  return [...pixelsAndIndices(theirs, ours), ...onlyClearDifferences(theirs, ours)];
}

/** Those of them that are no difference of raw rows. */
export function onlyClearDifferences(
  { clear: then }: MeasuringRule,
  { clear: now }: MeasuringRule,
): Difference[] {
  if (then === undefined || now === undefined) return [];
  return [
    ...compared('clear.classes', inOrder(then.classes), inOrder(now.classes)),
    ...compared('clear.widen_m', then.widenM, now.widenM),
    ...compared('clear.min_pixels', then.minPixels, now.minPixels),
    ...compared('clear.inner_buffer_m', then.innerBufferM, now.innerBufferM),
  ];
}

function pixelsAndIndices(theirs: MeasuringRule, ours: MeasuringRule): Difference[] {
  return [
    ...compared('pixels', theirs.pixels, ours.pixels),
    ...Object.entries(theirs.indices).flatMap(([name, expression]) => {
      const now = ours.indices[name];
      return now === undefined ? [] : compared(`indices.${name}`, expression, now);
    }),
  ];
}

function compared(part: string, theirs: string | number, ours: string | number): Difference[] {
  return theirs === ours ? [] : [{ part, theirs: String(theirs), ours: String(ours) }];
}

function inOrder(classes: readonly number[]): string {
  return [...new Set(classes)].sort((a, b) => a - b).join(', ');
}

/**
 * @param stored what there is by the other rule, `chunks of scene 7 are stored`
 * @param otherwise what can be done beside asking for the other rule
 */
export function refusal(
  stored: string,
  differing: readonly Difference[],
  otherwise: string,
): DatabaseSetupError {
  const parts = differing.map(({ part, theirs, ours }) => `${part} ${theirs}, not ${ours}`);
  const before = differing.map(({ part, theirs }) => `${part} ${theirs}`);
  return new DatabaseSetupError(
    `${stored} by another rule (${parts.join('; ')}), and rows of two rules must not be mixed`,
    `Ask for ${before.join(' and ')}, or ${otherwise}`,
  );
}

/** Rules, other than $2, of what is stored in a table, or about to be, and of how many scenes each is. */
const RULES = (column: 'results_table' | 'clear_table') => `
  SELECT rule, sum(scenes)::integer AS scenes FROM (
    SELECT ${RULE_OF('alike')} AS rule, scenes, first FROM (
      SELECT rule, bands, count(*) AS scenes, min(obsid) AS first FROM parcelwise.extraction e
      WHERE ${column} = $1 AND rule <> $2::jsonb AND (status = 'inprogress' OR ${STORED}) GROUP BY rule, bands) AS alike) AS rules
  GROUP BY rule ORDER BY min(first)`;

/** Extractions that keep rows of the other kind in a table. */
const USED_AS = (column: 'results_table' | 'clear_table') => `
  SELECT count(*)::integer AS scenes FROM parcelwise.extraction e
  WHERE ${column} = $1 AND (status = 'inprogress' OR ${STORED})`;

/**
 * Sees to it that a campaign mixes neither two rules nor raw and clear rows in one table.
 * @throws DatabaseSetupError naming what differs, and the remedy.
 */
export async function requireOneRule(
  database: Database,
  { results, clear }: Pick<CheckedSelection, 'results' | 'clear'>,
  rule: MeasuringRule,
): Promise<void> {
  await refuseUse(database, results.key, 'clear_table');
  await refuseOthers(database, results.key, 'results_table', rule, rawDifferences);
  if (clear === undefined) return;
  await refuseUse(database, clear.key, 'results_table');
  if (rule.clear !== undefined)
    await refuseOthers(database, clear.key, 'clear_table', rule, clearDifferences);
}

const CLOSE = 'INSERT INTO parcelwise.ruled_table (table_name) VALUES ($1) ON CONFLICT DO NOTHING';

/**
 * Closes a results table to workers of before there were rules, where a campaign asks for what they don't know: a scene that one of
 * them claims bears no trace of what it was to be measured by.
 */
export async function closeToWorkersOfBefore(
  database: Database,
  { results }: Pick<CheckedSelection, 'results'>,
  { pixels, innerBufferM, clear }: MeasuringRule,
): Promise<void> {
  if (pixels === DEFAULT_PIXELS && innerBufferM === 0 && clear === undefined) return;
  await query(database, CLOSE, [results.key]);
}

const ONE_AT_A_TIME = takeLock('rules', '$1::oid::int');

/**
 * The same for a claim, in its transaction, after the claim is entered: of two campaigns that began side by side neither saw a
 * row of the other.
 * @throws DatabaseSetupError as `requireOneRule` does.
 */
export async function requireOneRuleOfClaims(
  client: pg.ClientBase,
  selection: Pick<CheckedSelection, 'results' | 'clear'>,
  rule: MeasuringRule,
): Promise<void> {
  const oids = [selection.results, selection.clear].flatMap((table) => table?.oid ?? []);
  for (const oid of oids.toSorted((a, b) => a - b)) await client.query(ONE_AT_A_TIME, [oid]);
  await requireOneRule(client, selection, rule);
}

const WAY_OUT = {
  results_table: '--results; for scenes extracted before also --status-in parcelwise',
  clear_table: '--clear',
} as const;

async function refuseOthers(
  database: Database,
  table: string,
  column: keyof typeof WAY_OUT,
  ours: MeasuringRule,
  differences: typeof rawDifferences,
): Promise<void> {
  const rules = await query<{ rule: MeasuringRule; scenes: number }>(database, RULES(column), [
    table,
    JSON.stringify(ours),
  ]);
  for (const { rule: theirs, scenes } of rules) {
    const differing = differences(theirs, ours);
    const stored = `rows of ${scenes} ${scenes === 1 ? 'scene' : 'scenes'} in ${table} are measured`;
    if (differing.length > 0) throw refusal(stored, differing, `name another ${column} (${WAY_OUT[column]})`);
  }
}

async function refuseUse(database: Database, table: string, as: keyof typeof WAY_OUT): Promise<void> {
  const [used] = await query<{ scenes: number }>(database, USED_AS(as), [table]);
  if (used === undefined || used.scenes === 0) return;
  const [theirs, ours] = as === 'clear_table' ? ['clear', 'raw'] : ['raw', 'clear'];
  throw new DatabaseSetupError(
    `${table} holds ${theirs} rows of ${used.scenes} scenes, which ${ours} ones must not be mixed with`,
    `Name another ${as === 'clear_table' ? 'results_table (--results)' : 'clear_table (--clear)'}`,
  );
}
