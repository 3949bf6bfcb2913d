import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { isOutage } from '../../../database/session/errors.js';
import { LIVENESS } from '../../../database/session/liveness.js';
import { openPool, type PoolOptions } from '../../../database/session/pool.js';
import { inTransaction, query } from '../../../database/session/session.js';
import { createDatabase, skipWithoutServer, type TestDatabase } from '../database.js';
import { SilentProxy } from './silent-proxy.js';

/** A fraction of what the product waits, so that a test takes seconds. */
const QUICK = { ...LIVENESS, quietMs: 400, everyMs: 100, probeMs: 1_500 };
/** Silence, two questions and their limit, and a machine that has other things to do. */
const SOON_MS = 8_000;

describe('a connection that is half dead', { skip: skipWithoutServer }, () => {
  let database: TestDatabase;
  let proxy: SilentProxy;
  let pool: pg.Pool;
  before(async () => {
    database = await createDatabase();
    await query(database.pool, 'CREATE TABLE filled (n integer, text text)');
  });
  beforeEach(async () => {
    proxy = await SilentProxy.before(database.connection);
    pool = open();
  });
  afterEach(async () => {
    proxy.close();
    await pool.end();
  });
  after(() => database.drop());

  const open = (options: PoolOptions = {}) =>
    openPool(proxy.connection, { max: 4, liveness: QUICK, ...options });
  const works = async () => {
    assert.deepEqual(await query(pool, 'SELECT 1 AS one'), [{ one: 1 }]);
  };
  /** Fails soon, in words of its own, as an outage. */
  async function isLost(work: Promise<unknown>, message: RegExp): Promise<void> {
    const begun = performance.now();
    await assert.rejects(work, (error: Error) => {
      assert.match(error.message, message);
      assert.ok(isOutage(error), 'counts as an outage');
      return true;
    });
    assert.ok(performance.now() - begun < SOON_MS, `took ${performance.now() - begun} ms`);
  }

  it('is found out by what the server at the new address says, and the pool goes on by another', async () => {
    await works();
    proxy.silence('both', false);
    await isLost(query(pool, 'SELECT 2 AS two'), /nothing has come through it for \d+ s, and the server/);
    await works();
    assert.equal(proxy.open, 1, 'the dead one is closed, not waited for');
  });

  it('is given up where nobody answers at all, and the pool recovers when somebody does', async () => {
    await works();
    proxy.silence('both', true);
    await isLost(query(pool, 'SELECT 2 AS two'), /no other connection can be made/);
    proxy.restore();
    await works();
  });

  it('is given up where only answers are lost', async () => {
    await works();
    proxy.silence('answers', false);
    await isLost(query(pool, 'SELECT 2 AS two'), /the server (waits for us|knows nothing)/);
    await works();
  });

  it('is found out in the middle of a transaction, and of its COMMIT', async () => {
    const broken = inTransaction(pool, async (client) => {
      await client.query('SELECT 1');
      proxy.silence('both', false);
      await client.query('SELECT 2');
    });
    await isLost(broken, /nothing has come through/);
    const unsure = inTransaction(pool, async (client) => {
      await client.query('SELECT 1');
      proxy.silence('both', false);
    });
    await isLost(unsure, /nothing has come through/);
    await works();
  });

  it('is found out in a COPY, in and out', async () => {
    const rows = Array.from({ length: 200 }, (_, n) => `${n}\t${'x'.repeat(100_000)}\n`);
    const copyingIn = inTransaction(pool, async (client) => {
      const stream = client.query(copyFrom('COPY filled FROM STDIN'));
      let written = 0;
      const source = Readable.from(rows).on('data', () => {
        if (++written === 20) proxy.silence('both', false);
      });
      await pipeline(source, stream);
    });
    await isLost(copyingIn, /nothing has come through/);
    const copyingOut = inTransaction(pool, async (client) => {
      const endless = client.query(
        copyTo(`COPY (SELECT repeat('x', 100000) FROM generate_series(1, 100000)) TO STDOUT`),
      );
      let read = 0;
      for await (const bytes of endless as AsyncIterable<Buffer>) {
        read += bytes.length;
        if (read > 1_000_000) proxy.silence('answers', false);
      }
    });
    await isLost(copyingOut, /nothing has come through/);
    await works();
  });

  it('is told from one whose statement takes its time', async () => {
    const [row] = await query<{ done: boolean }>(pool, 'SELECT true AS done FROM pg_sleep(3)');
    assert.equal(row?.done, true);
    // A wait for another's lock is no silence of the network either.
    await inTransaction(database.pool, async (client) => {
      await client.query('LOCK TABLE filled');
      setTimeout(() => void client.query('ROLLBACK').catch(() => undefined), 3_000);
      await query(pool, 'SELECT count(*) FROM filled');
      await client.query('BEGIN');
    });
  });

  it('is told from a COPY that waits for us', async () => {
    await inTransaction(pool, async (client) => {
      const stream = client.query(copyFrom('COPY filled FROM STDIN'));
      async function* slowly() {
        yield '1\ta\n';
        await sleep(2_500);
        yield '2\tb\n';
      }
      await pipeline(Readable.from(slowly()), stream);
      assert.equal(stream.rowCount, 2);
      const out = client.query(
        copyTo(`COPY (SELECT repeat('x', 1000) FROM generate_series(1, 20000)) TO STDOUT`),
      );
      let read = 0;
      for await (const bytes of out as AsyncIterable<Buffer>) {
        if (read === 0) await sleep(2_500);
        read += bytes.length;
      }
      assert.equal(read, 20_000 * 1001);
    });
  });

  it('is told from one of a process that was busy with other things', async () => {
    const asked = query(pool, 'SELECT 1 AS one FROM pg_sleep(0.6)');
    await sleep(300);
    const until = performance.now() + 4_000;
    while (performance.now() < until);
    assert.deepEqual(await asked, [{ one: 1 }]);
  });

  it('ends when a statement has outlasted its limit, whatever the server says, unless it has none', async () => {
    const limited = open({ liveness: { ...QUICK, statementMs: 1_000 } });
    await isLost(query(limited, 'SELECT pg_sleep(20)'), /its time is over/);
    const unlimited = await inTransaction(
      limited,
      async (client) => (await client.query<{ one: number }>('SELECT 1 AS one FROM pg_sleep(2)')).rows,
      { unlimited: true },
    );
    assert.deepEqual(unlimited, [{ one: 1 }]);
    await limited.end();
  });

  it('does not keep a pool from ending, idle or in use', async () => {
    const patient = open({ liveness: LIVENESS });
    await query(patient, 'SELECT 1');
    proxy.silence('both', true);
    let begun = performance.now();
    await patient.end();
    assert.ok(performance.now() - begun < 3_000, 'an idle connection gets no answer to its farewell');
    proxy.restore();

    const busy = open({ liveness: LIVENESS });
    const abandoned = inTransaction(busy, async (client) => {
      await client.query('SELECT 1');
      proxy.silence('both', true);
      await client.query('SELECT 2');
    });
    const idler = inTransaction(busy, () => sleep(60_000, undefined, { ref: false }));
    void Promise.allSettled([idler]);
    const failing = assert.rejects(abandoned, (error) => isOutage(error));
    await sleep(500);
    begun = performance.now();
    await busy.end();
    await failing;
    assert.ok(performance.now() - begun < 8_000, `took ${performance.now() - begun} ms`);
    await sleep(100);
    assert.equal(proxy.open, 0, 'no socket is left that would keep the process');
  });
});
