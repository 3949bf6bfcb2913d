/** Scenes that no campaign takes, since their one status word in the catalogue is that of another results table. */
import type { CheckedSelection } from '../selection/check.js';
import { query } from '../session/session.js';
import type { Database } from '../session/session.js';
import { extractionValues, inSelection, WITH_EXTRACTION } from './scenes.js';

const ELSEWHERE = (selection: CheckedSelection) => `
  SELECT o.results_table AS results, count(*)::integer AS scenes${WITH_EXTRACTION(selection)}
  JOIN parcelwise.extraction o ON (o.catalogue_table, o.obsid) = ($6, s.id) AND o.results_table <> $5 AND o.status = 'extracted'
  WHERE s.status = 'extracted' AND e.obsid IS NULL AND ${inSelection(selection)} GROUP BY 1 ORDER BY 1`;

/** In a sentence for each of those tables, with the remedy; none where the words are our own, or there are no such scenes. */
export async function tellExtractedElsewhere(
  database: Database,
  selection: CheckedSelection,
): Promise<string[]> {
  if (selection.statusIn !== 'catalogue') return [];
  const values = [...extractionValues(selection), selection.catalogue.key];
  const found = await query<{ results: string; scenes: number }>(database, ELSEWHERE(selection), values);
  return found.map(
    ({ results, scenes }) =>
      `${scenes} ${scenes === 1 ? 'scene is' : 'scenes are'} extracted into ${results}, and the catalogue's status word can serve one results table only: --status-in parcelwise extracts them into ${selection.results.key} too`,
  );
}
