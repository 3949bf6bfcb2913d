/** Extractions that are about more than before: layers asked for after their scenes were extracted. */
import type pg from 'pg';
import type { CheckedSelection } from '../selection/check.js';
import { DatabaseSetupError } from '../session/errors.js';
import { execute } from '../session/session.js';
import type { ClearRule, MeasuringRule } from '../terms.js';
import { lackingLayers } from './lacking.js';
import { bandsOf } from './layer-names.js';
import { DEFAULT_RULE, requireOneRuleOfClaims } from './rule.js';
import { inOwnTables, requireSameHists, requireSameRule, type StoredWith } from './stored-with.js';

/** The layers that a claim asks for. */
export interface WantedLayers {
  /** Names of the bands, as they will stand in the results. */
  readonly bands: readonly string[];
  /** The one of these of which histograms are kept, where the selection has a table for them. */
  readonly classBand?: string | undefined;
  /** Those of which clear rows are kept, where the selection has a table for them. */
  readonly clearBands?: readonly string[] | undefined;
  /** What they are measured by; the rule of before there were others, where nothing is said. */
  readonly rule?: MeasuringRule | undefined;
  /** By which clear rows are measured of a stored scene that has them, where none are asked for. */
  readonly clearRule?: ClearRule | undefined;
  /** What the bands are called by other presets: beside rows of such a name nothing is added. */
  readonly otherNames?: readonly string[] | undefined;
}

/** What an extraction lacks, by band. */
export interface LackingBands {
  readonly bands: readonly string[];
  /** Left out where there are none. */
  readonly clearBands?: readonly string[] | undefined;
  /** People's own indices, by their expressions; left out where there are none. */
  readonly indices?: MeasuringRule['indices'] | undefined;
}

const EXTEND = `
  UPDATE parcelwise.extraction SET bands = $3, clear_bands = $4, clear_table = $5, hists_table = $6, class_band = $7, rule = $8,
    facts = facts - 'notAdded'
  WHERE (results_table, obsid) = ($1, $2)`;

/**
 * Lets an extraction with stored chunks be about these layers, too. Where it lacked some already, they stay.
 * @throws DatabaseSetupError where its rows bear other names, or rows of two rules would be mixed.
 */
export async function extend(
  client: pg.ClientBase,
  selection: CheckedSelection,
  obsid: number,
  held: StoredWith,
  { bands, clearBands = [], classBand, rule = DEFAULT_RULE, otherNames = [], clearRule }: WantedLayers,
): Promise<LackingBands> {
  const { results, hists, clear } = selection;
  requireSameRule(selection, obsid, held, rule, clearRule);
  const other = held.bands.find((band) => otherNames.includes(band));
  if (other !== undefined)
    throw new DatabaseSetupError(
      `scene ${obsid} of ${results.key} has rows of ${other}, which is asked for under another name`,
      'Ask for it by the names of before (--band-names)',
    );
  const withClear = union(held.clearBands, clear === undefined ? [] : clearBands);
  const hasClear = withClear.length > 0;
  const { clear: ofClear } = held.clearBands.length > 0 ? held.rule : rule;
  const indices = { ...held.rule.indices, ...rule.indices };
  const both = { ...held.rule, indices, clear: hasClear ? ofClear : undefined };
  await requireOneRuleOfClaims(client, { results, ...(hasClear && { clear }) }, both);
  const isNew = classBand !== undefined && bands.includes(classBand) && !held.bands.includes(classBand);
  const histograms = isNew && hists !== undefined ? [hists.key, classBand] : [held.hists, held.classBand];
  const key = [results.key, obsid] as const;
  const tables = [hasClear ? (clear?.key ?? held.clear) : null, ...histograms];
  const layers = [union(held.bands, bands), withClear];
  await inOwnTables(selection, obsid, () =>
    execute(client, EXTEND, [...key, ...layers, ...tables, JSON.stringify(both)]),
  );
  const lacking = bandsOf(await lackingLayers(client, key));
  // Where the map of classes stands, no histogram is written.
  if (classBand !== undefined && lacking.bands.includes(classBand))
    requireSameHists(selection, obsid, held, classBand);
  return {
    bands: lacking.bands,
    ...(lacking.clearBands.length > 0 && { clearBands: lacking.clearBands }),
    ...(Object.keys(indices).length > 0 && { indices }),
  };
}

/** What is stored stays first. */
function union(stored: readonly string[], wanted: readonly string[]): string[] {
  return [...new Set([...stored, ...wanted])];
}
