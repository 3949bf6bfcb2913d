/** The digest of a parcel table: of every id and shape in it, in whatever order they lie. */
import type pg from 'pg';
import { query } from '../session/session.js';
import type { Table } from '../terms.js';

/** Extended WKB in one byte order, which every PostGIS writes in the same way; SHA-256 of the ascending hashes, as of rows. */
const DIGEST = (table: Table) => `
  SELECT count(*)::float8 AS parcels, encode(sha256(coalesce(string_agg(hash, '' ORDER BY hash), '')), 'hex') AS digest
  FROM (SELECT sha256(int8send(ogc_fid::bigint) || coalesce(ST_AsEWKB(wkb_geometry, 'NDR'), '\\x00')) AS hash FROM ${table.key}) AS hashed`;

export interface ParcelTableDigest {
  readonly parcels: number;
  readonly digest: string;
}

export async function parcelTableDigest(client: pg.ClientBase, table: Table): Promise<ParcelTableDigest> {
  const [row] = await query<ParcelTableDigest>(client, DIGEST(table));
  if (row === undefined) throw new Error('an aggregate without a row');
  return row;
}
