/** A table in pieces, so that a long pass over it can say how far it is, and reads each row once. */
import type pg from 'pg';
import { query } from '../../session/session.js';
import type { Table } from '../../terms.js';

/** A condition on the table's rows `p`, and which part of the table lies before its end. */
export interface Piece {
  readonly where: string;
  readonly share: number;
}

/** 4 MB of rows: some 10,000 parcels, a fraction of a second. */
const BLOCKS = 512;

/** PostgreSQL 14 finds a range of row addresses without reading the rest of the table. */
const EXTENT = `
  SELECT c.relkind = 'r' AND current_setting('server_version_num')::int >= 140000 AS addressable,
         ceil(pg_relation_size(c.oid) / current_setting('block_size')::float8)::int AS blocks
  FROM pg_class c WHERE c.oid = $1::oid`;

/** The pieces of a table in order; a view, a partitioned or a foreign table is one piece. */
export async function piecesOf(client: pg.ClientBase, table: Table): Promise<Piece[]> {
  const [extent] = await query<{ addressable: boolean; blocks: number }>(client, EXTENT, [table.oid]);
  if (extent?.addressable !== true || extent.blocks <= BLOCKS) return [{ where: 'true', share: 1 }];
  const pieces: Piece[] = [];
  for (let from = 0; from < extent.blocks; from += BLOCKS) {
    const to = from + BLOCKS;
    const last = to >= extent.blocks;
    pieces.push({
      where: `p.ctid >= '(${from},0)'::tid${last ? '' : ` AND p.ctid < '(${to},0)'::tid`}`,
      share: Math.min(1, to / extent.blocks),
    });
  }
  return pieces;
}
