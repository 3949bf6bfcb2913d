/** Sets scenes back to `ingested` at a person's word; only where nobody holds them. What is stored of them stays and counts. */
import type { Database } from '../session/session.js';
import { execute, query } from '../session/session.js';
import { SUPERSEDED } from '../ledger/supersession.js';
import type { ExtractionKey, Table } from '../terms.js';

const UNHELD = `NOT EXISTS (
  SELECT FROM parcelwise.extraction e WHERE (e.catalogue_table, e.obsid) = ($2, s.id) AND e.status = 'inprogress'
    AND e.status_in = 'catalogue')`;

/** A scene that ended in favour of a newer one is extracted all the same, now that somebody asks for it. */
const WANTED = `'{"superseded": "wanted"}'::jsonb`;

const RETRY = ({ key }: Table) => `
  WITH taken AS (
    UPDATE ${key} s SET status = 'ingested'
    WHERE s.id = $1 AND s.status NOT IN ('ingested', 'inprogress', 'extracted') AND ${UNHELD} RETURNING s.id
  ), told AS (
    UPDATE parcelwise.extraction SET
      facts = CASE WHEN status = '${SUPERSEDED}' THEN facts || ${WANTED} ELSE facts END,
      word = CASE WHEN status_in = 'catalogue' THEN 'ingested' END
    WHERE (catalogue_table, obsid) = ($2, $1) AND EXISTS (SELECT FROM taken)
  )
  SELECT id FROM taken`;

const RELEASE_STRAY = ({ key }: Table) => `
  UPDATE ${key} s SET status = 'ingested' WHERE s.id = $1 AND s.status = 'inprogress' AND ${UNHELD}`;

const RETRY_OWN = `
  UPDATE parcelwise.extraction SET status = 'ingested', facts = facts || ${WANTED}
  WHERE (results_table, obsid) = ($1, $2) AND status_in = 'parcelwise' AND status NOT IN ('ingested', 'inprogress', 'extracted')`;

/** Lets a scene that ended in a word that says why not be tried again. False where it has not, or somebody holds it. */
export async function retryScene(database: Database, catalogue: Table, obsid: number): Promise<boolean> {
  return (await query(database, RETRY(catalogue), [obsid, catalogue.key])).length === 1;
}

/** The same where the word is not the catalogue's but the results table's own. */
export async function retryExtraction(database: Database, key: ExtractionKey): Promise<boolean> {
  return (await execute(database, RETRY_OWN, [key.results, key.obsid])) === 1;
}

/** Frees a scene that is `inprogress` though no claim of ours holds it. False where it is not, or one does. */
export async function releaseStray(database: Database, catalogue: Table, obsid: number): Promise<boolean> {
  return (await execute(database, RELEASE_STRAY(catalogue), [obsid, catalogue.key])) === 1;
}
