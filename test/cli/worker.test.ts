/** A worker that can't start says why and ends, whatever it has opened; and one that is told to stop stops, whatever hangs. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { createDatabase, skipWithoutServer, type TestDatabase } from '../database/database.js';
import { skipWithoutTemporal, temporalAddress, until } from '../workflows/server.js';
import { MAIN, parcelwise, type Run } from './command.js';

/** A failed start ends so soon; loading the program and a busy machine take their part. */
const START_SECONDS = 30;

describe('parcelwise worker', { skip: skipWithoutTemporal || skipWithoutServer }, () => {
  let folder: string;
  let database: TestDatabase;
  let env: Record<string, string>;
  const children: ChildProcess[] = [];
  const silent: { server: Server; sockets: Set<Socket> }[] = [];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parcelwise-worker-'));
    database = await createDatabase();
    await mkdir(join(folder, 'set-up'));
    await writeFile(join(folder, 'set-up', 'db_config.json'), dbConfig({}));
    const s3 = { host: 'http://127.0.0.1:1', access_key: 'a', secret_key: 'b', bucket: 'c' };
    await writeFile(join(folder, 'set-up', 's3_config.json'), JSON.stringify({ s3 }));
    env = { TEMPORAL_ADDRESS: temporalAddress!, PARCELWISE_SCRATCH: join(folder, 'scratch') };
  });
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    for (const { server, sockets } of silent.splice(0)) {
      server.close();
      for (const socket of sockets) socket.destroy();
    }
  });
  after(async () => {
    await database.drop();
    await rm(folder, { recursive: true });
  });

  function dbConfig(other: Record<string, unknown>): string {
    const { host, port, user, password } = database.connection;
    const connection = { host, port, dbname: database.name, dbuser: user, dbpasswd: password?.(), ...other };
    const tables = { aoi_table: 'aois', parcel_table: 'parcels', results_table: 'sigs' };
    const args = { name: 'here', startdate: '2024-03-01', enddate: '2024-04-01' };
    return JSON.stringify({ database: { connection, tables, args } });
  }

  async function fails(more: Record<string, string>, message: RegExp, args: string[] = []): Promise<Run> {
    const began = Date.now();
    const ran = await parcelwise(['worker', ...args], {
      cwd: join(folder, 'set-up'),
      env: { ...env, ...more },
    });
    assert.match(ran.err, message);
    assert.ok(ran.code > 0, `it ended with ${ran.code}: ${ran.err}`);
    assert.ok(Date.now() - began < START_SECONDS * 1000, 'it takes too long to end');
    assert.doesNotMatch(ran.err, /\n {4}at |tonic::/, 'in words for people');
    return ran;
  }

  function start(
    more: Record<string, string> = {},
    args: string[] = [],
  ): { child: ChildProcess; said: () => string } {
    const child = spawn(process.execPath, [MAIN, 'worker', ...args], {
      cwd: join(folder, 'set-up'),
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env, ...more },
    });
    children.push(child);
    let text = '';
    child.stderr.on('data', (piece: Buffer) => (text += piece.toString()));
    return { child, said: () => text };
  }

  /** Takes connections and never says a word. */
  async function silence(): Promise<number> {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => sockets.add(socket.on('error', () => undefined)));
    silent.push({ server, sockets });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as { port: number }).port;
  }

  it('ends with 2 where there is no db_config.json', async () => {
    const { code, err } = await parcelwise(['worker'], { cwd: folder, env });
    assert.match(err, /there is no db_config\.json/);
    assert.equal(code, 2);
  });

  it('ends where the namespace is not known', async () => {
    await fails(
      { TEMPORAL_NAMESPACE: 'nobodys' },
      /namespace nobodys can't be used .+; set TEMPORAL_NAMESPACE, or create it/,
    );
  });

  it('ends where no Temporal server answers, and where it takes the connection and says nothing', async () => {
    await fails({ TEMPORAL_ADDRESS: '127.0.0.1:1' }, /no Temporal server answers at 127\.0\.0\.1:1/);
    await fails({ TEMPORAL_ADDRESS: 'no-such-host.invalid:7233' }, /invalid:7233 \(failed to lookup address/);
    await fails({ TEMPORAL_TLS: 'true' }, /\(TLS fails: InvalidMessage/);
    await fails(
      { TEMPORAL_ADDRESS: `127.0.0.1:${await silence()}` },
      /no Temporal server answers at .+no answer within/,
    );
  });

  it('ends where the database is not there', async () => {
    const path = join(folder, 'elsewhere.json');
    await writeFile(path, dbConfig({ dbname: 'no_such_database' }));
    await fails({}, /there is no such database/, ['--db-config', path]);
    await writeFile(path, dbConfig({ port: 1 }));
    await fails({}, /nothing listens there/, ['--db-config', path]);
  });

  it('ends where its settings or its scratch folder can not be used', async () => {
    assert.equal((await fails({ PARCELWISE_THREADS: 'many' }, /PARCELWISE_THREADS is "many"/)).code, 2);
    await writeFile(join(folder, 'file'), '');
    const { code } = await fails(
      { PARCELWISE_SCRATCH: join(folder, 'file') },
      /can't be used as scratch folder: it is a file/,
    );
    assert.equal(code, 2);
    const closed = join(folder, 'closed');
    await mkdir(closed);
    await chmod(closed, 0o500);
    if (process.getuid?.() !== 0)
      await fails({ PARCELWISE_SCRATCH: closed }, /this user may not write there/);
  });

  it('starts on a scratch folder full of what it can not read, and stops at the first word', async () => {
    const scratch = join(folder, 'hostile');
    const scenes = join(scratch, 'slot-0', 'scenes');
    await mkdir(join(scenes, '1-0123abcd'), { recursive: true });
    await writeFile(join(scenes, '1-0123abcd', 'label.json'), '');
    await writeFile(join(scenes, '1-0123abcd', 'scene.json'), '{');
    await mkdir(join(scenes, '2-0123abcd', 'label.json'), { recursive: true });
    await writeFile(join(scenes, 'label.json'), '');
    await writeFile(join(scratch, 'slot-0', 'disk.json'), '');
    const { child, said } = start({ PARCELWISE_SCRATCH: scratch });
    await until('it polls', () => said().includes('polling all queues'), 60);
    await until('it has cleaned up', async () => (await readdir(scenes)).length === 0);
    for (const path of [
      'scenes/1-0123abcd/label.json',
      'scenes/2-0123abcd/label.json',
      'scenes/label.json',
      'disk.json',
    ])
      assert.match(said(), new RegExp(`slot-0/${path} can't be used: .+; it is set aside as `));
    child.kill('SIGTERM');
    const [code] = (await once(child, 'exit')) as [number];
    assert.equal(code, 0, said());
  });

  it('tells whether it is alive, and ready from the moment that it polls', async () => {
    const { child, said } = start({}, ['--health', '0']);
    await until('it tells its health', () => said().includes('health is told at'), 60);
    const url = /health is told at (http:\/\/127\.0\.0\.1:\d+)\n/.exec(said())?.[1] ?? '';
    assert.equal((await fetch(`${url}/healthz`)).status, 200);
    const first = await fetch(`${url}/readyz`);
    const early = !said().includes('polling all queues');
    if (early) assert.equal(first.status, 503);
    await until('it is ready', async () => (await fetch(`${url}/readyz`)).status === 200, 60);
    assert.match(said(), /polling all queues/);
    const ok = { database: 'ok', schema: 'ok', temporal: 'ok', polling: 'ok', scratch: 'ok' };
    assert.deepEqual(await (await fetch(`${url}/readyz`)).json(), { ready: true, conditions: ok });
    const taken = new URL(url).port;
    const { code } = await fails({}, /can't listen at 127\.0\.0\.1, port \d+: something else listens there/, [
      '--health',
      taken,
    ]);
    assert.equal(code, 2);
    child.kill('SIGTERM');
    assert.deepEqual(await once(child, 'exit'), [0, null]);
  });

  it('tells that it is not ready while the database never answers', async () => {
    const path = join(folder, 'mute.json');
    await writeFile(path, dbConfig({ host: '127.0.0.1', port: await silence() }));
    const { child, said } = start({}, [
      '--db-config',
      path,
      '--health',
      '127.0.0.1:0',
      '--role',
      'orchestrator',
    ]);
    await until('it asks the database', () => silent.some(({ sockets }) => sockets.size > 0), 60);
    const url = /health is told at (\S+)\n/.exec(said())?.[1] ?? '';
    assert.equal((await fetch(`${url}/healthz`)).status, 200);
    const ready = await fetch(`${url}/readyz`);
    assert.equal(ready.status, 503);
    const { conditions } = (await ready.json()) as { conditions: Record<string, string> };
    assert.match(conditions.database!, /no answer within/);
    assert.match(conditions.polling!, /not all queues/);
    assert.equal(conditions.temporal, 'ok');
    assert.equal('scratch' in conditions, false);
    child.kill('SIGKILL');
  });

  it('stops while it starts, though the database never answers', async () => {
    const path = join(folder, 'silent.json');
    await writeFile(path, dbConfig({ host: '127.0.0.1', port: await silence() }));
    const { child } = start({}, ['--db-config', path]);
    await until('it asks the database', () => silent.some(({ sockets }) => sockets.size > 0), 60);
    const began = Date.now();
    child.kill('SIGTERM');
    await once(child, 'exit');
    assert.ok(Date.now() - began < 8_000, `it took ${Date.now() - began} ms`);
  });
});
