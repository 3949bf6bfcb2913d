/** What the stored chunks of a scene are stored with: whoever goes on with the scene has to go on in the same way. */
import type { CheckedSelection } from '../selection/check.js';
import { DatabaseSetupError } from '../session/errors.js';
import type { MeasuringRule } from '../terms.js';
import { DEFAULT_RULE, onlyClearDifferences, rawDifferences, refusal } from './rule.js';

export interface StoredWith {
  readonly bands: string[];
  /** Tables of histograms and clear rows. */
  readonly hists: string | null;
  readonly clear: string | null;
  readonly clearBands: string[];
  /** The band whose histograms are kept. */
  readonly classBand: string | null;
  readonly rule: MeasuringRule;
}

export const STORED_BESIDE = { hists: 'histograms', clear: 'clear rows' } as const;

/** The unique indexes of migrations 3 and 9: of a scene one extraction keeps its histograms, or its clear rows, in a table. */
function sharedTable(error: unknown): keyof typeof STORED_BESIDE | undefined {
  const constraint = error instanceof Error && 'constraint' in error ? error.constraint : undefined;
  if (constraint === 'extraction_hists') return 'hists';
  return constraint === 'extraction_clear' ? 'clear' : undefined;
}

/** @throws DatabaseSetupError where another extraction keeps the scene's histograms or clear rows in the same tables. */
export async function inOwnTables<T>(
  selection: CheckedSelection,
  obsid: number,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const shared = sharedTable(error);
    if (shared === undefined) throw error;
    const table = selection[shared]?.key ?? '';
    throw new DatabaseSetupError(
      `the ${STORED_BESIDE[shared]} of scene ${obsid} are in ${table} already, beside another results table than ${selection.results.key}`,
      `Give each results table a ${shared}_table of its own (--${shared})`,
      { cause: error },
    );
  }
}

/** Half of a scene's histograms in one table and half in another would be lost to every reader. */
export function requireSameHists(
  { hists }: CheckedSelection,
  obsid: number,
  held: StoredWith,
  classBand: string | undefined,
): void {
  if (classBand === undefined || !held.bands.includes(classBand) || held.hists === (hists?.key ?? null))
    return;
  throw new DatabaseSetupError(
    `chunks of scene ${obsid} are stored with histograms in ${held.hists ?? 'no table'}, now they would go to ${hists?.key ?? 'none'}`,
    held.hists === null ? 'Go on without a hists_table' : 'Go on with the hists_table of before',
  );
}

/**
 * Rows of two rules in one scene could not be told apart. Where chunks were stored without clear rows, the scene is gone on with
 * as it was begun.
 */
export function requireSameRule(
  { results, clear }: CheckedSelection,
  obsid: number,
  held: StoredWith,
  rule: MeasuringRule = DEFAULT_RULE,
  clearRule = rule.clear,
): void {
  const scene = `chunks of scene ${obsid}`;
  if (held.clearBands.length > 0 && held.clear !== clear?.key)
    throw new DatabaseSetupError(
      `${scene} are stored with clear rows in ${held.clear ?? 'no table'}, now they would go to ${clear?.key ?? 'none'}`,
      'Go on with the clear_table of before',
    );
  const differing = [
    ...rawDifferences(held.rule, rule),
    ...(held.clearBands.length > 0 ? onlyClearDifferences(held.rule, { ...rule, clear: clearRule }) : []),
  ];
  if (differing.length > 0)
    throw refusal(
      `${scene} of ${results.key} are stored`,
      differing,
      `start over with the scene: parcelwise scene forget --results '${results.key}' ${obsid}`,
    );
}
