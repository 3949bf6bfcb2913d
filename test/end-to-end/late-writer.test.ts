/**
 * A worker that is frozen in the middle of a scene, loses it to another one, and wakes up: what it then sends to the
 * database comes too late. The database itself refuses it.
 */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { PostgresProxy } from '../../bench/chaos/postgres-proxy.js';
import type { Tables } from '../../database/terms.js';
import type { campaign } from '../../workflows/campaign.js';
import { ORCHESTRATOR_QUEUE } from '../../workflows/ids.js';
import { skipWithoutServer } from '../database/database.js';
import { skipWithoutTemporal, until } from '../workflows/server.js';
import type { Command } from './command.js';
import { skipWithoutStore } from './gateway.js';
import { makeTestSeason, type TestSeason } from './season.js';
import { WorkerProcesses } from './worker-processes.js';

const skip = skipWithoutServer || skipWithoutTemporal || skipWithoutStore;
/** The statement that every writing transaction begins with, see database/ledger/fence.ts. */
const FENCE = 'FOR SHARE';

describe('a worker that wakes up after its scene was taken over', { skip }, () => {
  let season: TestSeason;
  let proxy: PostgresProxy;
  let tables: Tables;
  let workers: WorkerProcesses;

  before(async () => {
    season = await makeTestSeason([{ card: 's2', name: 'late' }]);
    workers = await WorkerProcesses.open(join(season.folder, 'scratch'));
    ({ tables } = await season.config('s2', 'late'));
  });
  after(async () => {
    await workers.kill();
    proxy.close();
    await workers.close();
    await season.close();
  });

  function startWorker(name: string, dbConfig: string): Promise<Command> {
    const files = ['--db-config', dbConfig, '--s3-config', season.s3Config];
    return workers.start(files, { PARCELWISE_SCRATCH: join(season.folder, name) });
  }

  /** A copy of the configuration that reaches the database through a proxy. */
  async function throughProxy(dbConfig: string): Promise<string> {
    const config = JSON.parse(await readFile(dbConfig, 'utf8')) as {
      database: { connection: { host: string; port: number } };
    };
    const { connection } = config.database;
    proxy = new PostgresProxy(connection.port);
    await proxy.listen();
    Object.assign(connection, { host: '127.0.0.1', port: proxy.port });
    const path = join(season.folder, 'db_config-proxy.json');
    await writeFile(path, JSON.stringify(config), { mode: 0o600 });
    return path;
  }

  const count = async (table: 'plan' | 'ledger'): Promise<number> => {
    const sql = `SELECT count(*)::int AS count FROM parcelwise.${table} WHERE results_table = $1`;
    return (await season.database.pool.query<{ count: number }>(sql, [tables.results])).rows[0]!.count;
  };

  const start = () =>
    workers.client.workflow.start<typeof campaign>('campaign', {
      workflowId: 'campaign/late',
      taskQueue: ORCHESTRATOR_QUEUE,
      args: [{ card: 's2', tables, chunkParcels: 25, concurrency: 1, hostSilenceSeconds: 10 }],
    });

  it('writes nothing: the fence refuses it, and rows and ledger are those of its successor', async () => {
    const { dbConfig } = await season.config('s2', 'late');
    const first = await startWorker('first', await throughProxy(dbConfig));
    const handle = await start();
    await until('a chunk is stored', async () => (await count('ledger')) > 0, 120);
    const letGo = await proxy.keepBack(FENCE);
    // The other chunks of the scene go on without it.
    const isLast = async () => (await count('ledger')) === (await count('plan')) - 1;
    await until('all chunks but that one are stored', isLast, 120);
    const { rows: held } = await season.database.pool.query<{ workflow: string; obsid: number }>(
      `SELECT owner_workflow AS workflow, obsid FROM parcelwise.extraction WHERE results_table = $1 AND status = 'inprogress'`,
      [tables.results],
    );
    assert.equal(held.length, 1);
    first.signal('SIGSTOP');
    await handle.terminate('taken over');
    await workers.client.workflow.getHandle(held[0]!.workflow).terminate('taken over');

    await startWorker('second', dbConfig);
    assert.ok((await (await start()).result()).ended.extracted! > 0);
    const before = await contents();

    const woken = (await now()).now;
    first.signal('SIGCONT');
    letGo();
    await until('its transaction is rolled back', async () => (await rolledBack(woken)) > 0);
    assert.deepEqual(await contents(), before);
    const expected = await season.expected('s2');
    assert.equal(before.rows, expected.rows.size);
    assert.equal(before.distinct, expected.rows.size);
  });

  const now = async () =>
    (await season.database.pool.query<{ now: string }>('SELECT clock_timestamp()::text AS now')).rows[0]!;

  /** Sessions that have rolled back since: only the late writer has any reason to. */
  async function rolledBack(since: string): Promise<number> {
    const { rowCount } = await season.database.pool.query(
      `SELECT FROM pg_stat_activity
       WHERE datname = current_database() AND query = 'ROLLBACK' AND state = 'idle' AND state_change > $1`,
      [since],
    );
    return rowCount ?? 0;
  }

  async function contents() {
    const { pool } = season.database;
    const { rows } = await pool.query<{ rows: number; distinct: number; sum: string }>(
      `SELECT count(*)::int AS rows, count(DISTINCT (pid, obsid, band))::int AS distinct,
              sum(hashtextextended(s::text, 0))::text AS sum FROM ${tables.results} s`,
    );
    const ledger = await pool.query('SELECT * FROM parcelwise.ledger ORDER BY results_table, obsid, chunk');
    return { ...rows[0]!, ledger: ledger.rows };
  }
});
