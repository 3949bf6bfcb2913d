import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { writableOf } from '../../../database/reads/writing-rights.js';
import { findTable } from '../../../database/session/identifier.js';
import { inTransaction } from '../../../database/session/session.js';
import type { Table } from '../../../database/terms.js';
import { createDatabase, skipWithoutServer, type TestDatabase } from '../database.js';

const RIGHTS = ['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'UPDATE (status)'] as const;

describe('tables that a role may write to', { skip: skipWithoutServer }, () => {
  const role = `rights_${randomBytes(4).toString('hex')}`;
  let database: TestDatabase;
  before(async () => {
    database = await createDatabase();
    const { pool } = database;
    await pool.query(`CREATE ROLE ${role}`);
    for (const [i, right] of RIGHTS.entries())
      await pool.query(`CREATE TABLE t${i} (status text); GRANT ${right} ON t${i} TO ${role}`);
  });
  after(async () => {
    await database.pool.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    await database.drop();
  });

  it('are those with any right to change them, be it of one column', async () => {
    const tables = await Promise.all(RIGHTS.map((_, i) => findTable(database.pool, `t${i}`)));
    const known = tables.filter((table): table is Table => table !== undefined);
    const found = await inTransaction(database.pool, async (client) => {
      await client.query(`SET LOCAL ROLE ${role}`);
      return writableOf(client, [...known, ...known]);
    });
    assert.deepEqual(
      found,
      [1, 2, 3, 4, 5].map((i) => `public.t${i}`),
    );
    assert.equal((await writableOf(database.pool, known)).length, RIGHTS.length, 'a superuser may write all');
  });
});
