/**
 * Whether a results, clear or histograms table holds what plan, ledger and gaps say. One sequential pass, which needs no index,
 * counts and sums each scene and band; only those that disagree are looked at again, parcel by parcel.
 */
import type pg from 'pg';
import { query } from '../session/session.js';
import { HAS_LAYER } from '../ledger/layers.js';
import { type StoredKind, TABLE_COLUMN } from '../identity/stored-rows.js';
import type { Table } from '../terms.js';
import { type Finding, type Findings, namePids, PIDS_NAMED } from './findings.js';
import { PID_HASH } from './expected.js';

/** A table of rows per (pid, obsid), or per (pid, obsid, band). */
export interface Target {
  readonly table: Table;
  readonly kind: StoredKind;
  /** Whether rows of scenes that parcelwise never extracted count as findings. */
  readonly whole: boolean;
}

export interface Contents {
  /** Rows of the scenes in scope. */
  readonly rows: number;
  /** Rows that should be there. */
  readonly expected: number;
}

/** Histograms have no band; `hist` stands in its place. */
const LABEL = { results: 'r.band::text', hists: `'hist'::text`, clear: 'r.band::text' } as const;
const GROUP = { results: 'obsid, band', hists: 'obsid', clear: 'obsid, band' } as const;

/** Every scene and band there is or should be. */
const TALLY = ({ table, kind }: Target) => `
  WITH found AS (
    SELECT r.obsid, ${LABEL[kind]} AS label, r.rows, r.hash
    FROM (SELECT ${GROUP[kind]}, count(*) AS rows, ${PID_HASH} AS hash FROM ${table.key} GROUP BY ${GROUP[kind]}) AS r
  )
  SELECT coalesce(x.obsid, f.obsid) AS obsid, coalesce(x.label, f.label) AS label,
         coalesce(x.rows, 0)::float8 AS expected, coalesce(f.rows, 0)::float8 AS rows,
         coalesce(x.rows, 0) = coalesce(f.rows, 0) AND (x.hash IS NULL OR x.hash = coalesce(f.hash, 0)) AS agrees,
         x.obsid IS NOT NULL OR EXISTS (SELECT FROM audit_extraction e WHERE e.${TABLE_COLUMN[kind]} = $1 AND e.obsid = f.obsid) AS "inScope",
         EXISTS (SELECT FROM parcelwise.extraction e WHERE e.${TABLE_COLUMN[kind]} = $1 AND e.obsid = f.obsid) AS known
  FROM (SELECT * FROM audit_expected WHERE target = $1) AS x FULL JOIN found f USING (obsid, label)
  ORDER BY 1, 2`;

interface Tally {
  readonly obsid: number | null;
  readonly label: string | null;
  readonly expected: number;
  readonly rows: number;
  readonly agrees: boolean;
  readonly inScope: boolean;
  readonly known: boolean;
}

/**
 * The parcels of the suspect groups that are not there exactly once, by what is wrong. A parcel that is in no chunk was
 * never announced; one in a gap was announced to have no row.
 */
const NAMES = ({ table, kind }: Target) => `
  WITH suspect AS (
    SELECT s.obsid, s.label, x.results_table, x.band
    FROM unnest($2::integer[], $3::text[]) AS s (obsid, label)
    LEFT JOIN audit_expected x ON x.target = $1 AND (x.obsid, x.label) = (s.obsid, s.label)
  ), found AS (
    SELECT r.obsid, s.label, r.pid, count(*) AS rows FROM ${table.key} r
    JOIN suspect s ON s.obsid = r.obsid AND s.label = ${LABEL[kind]} GROUP BY 1, 2, 3
  ), announced AS (
    SELECT s.obsid, s.label, pid FROM suspect s
    JOIN parcelwise.ledger l USING (results_table, obsid) JOIN audit_extraction e USING (results_table, obsid)
    CROSS JOIN unnest(l.pids) AS pid
    WHERE e.status = 'extracted' OR ${HAS_LAYER('l', 's.band')}
  ), gap AS (
    SELECT s.obsid, s.label, pid, g.reason FROM suspect s
    JOIN parcelwise.gap g USING (results_table, obsid, band) CROSS JOIN unnest(g.pids) AS pid
  ), parcel AS (
    SELECT obsid, label, pid, f.rows,
           CASE WHEN f.rows IS NULL THEN 'lost' WHEN g.reason IS NOT NULL THEN g.reason
                WHEN a.pid IS NULL THEN 'unannounced' WHEN f.rows > 1 THEN 'doubled' END AS fault
    FROM (SELECT obsid, label, pid, true AS listed FROM announced) AS a
    FULL JOIN found f USING (obsid, label, pid) LEFT JOIN gap g USING (obsid, label, pid)
    WHERE f.rows IS NOT NULL OR g.reason IS NULL
  )
  SELECT obsid, label, fault, count(*)::float8 AS parcels, sum(rows)::float8 AS rows,
         (array_agg(pid ORDER BY pid))[1:${PIDS_NAMED}] AS pids
  FROM parcel WHERE fault IS NOT NULL GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`;

interface Fault {
  readonly obsid: number;
  readonly label: string;
  /** `lost`, `doubled`, `unannounced`, or the reason of the gap. */
  readonly fault: string;
  readonly parcels: number;
  readonly rows: number | null;
  readonly pids: readonly (number | null)[];
}

export async function auditContents(
  client: pg.ClientBase,
  target: Target,
  findings: Findings,
): Promise<Contents> {
  const suspects: Tally[] = [];
  let rows = 0;
  let expected = 0;
  for (const tally of await query<Tally>(client, TALLY(target), [target.table.key])) {
    if (tally.inScope) {
      rows += tally.rows;
      expected += tally.expected;
      if (!tally.agrees) suspects.push(tally);
    } else if (!tally.known && target.whole) {
      findings.add(stranger(tally, target));
    }
  }
  await nameParcels(client, target, suspects, findings);
  return { rows, expected };
}

/** Says of each suspect which parcels are at fault; of those beyond the findings told in full, only how many rows. */
async function nameParcels(
  client: pg.ClientBase,
  target: Target,
  suspects: readonly Tally[],
  findings: Findings,
): Promise<void> {
  if (suspects.length === 0) return;
  const closer = suspects.slice(0, findings.each);
  const faults = await query<Fault>(client, NAMES(target), [
    target.table.key,
    closer.map(({ obsid }) => obsid),
    closer.map(({ label }) => label),
  ]);
  for (const suspect of suspects) {
    const named = faults.filter(({ obsid, label }) => obsid === suspect.obsid && label === suspect.label);
    for (const fault of named) findings.add(describe(fault, target));
    if (named.length === 0) findings.add(counted(suspect, target));
  }
}

/** A fault in words. */
function describe(fault: Fault, { table: { key: table }, kind }: Target): Finding {
  const { obsid, label, parcels, pids } = fault;
  const where = placeOf(obsid, label, kind);
  const who = namePids(pids, parcels);
  const rows = fault.rows ?? 0;
  const told = { table, obsid, pids };
  switch (fault.fault) {
    case 'lost':
      return { ...told, kind: 'lost', count: parcels, text: `${where}: no ${NOUN[kind]} of ${who}` };
    case 'doubled':
      return {
        ...told,
        kind: 'doubled',
        count: rows - parcels,
        text: `${where}: ${rowsOf(rows, kind)} instead of ${parcels} of ${who}`,
      };
    case 'unannounced':
      return {
        ...told,
        kind: 'unexpected',
        count: rows,
        text: `${where}: ${rowsOf(rows, kind)} of ${who}, which no stored chunk lists`,
      };
    default:
      return {
        ...told,
        kind: 'unexpected',
        count: rows,
        text: `${where}: ${rowsOf(rows, kind)} of ${who}, noted as without one (${fault.fault})`,
      };
  }
}

/** A disagreement without names: beyond those looked at closely, or of a ledger that does not list its parcels. */
function counted({ obsid, label, expected, rows }: Tally, { table: { key: table }, kind }: Target): Finding {
  return {
    kind: rows < expected ? 'lost' : 'unexpected',
    table,
    obsid,
    count: Math.max(1, Math.abs(rows - expected)),
    text: `${placeOf(obsid, label, kind)}: ${rowsOf(rows, kind)}, ${expected} expected`,
  };
}

function stranger({ obsid, label, rows }: Tally, { table: { key: table }, kind }: Target): Finding {
  const text = `${placeOf(obsid, label, kind)}: ${rowsOf(rows, kind)} of a scene that was never extracted into this table`;
  return { kind: 'unknown', table, obsid, count: rows, text };
}

const NOUN = { results: 'row', hists: 'histogram', clear: 'clear row' } as const;

function rowsOf(count: number, kind: Target['kind']): string {
  return `${count} ${NOUN[kind]}${count === 1 ? '' : 's'}`;
}

function placeOf(obsid: number | null, label: string | null, kind: Target['kind']): string {
  const scene = `scene ${obsid ?? 'NULL'}`;
  return kind === 'hists' ? `${scene}, histograms` : `${scene}, band ${label ?? 'NULL'}`;
}
