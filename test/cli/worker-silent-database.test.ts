/** A worker whose network to the database has broken still ends when it is told to. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createDatabase, skipWithoutServer, type TestDatabase } from '../database/database.js';
import { SilentProxy } from '../database/session/silent-proxy.js';
import { skipWithoutTemporal, temporalAddress } from '../workflows/server.js';

const MAIN = fileURLToPath(new URL('../../cli/main.js', import.meta.url));
const skip = skipWithoutTemporal || skipWithoutServer;
/** Grace and force of the worker, closing the pool, and a machine that has other things to do. */
const GRACE_MS = 35_000;

describe('parcelwise worker', { skip }, () => {
  let database: TestDatabase;
  let proxy: SilentProxy;
  let folder: string;
  before(async () => {
    database = await createDatabase();
    proxy = await SilentProxy.before(database.connection);
    folder = await mkdtemp(join(tmpdir(), 'parcelwise-worker-'));
    const { host, port, user, password } = proxy.connection;
    const connection = { host, port, dbname: database.name, dbuser: user, dbpasswd: password?.() ?? 'none' };
    const tables = { aoi_table: 'aois', parcel_table: 'parcels', results_table: 'sigs' };
    const args = { name: 'here', startdate: '2024-03-01', enddate: '2024-04-01' };
    const config = JSON.stringify({ database: { connection, tables, args } });
    await writeFile(join(folder, 'db_config.json'), config);
  });
  after(async () => {
    proxy.close();
    await database.drop();
    await rm(folder, { recursive: true });
  });

  it('ends within its grace time though the database has fallen silent', async () => {
    const env = {
      ...{ PATH: process.env.PATH, HOME: process.env.HOME },
      ...{ TEMPORAL_ADDRESS: temporalAddress, PARCELWISE_SCRATCH: join(folder, 'scratch') },
    };
    const worker = spawn(process.execPath, [MAIN, 'worker', '--role', 'orchestrator'], { cwd: folder, env });
    let said = '';
    for (const stream of [worker.stdout, worker.stderr])
      stream.on('data', (bytes: Buffer) => (said += bytes.toString()));
    const ended = new Promise<number | null>((resolve) => worker.once('exit', resolve));
    const until = performance.now() + 60_000;
    while (!said.includes('polling') && performance.now() < until && worker.exitCode === null)
      await sleep(100);
    assert.match(said, /polling/);
    proxy.silence('both', true);
    const begun = performance.now();
    worker.kill('SIGTERM');
    const code = await Promise.race([ended, sleep(GRACE_MS, 'late', { ref: false })]);
    if (code === 'late') worker.kill('SIGKILL');
    assert.equal(code, 0, said);
    assert.ok(performance.now() - begun < GRACE_MS);
  });
});
