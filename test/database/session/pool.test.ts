import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { inspect } from 'node:util';
import { resolveConnection } from '../../../database/session/connection.js';
import { explainConnection, isTransient } from '../../../database/session/errors.js';
import { openPool } from '../../../database/session/pool.js';
import { inTransaction, query } from '../../../database/session/session.js';
import { createDatabase, skipWithoutServer } from '../database.js';
import type { TestDatabase } from '../database.js';

describe('a pool', { skip: skipWithoutServer }, () => {
  let database: TestDatabase;
  before(async () => {
    database = await createDatabase();
  });
  after(() => database.drop());

  it('speaks UTC, names itself, and reads timestamps as text whatever the zone of this machine', async () => {
    const [row] = await query<Record<string, string>>(
      database.pool,
      `SELECT current_setting('TimeZone') AS zone, current_setting('application_name') AS name, timestamp '2024-03-31 02:30' AS time`,
    );
    assert.match(row?.name ?? '', /^parcelwise [0-9a-f]{12}$/);
    assert.deepEqual([row?.zone, row?.time], ['UTC', '2024-03-31 02:30:00']);
  });

  it('sets each transaction as it must be, whatever role, database or an earlier user of the session has set', async () => {
    const strange = {
      ...{ TimeZone: 'America/New_York', DateStyle: 'German, DMY', extra_float_digits: '0' },
      ...{ default_transaction_isolation: 'serializable', lock_timeout: '1ms', statement_timeout: '2ms' },
      ...{ client_encoding: 'LATIN1', standard_conforming_strings: 'off' },
    };
    const SHOWN = `
      SELECT current_setting('TimeZone') AS zone, current_setting('lock_timeout') AS lock, current_setting('statement_timeout') AS limit,
             current_setting('idle_in_transaction_session_timeout') AS idle, current_setting('transaction_isolation') AS isolation,
             current_setting('search_path') AS path, timestamptz '2024-03-31 00:30Z' AS time, 'é' AS letter, '\\x' AS literal, 0.1::real + 0.2::real AS sum`;
    const expected = {
      ...{ zone: 'UTC', lock: '0', limit: '15min', idle: '2min', isolation: 'read committed' },
      ...{ path: '"$user", public', time: '2024-03-31 00:30:00+00', letter: 'é', literal: '\\x', sum: 0.3 },
    };
    const pool = openPool(database.connection, { max: 1 });
    for (const [name, value] of Object.entries(strange))
      await query(database.pool, `ALTER DATABASE ${database.name} SET ${name} = '${value}'`);
    const [row] = await query<Record<string, unknown>>(pool, SHOWN);
    assert.deepEqual({ ...row, sum: Math.round(Number(row?.sum) * 1e6) / 1e6 }, expected);
    const client = await pool.connect();
    await client.query(`SET search_path = pg_catalog; SET TimeZone = 'Asia/Tokyo'`);
    client.release();
    const [after] = await query<Record<string, unknown>>(pool, SHOWN);
    assert.deepEqual([after?.zone, after?.path], ['UTC', '"$user", public']);
    await pool.end();
    await query(database.pool, `ALTER DATABASE ${database.name} RESET ALL`);
  });

  it('runs again what one moment could not be kept for, and shows nothing of it', async () => {
    await query(database.pool, 'CREATE TABLE counted (n integer); INSERT INTO counted VALUES (0)');
    const add = () =>
      inTransaction(
        database.pool,
        async (client) => {
          const [row] = await query<{ n: number }>(client, 'SELECT n FROM counted');
          await query(client, 'UPDATE counted SET n = $1', [row!.n + 1]);
        },
        { snapshot: true },
      );
    await Promise.all([add(), add(), add(), add()]);
    assert.deepEqual(await query(database.pool, 'SELECT n FROM counted'), [{ n: 4 }]);
  });

  it('does not take a transaction for stored in which a failure was passed over', async () => {
    const passedOver = inTransaction(database.pool, async (client) => {
      await client.query('CREATE TABLE half (n integer)');
      await client.query('SELECT 1 / 0').catch(() => undefined);
    });
    await assert.rejects(passedOver, /was rolled back/);
  });

  it('changes nothing where it is to read only', async () => {
    const pool = openPool(database.connection, { readOnly: true });
    await assert.rejects(query(pool, 'CREATE TABLE never (n integer)'), /read-only transaction/);
    await pool.end();
  });

  it('survives its idle connections being cut, and tells of it', async () => {
    const heard: Error[] = [];
    const pool = openPool(database.connection, { onIdleError: (error) => heard.push(error) });
    const [session] = await query<{ pid: number }>(pool, 'SELECT pg_backend_pid() AS pid');
    await query(database.pool, 'SELECT pg_terminate_backend($1)', [session?.pid]);
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.deepEqual(await query(pool, 'SELECT 1 AS one'), [{ one: 1 }]);
    assert.equal(heard.length, 1);
    await pool.end();
  });

  it('whose connection is cut within a transaction fails in a way that can be retried, and is usable at once', async () => {
    const cut = inTransaction(database.pool, async (client) => {
      const [session] = await query<{ pid: number }>(client, 'SELECT pg_backend_pid() AS pid');
      await query(database.pool, 'SELECT pg_terminate_backend($1)', [session?.pid]);
      await query(client, 'SELECT 1');
    });
    await assert.rejects(cut, (error) => isTransient(error));
    assert.deepEqual(await query(database.pool, 'SELECT 1 AS one'), [{ one: 1 }]);
  });

  it('rolls back what throws, and reports a failing statement as it is', async () => {
    await query(database.pool, 'CREATE TABLE t (n integer)');
    const failing = inTransaction(database.pool, async (client) => {
      await client.query('INSERT INTO t VALUES (1)');
      await client.query('SELECT * FROM missing');
    });
    await assert.rejects(
      failing,
      (error) => (error as { code?: string }).code === '42P01' && !isTransient(error),
    );
    assert.deepEqual(await query(database.pool, 'SELECT * FROM t'), []);
  });
});

describe('a connection that fails', { skip: skipWithoutServer }, () => {
  const failure = async (parts: object): Promise<Error> => {
    const base = resolveConnection({}, { DATABASE_URL: process.env.PARCELWISE_TEST_PG });
    const pool = openPool({ ...base, ...parts });
    try {
      return await query(pool, 'SELECT 1').then(
        () => assert.fail('connected'),
        (error: unknown) => error as Error,
      );
    } finally {
      await pool.end();
    }
  };

  it('names host, port and database, says what to look at, and never the password', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    for (const host of ['127.0.0.1', 'localhost']) {
      const refused = await failure({ host, port, database: 'cbm', password: () => 'geheim' });
      assert.equal(refused.name, 'ConnectionFailed');
      assert.match(
        refused.message,
        new RegExp(`PostgreSQL at ${host}:${port}, database "cbm" .*nothing listens there`),
      );
      assert.ok(isTransient(refused), host);
      assert.ok(!inspect(refused, { depth: 9, showHidden: true }).includes('geheim'));
    }
  });

  it('tells of a server that takes the connection and hangs up, or says nothing', async () => {
    const server = createServer((socket) => socket.resume().end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const closed = await failure({ host: '127.0.0.1', port });
    await new Promise((resolve) => server.close(resolve));
    assert.match(closed.message, /closed again at once\. Is it PostgreSQL/);
    assert.ok(isTransient(closed));
    const target = { host: 'h', port: 1, database: 'd', user: 'u' };
    const silent = explainConnection(new Error('Connection terminated due to connection timeout'), target);
    assert.match((silent as Error).message, /no answer in time\. Is a firewall in between\?/);
    assert.ok(isTransient(silent));
  });

  it('for good is told from one that may pass', async () => {
    const missing = await failure({ database: 'no_such_database' });
    assert.match(missing.message, /there is no such database/);
    assert.equal(isTransient(missing), false);
    const role = await failure({ user: 'nobody_of_this_name' });
    assert.equal(isTransient(role), false, role.message);
  });
});

describe('an error', () => {
  it('is transient by its code or by what the driver says', () => {
    const coded = (code: string) => Object.assign(new Error('x'), { code });
    for (const code of ['57P01', '53300', '53100', '40P01', '25006', '08006', 'ECONNRESET'])
      assert.ok(isTransient(coded(code)), code);
    for (const code of ['42P01', '28P01', '3D000', '23505', 'XX000', '42501', 'EACCES'])
      assert.ok(!isTransient(coded(code)), code);
    assert.ok(isTransient(new Error('Connection terminated unexpectedly')));
    assert.ok(isTransient(new AggregateError([coded('ECONNREFUSED')])));
    assert.ok(!isTransient(new TypeError('x is not a function')));
    assert.ok(!isTransient('text'));
  });
});
