/** Whether each table holds rows of one rule, and each extraction has clear layers of nothing but bands that can have them. */
import type pg from 'pg';
import { clearDifferences, type Difference, rawDifferences } from '../ledger/rule.js';
import { RULE_OF, STORED } from '../ledger/extractions.js';
import { query } from '../session/session.js';
import type { MeasuringRule } from '../terms.js';
import type { Findings } from './findings.js';

type Column = 'results_table' | 'clear_table';

/** Rules by table, each with a scene of it. */
const RULES = (column: Column) => `
  SELECT ${column} AS table, ${RULE_OF('e')} AS rule, min(obsid) AS obsid, count(*)::integer AS scenes FROM audit_extraction e
  WHERE ${column} IS NOT NULL AND ${STORED} GROUP BY 1, 2 ORDER BY 1, 3`;

/** A class band has no clear layer, and what has clear rows has a table of them. */
const LAYERS = `
  SELECT results_table AS results, obsid, clear_table AS clear, clear_bands AS "clearBands", class_band AS "classBand"
  FROM audit_extraction e
  WHERE ${STORED} AND ((clear_table IS NULL) <> (clear_bands = '{}') OR NOT clear_bands <@ bands
    OR class_band = ANY (clear_bands))
  ORDER BY 1, 2`;

export async function auditRules(client: pg.ClientBase, findings: Findings): Promise<void> {
  await tellMixed(client, 'results_table', rawDifferences, findings);
  await tellMixed(client, 'clear_table', clearDifferences, findings);
  interface Scene {
    readonly results: string;
    readonly obsid: number;
    readonly clear: string | null;
    readonly clearBands: readonly string[];
    readonly classBand: string | null;
  }
  for (const { results: table, obsid, clear, clearBands, classBand } of await query<Scene>(client, LAYERS)) {
    const of = clearBands.length === 0 ? 'no band' : clearBands.join(', ');
    const but = classBand === null ? '' : ` (its classes are in ${classBand})`;
    const text = `scene ${obsid} has clear rows of ${of} in ${clear ?? 'no table'}, which it can't have${but}`;
    findings.add({ kind: 'rule', table, obsid, count: 1, text });
  }
}

async function tellMixed(
  client: pg.ClientBase,
  column: Column,
  differences: (theirs: MeasuringRule, ours: MeasuringRule) => Difference[],
  findings: Findings,
): Promise<void> {
  interface Rule {
    readonly table: string;
    readonly rule: MeasuringRule;
    readonly obsid: number;
    readonly scenes: number;
  }
  const others = new Map<string, Rule[]>();
  for (const rule of await query<Rule>(client, RULES(column))) {
    const { table, obsid, scenes } = rule;
    const before = others.get(table) ?? [];
    others.set(table, [...before, rule]);
    // Of indices only those that both have are compared, so that any of them may be the one that differs.
    const first = before.find((one) => differences(one.rule, rule.rule).length > 0);
    if (first === undefined) continue;
    const differing = differences(first.rule, rule.rule);
    const parts = differing.map(({ part, theirs, ours }) => `${part} ${ours}, not ${theirs}`);
    const text = `${scenes} scenes (the first is ${obsid}) are measured by another rule than scene ${first.obsid}: ${parts.join('; ')}`;
    findings.add({ kind: 'rule', table, obsid, count: scenes, text });
  }
}
