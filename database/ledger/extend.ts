/** Extractions that are about more than before: layers asked for after their scenes were extracted. */
import type pg from 'pg';
import type { CheckedSelection } from '../selection/check.js';
import { DatabaseSetupError } from '../session/errors.js';
import { execute } from '../session/session.js';
import type { ClearRule, MeasuringRule } from '../terms.js';
import { lackingLayers } from './lacking.js';
import { countSkipped } from './skipped.js';
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
  /** Whether parcels that were skipped for clouds are to be added, of bands that stand for the others. */
  readonly withSkipped?: boolean | undefined;
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
    facts = facts - '{notAdded,adding}'::text[] || CASE WHEN $9::text[] = '{}' THEN '{}' ELSE jsonb_build_object('adding', $9::text[]) END
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
  wanted: WantedLayers,
): Promise<LackingBands> {
  const { bands, clearBands = [], classBand, rule = DEFAULT_RULE, otherNames = [], clearRule } = wanted;
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
  const withRaw = union(held.bands, bands);
  const skipped =
    wanted.withSkipped === true ? await countSkipped(client, key, bands) : new Map<string, number>();
  const adding = [...skipped.keys()];
  await inOwnTables(selection, obsid, () =>
    execute(client, EXTEND, [...key, withRaw, withClear, ...tables, JSON.stringify(both), adding]),
  );
  const whole = bandsOf(await lackingLayers(client, key));
  const lacking = {
    bands: withRaw.filter((band) => whole.bands.includes(band) || skipped.has(band)),
    clearBands: withClear.filter((band) => whole.clearBands.includes(band) || skipped.has(band)),
  };
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
