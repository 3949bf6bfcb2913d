/** Which scenes a table holds rows of. */
import type pg from 'pg';
import { query } from '../session/session.js';
import type { Table } from '../terms.js';

/** $1 scenes. One look at an index, or one scan where there is none. */
const WITH_ROWS = (table: Table) => `
  SELECT DISTINCT r.obsid FROM ${table.key} r WHERE r.obsid = ANY ($1::integer[]) ORDER BY 1`;

export async function scenesWithRows(
  client: pg.ClientBase,
  table: Table,
  obsids: readonly number[],
): Promise<number[]> {
  if (obsids.length === 0) return [];
  const rows = await query<{ obsid: number }>(client, WITH_ROWS(table), [obsids]);
  return rows.map(({ obsid }) => obsid);
}
