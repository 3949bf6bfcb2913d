/**
 * Whether the parcels that were extracted are those the selection meets. Parcels may be redrawn after an extraction, so
 * this is asked of the scenes whose every chunk was extracted from the parcels as they are now, known by their
 * fingerprint; of the others the ledger's own list is all there is.
 */
import type pg from 'pg';
import { LEDGER_OF } from '../ledger/extractions.js';
import { checkSelection, type CheckedSelection } from '../selection/check.js';
import { DatabaseSetupError } from '../session/errors.js';
import { parcelSetFingerprint } from '../parcels/fingerprint.js';
import {
  aoiBoxes,
  areaM2,
  footprint,
  footprintBox,
  isInArea,
  isLargeEnough,
} from '../selection/parcel-rule.js';
import { tellWithoutFootprint } from '../scenes/scenes.js';
import { query, triedByProj } from '../session/session.js';
import type { Selection } from '../terms.js';
import { type Findings, namePids, PIDS_NAMED } from './findings.js';
import { PID_HASH } from './expected.js';

/** Parcels that no scene selects, by the first reason that holds. */
export interface NotSelected {
  readonly parcels: string;
  readonly aoi: string;
  /** All parcels of the table. */
  readonly count: number;
  readonly withoutGeometry: number;
  readonly beyondAoi: number;
  readonly tooSmall: number;
  readonly minAreaM2: number;
}

export interface SelectedParcels {
  readonly notSelected: readonly NotSelected[];
  readonly notes: readonly string[];
}

/**
 * An extraction knows the selection of its latest claim, and a plan the one that its chunks were made from or compared
 * with last: of what is stored the plan tells the truth.
 */
const OF_PLANS = `
  UPDATE audit_extraction e SET selection = e.selection || jsonb_build_object(
    'aoi', p.selection -> 'aoi', 'minAreaM2', p.selection -> 'minAreaM2', 'tables', (e.selection -> 'tables') || (p.selection -> 'tables'))
  FROM (SELECT DISTINCT ON (results_table, obsid) results_table, obsid, selection FROM parcelwise.plan
        WHERE selection IS NOT NULL ORDER BY results_table, obsid, chunk) AS p
  WHERE (p.results_table, p.obsid) = (e.results_table, e.obsid) AND e.status = 'extracted'`;

/** Chunks of one scene are all of one version, or were compared with one: of two, parcels may have been lost in between. */
const UNCOMPARED = `
  SELECT e.results_table AS results, e.obsid, count(*)::integer AS versions
  FROM audit_extraction e JOIN LATERAL (
    SELECT parcel_set FROM parcelwise.ledger l WHERE (l.results_table, l.obsid) = (e.results_table, e.obsid)
    UNION SELECT parcel_set FROM parcelwise.plan p WHERE (p.results_table, p.obsid) = (e.results_table, e.obsid) AND parcel_set IS NOT NULL
  ) AS version ON true
  WHERE e.status = 'extracted' GROUP BY 1, 2 HAVING count(*) > 1 ORDER BY 1, 2`;

/** What of a selection chooses parcels. */
const RULE = `(selection - 'period' - 'card') #- '{tables,results}' #- '{tables,hists}' #- '{tables,clear}'`;

const SELECTIONS = `
  SELECT DISTINCT ON (rule) rule::text, selection FROM (SELECT ${RULE} AS rule, selection FROM audit_extraction) AS chosen
  WHERE selection IS NOT NULL ORDER BY rule`;

const MAKE_SELECTED = `
  DROP TABLE IF EXISTS audit_selected;
  CREATE TEMPORARY TABLE audit_selected (pid integer, reason text, box geometry) ON COMMIT DROP`;

/** Boxes are all that scenes look at; PostGIS rounds a box made of a rounded box to itself. */
const FILL_SELECTED = (selection: CheckedSelection) => `
  WITH aoi AS MATERIALIZED (${aoiBoxes(selection, '$1')})
  INSERT INTO audit_selected
  SELECT p.ogc_fid::integer,
         CASE WHEN p.wkb_geometry IS NULL OR ST_IsEmpty(p.wkb_geometry) THEN 'withoutGeometry'
              WHEN NOT ${isInArea('p.wkb_geometry')} THEN 'beyondAoi'
              WHEN NOT ${isLargeEnough(areaM2(selection), '$2')} THEN 'tooSmall' END,
         ST_Envelope(p.wkb_geometry)
  FROM ${selection.parcels.key} p`;

const INDEX_SELECTED = `
  CREATE INDEX ON audit_selected USING gist (box) WHERE reason IS NULL;
  ANALYZE audit_selected`;

const COUNT = `
  SELECT count(*)::integer AS count, count(*) FILTER (WHERE reason = 'withoutGeometry')::integer AS "withoutGeometry",
         count(*) FILTER (WHERE reason = 'beyondAoi')::integer AS "beyondAoi",
         count(*) FILTER (WHERE reason = 'tooSmall')::integer AS "tooSmall"
  FROM audit_selected`;

/** Extracted scenes of this rule whose chunks are of this parcel set, and scenes that are said to have none of its parcels. */
const SCENES = `
  WITH scene AS MATERIALIZED (
    SELECT e.results_table, e.obsid, e.status,
           NOT EXISTS (${LEDGER_OF}
                         AND l.parcel_set IS DISTINCT FROM $2)
             AND (e.status <> 'no_parcels' OR coalesce(e.facts ->> 'parcelSet', $2) = $2) AS comparable
    FROM audit_extraction e WHERE ${RULE} = $1::jsonb AND status IN ('extracted', 'no_parcels')
  )`;

const COMPARE = (selection: CheckedSelection) => `${SCENES}, ground AS MATERIALIZED (
    SELECT s.id AS obsid, ${footprintBox(selection, 's.footprint')} AS footprint FROM ${selection.catalogue.key} s
    WHERE s.id IN (SELECT obsid FROM scene WHERE comparable)
  ), met AS (
    SELECT g.obsid, count(*) AS parcels, ${PID_HASH} AS hash
    FROM ground g JOIN audit_selected p ON p.reason IS NULL AND p.box && g.footprint GROUP BY 1
  ), listed AS (
    SELECT c.results_table, c.obsid, sum(c.counted) - coalesce(min(gone.parcels), 0) AS parcels,
           sum(c.hash) - coalesce(min(gone.hash), 0) AS hash
    FROM audit_chunk c LEFT JOIN (
      SELECT results_table, obsid, count(*) AS parcels, ${PID_HASH} AS hash
      FROM audit_extraction CROSS JOIN unnest(gone) AS pid GROUP BY 1, 2
    ) AS gone USING (results_table, obsid) GROUP BY 1, 2
  )
  SELECT scene.results_table AS results, scene.obsid, scene.status,
         coalesce(met.parcels, 0)::float8 AS met, coalesce(listed.parcels, 0)::float8 AS listed
  FROM scene LEFT JOIN met USING (obsid) LEFT JOIN listed USING (results_table, obsid)
  WHERE comparable AND (coalesce(met.parcels, 0), coalesce(met.hash, 0)) <> (coalesce(listed.parcels, 0), coalesce(listed.hash, 0))
  ORDER BY 1, 2`;

const CHANGED = `${SCENES} SELECT count(*)::integer AS count FROM scene WHERE NOT comparable`;

const NAMES = (selection: CheckedSelection) => `
  WITH met AS (
    SELECT p.pid FROM audit_selected p
    WHERE p.reason IS NULL AND p.box && (${footprint(selection, '$2')})
  ), listed AS (
    SELECT pid FROM parcelwise.ledger l CROSS JOIN unnest(l.pids) AS pid WHERE (l.results_table, l.obsid) = ($1, $2)
    EXCEPT SELECT pid FROM parcelwise.extraction e CROSS JOIN unnest(e.gone) AS pid WHERE (e.results_table, e.obsid) = ($1, $2)
  )
  SELECT l.listed IS NULL AS missing, count(*)::integer AS count, (array_agg(pid ORDER BY pid))[1:${PIDS_NAMED}] AS pids
  FROM (SELECT pid, true AS met FROM met) AS m FULL JOIN (SELECT pid, true AS listed FROM listed) AS l USING (pid)
  WHERE m.met IS NULL OR l.listed IS NULL GROUP BY 1`;

const GONE = `
  SELECT count(*)::integer AS scenes, coalesce(sum(cardinality(gone)), 0)::integer AS parcels
  FROM audit_extraction WHERE ${RULE} = $1::jsonb AND cardinality(gone) > 0`;

interface Disagreement {
  readonly results: string;
  readonly obsid: number;
  readonly status: string;
  readonly met: number;
  readonly listed: number;
}

export async function auditSelected(client: pg.ClientBase, findings: Findings): Promise<SelectedParcels> {
  const notSelected: NotSelected[] = [];
  const notes: string[] = [];
  await client.query(OF_PLANS);
  await tellUncompared(client, findings);
  for (const { rule, selection } of await query<{ rule: string; selection: Selection }>(client, SELECTIONS)) {
    let checked: CheckedSelection;
    try {
      checked = await checkSelection(client, selection);
    } catch (error) {
      if (!(error instanceof DatabaseSetupError)) throw error;
      notes.push(`parcels are not compared with the selection's: ${error.message}`);
      continue;
    }
    const told = await triedByProj(client, async () => ({
      counts: await select(client, checked),
      notes: await compare(client, checked, rule, findings),
    }));
    if (told === undefined) {
      notes.push(
        `parcels of ${checked.parcels.key} are not compared with the selection's: PROJ refuses to transform some of them (parcelwise parcels check)`,
      );
      continue;
    }
    notSelected.push(told.counts);
    notes.push(...told.notes);
  }
  return { notSelected, notes };
}

async function tellUncompared(client: pg.ClientBase, findings: Findings): Promise<void> {
  interface Scene {
    readonly results: string;
    readonly obsid: number;
    readonly versions: number;
  }
  for (const { results: table, obsid, versions } of await query<Scene>(client, UNCOMPARED)) {
    const text = `scene ${obsid} has chunks of ${versions} versions of the parcels or selections of them, which were never compared: a campaign with --changed-only does, and extracts what is missing`;
    findings.add({ kind: 'selection', table, obsid, count: 1, text });
  }
}

/** Chooses the parcels by the rule of `parcel-rule.ts`, once for all scenes. */
async function select(client: pg.ClientBase, selection: CheckedSelection): Promise<NotSelected> {
  const { parcels, aoi, minAreaM2 } = selection;
  await client.query(MAKE_SELECTED);
  await client.query(FILL_SELECTED(selection), [aoi.name, minAreaM2]);
  await client.query(INDEX_SELECTED);
  type Counts = Omit<NotSelected, 'parcels' | 'aoi' | 'minAreaM2'>;
  const [counts] = await query<Counts>(client, COUNT);
  if (counts === undefined) throw new Error('an aggregate without a row');
  return { parcels: parcels.key, aoi: aoi.name, minAreaM2, ...counts };
}

async function compare(
  client: pg.ClientBase,
  selection: CheckedSelection,
  rule: string,
  findings: Findings,
): Promise<string[]> {
  const scenes = [rule, await parcelSetFingerprint(client, selection)];
  for (const scene of await query<Disagreement>(client, COMPARE(selection), scenes)) {
    await nameParcels(client, selection, scene, findings);
  }
  const notes: string[] = await tellWithoutFootprint(client, selection.catalogue, selection.card);
  const [gone] = await query<{ scenes: number; parcels: number }>(client, GONE, [rule]);
  if (gone !== undefined && gone.parcels > 0)
    notes.push(`${gone.parcels} times a parcel that ${gone.scenes} scenes no longer meet keeps its rows`);
  const [changed] = await query<{ count: number }>(client, CHANGED, scenes);
  const count = changed?.count ?? 0;
  if (count === 0) return notes;
  return [
    ...notes,
    `${count} scenes were extracted while ${selection.parcels.key} or the area of interest was another; their rows are proven against the parcels of then`,
  ];
}

async function nameParcels(
  client: pg.ClientBase,
  selection: CheckedSelection,
  { results: table, obsid, status, met, listed }: Disagreement,
  findings: Findings,
): Promise<void> {
  const told = `scene ${obsid}`;
  if (status === 'no_parcels') {
    const text = `${told} is no_parcels, but ${met} parcels lie under it`;
    findings.add({ kind: 'selection', table, obsid, count: met, text });
    return;
  }
  const sides = await query<{ missing: boolean; count: number; pids: number[] }>(client, NAMES(selection), [
    table,
    obsid,
  ]);
  for (const { missing, count, pids } of sides) {
    const text = missing
      ? `${told} meets ${met} parcels, of which no chunk lists ${namePids(pids, count)}`
      : `${told} has chunks of ${listed} parcels, and does not meet ${namePids(pids, count)}`;
    findings.add({ kind: 'selection', table, obsid, count, pids, text });
  }
}
