/** What is remembered under a scene's id, and whether it is of the same scene still. */
import type pg from 'pg';
import { anotherScene, secondCatalogue } from '../identity/one-catalogue.js';
import type { CheckedSelection } from '../selection/check.js';
import { query } from '../session/session.js';
import { STORED } from './extractions.js';

/** What is remembered of the scene, and which product the catalogue has under its id now. */
const REMEMBERED = ({ catalogue }: CheckedSelection) => `
  SELECT e.catalogue_table AS catalogue, e.reference, s.reference::text AS now, e.word, e.status = 'inprogress' AS held, ${STORED} AS stored
  FROM parcelwise.extraction e JOIN ${catalogue.key} s ON s.id = e.obsid WHERE (e.results_table, e.obsid) = ($1, $2)`;

export interface Remembered {
  readonly catalogue: string;
  readonly reference: string | null;
  readonly now: string;
  readonly word: string | null;
  readonly held: boolean;
  readonly stored: boolean;
}

/** @throws DatabaseSetupError where what is remembered is of another scene, which the id meant then or in another catalogue. */
export async function requireSameScene(
  client: pg.ClientBase,
  selection: CheckedSelection,
  obsid: number,
): Promise<Remembered | undefined> {
  const key = [selection.results.key, obsid];
  const [known] = await query<Remembered>(client, REMEMBERED(selection), key);
  if (known === undefined) return undefined;
  const { catalogue, reference, now, held, stored } = known;
  if ((held || stored) && catalogue !== selection.catalogue.key)
    throw secondCatalogue(selection, catalogue, 1);
  if (stored && reference !== null && reference !== now)
    throw anotherScene(selection, [{ obsid, reference, now }]);
  return known;
}
