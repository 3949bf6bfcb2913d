/** The parcel table itself: its columns, their types, its reference system, its indexes, its ids. */
import type pg from 'pg';
import type { ParcelTable } from '../../selection/parcel-table.js';
import { Columns } from '../../session/columns.js';
import { readCrs } from '../../selection/crs.js';
import { DatabaseSetupError } from '../../session/errors.js';
import { query } from '../../session/session.js';
import type { Table } from '../../terms.js';
import type { ParcelFindings } from './findings.js';

const INTEGERS = new Set(['integer', 'smallint', 'bigint']);

/** The SRIDs of a column whose type names none, the most frequent first. */
const SRIDS = (table: Table) => `
  SELECT ST_SRID(wkb_geometry) AS srid, count(*)::float8 AS count FROM ${table.key}
  WHERE wkb_geometry IS NOT NULL GROUP BY 1 ORDER BY 2 DESC`;

const INDEXES = `
  SELECT coalesce(bool_or(i.indisunique AND i.indnkeyatts = 1 AND i.indpred IS NULL AND a.attname = 'ogc_fid'), false) AS ids,
         coalesce(bool_or(am.amname IN ('gist', 'spgist') AND a.attname = 'wkb_geometry' AND i.indpred IS NULL), false) AS space
  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am am ON am.oid = c.relam
  JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
  WHERE i.indrelid = $1::oid AND i.indisvalid`;

const IDS = (table: Table) => `
  SELECT (count(*) FILTER (WHERE ogc_fid IS NULL))::float8 AS nulls,
         (count(*) FILTER (WHERE ogc_fid::bigint NOT BETWEEN -2147483648 AND 2147483647))::float8 AS large
  FROM ${table.key}`;

const DOUBLED_IDS = (table: Table) => `
  SELECT ogc_fid::text AS pid, count(*)::float8 AS count, count(*) OVER ()::float8 AS ids FROM ${table.key}
  WHERE ogc_fid IS NOT NULL GROUP BY ogc_fid HAVING count(*) > 1 ORDER BY ogc_fid LIMIT $1`;

export interface CheckedTable extends ParcelTable {
  readonly spatialIndex: boolean;
}

/** Columns in which other programs number parcels; these numbers are what the parcels are known by, and must not be lost. */
const OTHER_IDS = ['fid', 'objectid', 'gid', 'id'];

function numbersIn(columns: Columns, table: Table): string {
  const column = OTHER_IDS.map((name) => columns.find(name)).find((one) => one !== undefined);
  return column === undefined
    ? ''
    : `, but ${column.name} numbers them: ALTER TABLE ${table.key} RENAME COLUMN ${column.sql} TO ogc_fid`;
}

/** Undefined where nothing more can be asked of the table. */
export async function checkTable(
  client: pg.ClientBase,
  table: Table,
  findings: ParcelFindings,
): Promise<CheckedTable | undefined> {
  const columns = await Columns.of(client, table);
  const ids = columns.find('ogc_fid');
  const geometry = columns.find('wkb_geometry');
  const typeOf = (type: string) => type.replace(/^.*\./, '');
  if (ids === undefined || !INTEGERS.has(ids.type)) {
    const details = [
      ids === undefined
        ? `there is no column ogc_fid${numbersIn(columns, table)}`
        : `ogc_fid is of type ${ids.type}: ALTER TABLE ${table.key} ALTER COLUMN ogc_fid TYPE integer USING ogc_fid::integer`,
    ];
    findings.add('id-column', { count: 1, details });
  }
  if (geometry === undefined || typeOf(geometry.type) !== 'geometry') {
    const names = columns.geometries().join(', ');
    const details = [
      names === ''
        ? 'the table has no geometry'
        : `the table's geometry is called ${names}: ALTER TABLE ${table.key} RENAME COLUMN ${names} TO wkb_geometry`,
    ];
    findings.add('geometry-column', { count: 1, details });
  }
  if (findings.has('id-column', 'geometry-column') || geometry === undefined) return undefined;
  await checkIds(client, table, findings);
  const [indexes] = await query<{ ids: boolean; space: boolean }>(client, INDEXES, [table.oid]);
  if (indexes?.ids !== true) findings.add('no-id-index', { count: 1 });
  if (indexes?.space !== true) findings.add('no-spatial-index', { count: 1 });
  const srid = await sridOf(client, table, geometry.srid, findings);
  if (srid === undefined) return undefined;
  const plain = /^(MULTI)?POLYGON$/.test(geometry.geometryType) && geometry.dimension === 2;
  try {
    const crs = await readCrs(client, srid, table);
    return { ...table, plain, crs, spatialIndex: indexes?.space === true };
  } catch (error) {
    if (!(error instanceof DatabaseSetupError)) throw error;
    findings.add('srid', { count: 1, details: [error.problem] });
    return undefined;
  }
}

async function checkIds(client: pg.ClientBase, table: Table, findings: ParcelFindings): Promise<void> {
  const [ids] = await query<{ nulls: number; large: number }>(client, IDS(table));
  if (ids !== undefined && ids.nulls > 0) findings.add('null-id', { count: ids.nulls });
  if (ids !== undefined && ids.large > 0) findings.add('large-id', { count: ids.large });
  const doubled = await query<{ pid: string; count: number; ids: number }>(client, DOUBLED_IDS(table), [
    findings.each,
  ]);
  if (doubled.length === 0) return;
  findings.add('doubled-id', {
    count: doubled[0]!.ids,
    pids: doubled.map(({ pid }) => pid),
    details: doubled.map(({ count }) => `${count} parcels`),
  });
}

async function sridOf(
  client: pg.ClientBase,
  table: Table,
  ofType: number,
  findings: ParcelFindings,
): Promise<number | undefined> {
  if (ofType > 0) return ofType;
  const [first, ...others] = await query<{ srid: number; count: number }>(client, SRIDS(table));
  for (const { srid, count } of others)
    findings.add('mixed-srid', { count, details: [`${count} parcels of SRID ${srid}`] });
  if (first === undefined || first.srid <= 0 || others.length > 0) {
    if (others.length === 0) findings.add('srid', { count: 1, details: ['the SRID is 0'] });
    return undefined;
  }
  return first.srid;
}
