/** Indexes for reads: what lacks, what is built beside writers, and what a build that is cut short leaves. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildIndex } from '../../../database/results/build-index.js';
import { missingIndexes, noticeable, type ReadTables } from '../../../database/results/indexes.js';
import { requireTable } from '../../../database/session/identifier.js';
import { createDatabase, skipWithoutServer, type TestDatabase } from '../database.js';

/** Resolves when it is so, and fails after a while. */
async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (let left = 400; left > 0; left--) {
    if (await isSo()) return;
    await sleep(50);
  }
  assert.fail('it never came to be so');
}

describe('indexes that reads need', { skip: skipWithoutServer }, () => {
  let database: TestDatabase;
  let tables: ReadTables;
  const run = (sql: string) => database.pool.query(sql);
  const missing = () => missingIndexes(database.pool, tables);
  const columns = async () => (await missing()).map(({ table, column }) => `${table} ${column}`);
  const build = async (options: Parameters<typeof buildIndex>[3] = {}) =>
    buildIndex(database.pool, database.connection, (await missing())[0]!, options);
  const indexes = async () =>
    (
      await database.pool.query<{ name: string; valid: boolean }>(
        `SELECT relname AS name, indisvalid AS valid FROM pg_index JOIN pg_class ON oid = indexrelid WHERE indrelid = 'sigs'::regclass ORDER BY 1`,
      )
    ).rows;

  before(async () => {
    database = await createDatabase();
  });
  after(() => database.drop());
  beforeEach(async () => {
    await run(
      'DROP TABLE IF EXISTS sigs, parcels; CREATE TABLE sigs (pid integer, obsid integer, band char(3))',
    );
    await run('INSERT INTO sigs SELECT i % 50, i / 50, $$B04$$ FROM generate_series(1, 1000) AS i');
    tables = { rows: [await requireTable(database.pool, 'sigs', 'results_table')] };
  });

  it('are those of rows by parcel, of parcels by id and place, and of ids that parcels are asked for by', async () => {
    await run('CREATE TABLE parcels (ogc_fid serial, code text, wkb_geometry geometry)');
    tables = { ...tables, parcels: await requireTable(database.pool, 'parcels', 'parcel_table') };
    const all = ['public.parcels ogc_fid', 'public.parcels wkb_geometry', 'public.sigs pid'];
    assert.deepEqual(await columns(), all);
    assert.equal(noticeable(await missing()).length, 0);
    tables = { ...tables, parcelIds: ['code', 'ogc_fid', 'not there'] };
    assert.deepEqual(await columns(), [all[0], 'public.parcels code', ...all.slice(1)]);
  });

  for (const [what, sql, serves] of [
    ['by parcel and scene', 'CREATE INDEX ON sigs (pid, obsid)', true],
    ['by scene and parcel', 'CREATE INDEX ON sigs (obsid, pid)', false],
    ['of some rows', 'CREATE INDEX ON sigs (pid) WHERE obsid > 3', false],
    ['that is no tree', 'CREATE INDEX ON sigs USING brin (pid)', false],
  ] as const)
    it(`one ${what} ${serves ? 'serves' : 'does not serve'}`, async () => {
      await run(sql);
      assert.deepEqual(await columns(), serves ? [] : ['public.sigs pid']);
    });

  it('are built under the name PostgreSQL would give, and then nothing lacks', async () => {
    await run('CREATE TABLE sigs_pid_idx ()');
    assert.equal(await build(), '"public"."sigs_pid_idx1"');
    assert.deepEqual(await indexes(), [{ name: 'sigs_pid_idx1', valid: true }]);
    assert.deepEqual(await missing(), []);
    await run('DROP TABLE sigs_pid_idx');
  });

  it('are built of each partition', async () => {
    await run(
      `DROP TABLE sigs; CREATE TABLE sigs (pid integer, obsid integer) PARTITION BY RANGE (obsid);
       CREATE TABLE sigs_1 PARTITION OF sigs FOR VALUES FROM (1) TO (10); CREATE TABLE sigs_2 PARTITION OF sigs DEFAULT`,
    );
    tables = { rows: [await requireTable(database.pool, 'sigs', 'results_table')] };
    assert.deepEqual(await columns(), ['public.sigs_1 pid', 'public.sigs_2 pid']);
    await build();
    assert.deepEqual(await columns(), ['public.sigs_2 pid']);
  });

  it('are built whatever limits of time the role has, and say whom they wait for', async () => {
    const role = database.connection.user;
    await run(`ALTER ROLE ${role} IN DATABASE ${database.name} SET statement_timeout = 300`);
    const writer = await database.pool.connect();
    try {
      await writer.query(`BEGIN; INSERT INTO sigs VALUES (1, 1, 'B04')`);
      const steps: string[] = [];
      const built = build({ onProgress: (step) => steps.push(step) });
      await until(() => steps.some((step) => step.includes('waiting')));
      await writer.query('COMMIT');
      await built;
      assert.match(
        steps.join('\n'),
        /index of public\.sigs by pid: waiting for writers before build \(1 to go, now process \d+\)/,
      );
      assert.deepEqual(await missing(), []);
    } finally {
      writer.release(true);
      await run(`ALTER ROLE ${role} IN DATABASE ${database.name} RESET statement_timeout`);
    }
  });

  /** A build waits for a transaction that has stored rows; what it then leaves is not valid. */
  async function beginBuild(): Promise<{
    stop: AbortController;
    built: Promise<unknown>;
    endWriter: () => Promise<void>;
  }> {
    const writer = await database.pool.connect();
    await writer.query(`BEGIN; INSERT INTO sigs VALUES (1, 1, 'B04')`);
    const stop = new AbortController();
    const built = build({ signal: stop.signal }).then(
      () => 'built',
      (error: unknown) => (error as Error).message,
    );
    await until(async () => (await indexes()).length > 0);
    return {
      stop,
      built,
      endWriter: async () => {
        await writer.query('ROLLBACK');
        writer.release();
      },
    };
  }

  it('that are stopped leave nothing behind', async () => {
    const { stop, built, endWriter } = await beginBuild();
    stop.abort();
    const removal = `SELECT FROM pg_stat_activity WHERE query LIKE 'DROP INDEX CONC%' AND state = 'active'`;
    await until(async () => (await run(removal)).rowCount === 1);
    await endWriter();
    assert.match(
      String(await built),
      /index of public\.sigs by pid was not built \(stopped\): nothing is left of it/,
    );
    assert.deepEqual(await indexes(), []);
  });

  it('that another session builds are not taken for leftovers', async () => {
    const { built, endWriter } = await beginBuild();
    await assert.rejects(build(), /is being built by another session \(process \d+\)\. Wait for it to end/);
    await endWriter();
    assert.equal(await built, 'built');
    assert.deepEqual(await missing(), []);
  });

  it('that were cut short by a crash are found, taken away, and built anew', async () => {
    const writer = await database.pool.connect();
    await writer.query(`BEGIN; INSERT INTO sigs VALUES (1, 1, 'B04')`);
    const crashed = run('CREATE INDEX CONCURRENTLY sigs_pid_idx ON sigs (pid)').catch(() => 'crashed');
    await until(async () => (await indexes()).length > 0);
    await run('SELECT pg_terminate_backend(pid) FROM pg_stat_progress_create_index');
    assert.equal(await crashed, 'crashed');
    await writer.query('ROLLBACK');
    writer.release();
    assert.equal((await missing())[0]?.invalid, 'public.sigs_pid_idx');
    await build();
    assert.deepEqual(await indexes(), [{ name: 'sigs_pid_idx', valid: true }]);
  });

  it('are left alone where the table is of another role, with the statement for its owner', async () => {
    await run('DROP ROLE IF EXISTS parcelwise_indexer; CREATE ROLE parcelwise_indexer');
    const client = await database.pool.connect();
    try {
      await client.query('SET ROLE parcelwise_indexer');
      const [lacking] = await missingIndexes(client, tables);
      assert.equal(lacking!.isOurs, false);
      await assert.rejects(
        buildIndex(database.pool, database.connection, lacking!),
        /not the owner of public\.sigs.*let the owner run CREATE INDEX CONCURRENTLY ON public\.sigs USING btree \("pid"\)/,
      );
    } finally {
      client.release(true);
      await run('DROP ROLE parcelwise_indexer');
    }
  });
});
