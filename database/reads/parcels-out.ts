/** Parcels for an export: their geometry in degrees, in the order of a Hilbert curve, with what the table knows of each. */
import type pg from 'pg';
import { Columns, sridOf } from '../session/columns.js';
import { requireTable } from '../session/identifier.js';
import { type Database, query } from '../session/session.js';
import type { Table } from '../terms.js';
import { copyOut } from './copy-out.js';
import { isChosen, type ParcelChoice } from './parcel-choice.js';
import { type ReadColumn, readColumns } from './read-columns.js';

export interface ExportedParcels extends Table {
  readonly srid: number;
  /** All but the id and the geometry. */
  readonly others: readonly ReadColumn[];
}

/** @throws DatabaseSetupError naming the table or the column that is missing. */
export async function exportedParcels(database: Database, name: string): Promise<ExportedParcels> {
  const table = await requireTable(database, name, 'parcel_table');
  const columns = await Columns.of(database, table);
  columns.require('ogc_fid', 'integer', 'smallint', 'bigint');
  const srid = await sridOf(database, table, columns.require('wkb_geometry', 'geometry'));
  const own = ['ogc_fid', 'wkb_geometry'];
  const others = (await readColumns(database, table)).filter((column) => !own.includes(column.name));
  return { ...table, srid, others };
}

/** Changes whenever a parcel or anything that the table knows of it does. */
const FINGERPRINT = (choice: ParcelChoice) => `
  SELECT count(*)::text || '/' || coalesce(sum(hashtextextended(p::text, 0)), 0)::text AS fingerprint
  FROM ${choice.parcels.key} p WHERE ${isChosen(choice)}`;

export async function parcelRowsFingerprint(client: pg.ClientBase, choice: ParcelChoice): Promise<string> {
  const [row] = await query<{ fingerprint: string }>(client, FINGERPRINT(choice));
  return row!.fingerprint;
}

export type ToDegrees = 'ST_Transform' | 'parcelwise.transform_or_null';

/**
 * PostGIS sorts geometries along a Hilbert curve (since 3.0). $columns are expressions of parcel `r` and of `g`, its shape in
 * degrees.
 */
const PARCELS = (choice: ParcelChoice, columns: readonly string[], transform: ToDegrees) => `
  SELECT ${['0', ...columns].join(', ')}
  FROM (SELECT p.*, ${transform}(ST_Force2D(p.wkb_geometry), 4326) AS g FROM ${choice.parcels.key} p WHERE ${isChosen(choice)} OFFSET 0) AS r
  ORDER BY g, r.ogc_fid`;

export function copyParcelsOut(
  client: pg.ClientBase,
  choice: ParcelChoice,
  columns: readonly string[],
  { transform, signal }: { readonly transform: ToDegrees; readonly signal?: AbortSignal | undefined },
): AsyncIterable<Buffer> {
  return copyOut(client, PARCELS(choice, columns, transform), signal);
}
