/** A table that parcelwise itself writes anew stays the table that rows were stored in. */
import type pg from 'pg';
import { execute } from '../session/session.js';
import type { Table } from '../terms.js';
import { filesOf } from './table-files.js';

/**
 * First statement of whoever changes what is remembered of a table's files: whoever counts rows (`requireStoredRows`) shuts all
 * others out before looking at the tables, and would wait for us as we for them.
 */
export const TURN = 'LOCK TABLE parcelwise.stored_table IN ROW EXCLUSIVE MODE';

/** Where the files are not those remembered, the rows have to be counted as before. */
const FOLLOW = 'UPDATE parcelwise.stored_table SET files = $3 WHERE table_name = $1 AND files = $2';

/** Does what writes the table anew and leaves its rows as they are, in the caller's transaction, which has the table to itself. */
export async function keepFiles(
  client: pg.ClientBase,
  table: Table,
  write: () => Promise<unknown>,
): Promise<void> {
  const before = await filesOf(client, table);
  await write();
  await execute(client, FOLLOW, [table.key, before, await filesOf(client, table)]);
}
