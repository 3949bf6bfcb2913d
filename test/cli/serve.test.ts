/** `parcelwise serve` as a person runs it: a process of its own, its words, and its end. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createDatabase, skipWithoutServer, type TestDatabase } from '../database/database.js';
import { makeSeason } from '../database/season.js';
import { temporaryFolder } from '../temporary-folder.js';
import { MAIN, parcelwise } from './command.js';

interface Serving {
  readonly process: ChildProcess;
  readonly url: string;
  /** All that it has said so far. */
  readonly said: () => string;
}

describe('parcelwise serve', { skip: skipWithoutServer }, () => {
  const folder = temporaryFolder('serve');
  let database: TestDatabase;
  const running: ChildProcess[] = [];
  before(async () => {
    database = await createDatabase();
    await makeSeason(database.pool);
    const { host, port, user, password } = database.connection;
    writeFileSync(
      join(folder, 'db_config.json'),
      JSON.stringify({
        database: {
          connection: { host, port, dbname: database.name, dbuser: user, dbpasswd: password?.() },
          tables: { aoi_table: 'aois', parcel_table: 'parcels', results_table: 'sigs', hists_table: 'hists' },
          args: { name: 'Here', startdate: '2024-03-01', enddate: '2024-04-01' },
        },
      }),
    );
  });
  after(async () => {
    for (const child of running) child.kill('SIGKILL');
    await database.drop();
  });

  /** Runs it until it says where it listens and what it serves. */
  async function serve(...args: string[]): Promise<Serving> {
    const child = spawn(process.execPath, [MAIN, 'serve', '--port', '0', ...args], {
      cwd: folder,
      env: { PATH: process.env.PATH, HOME: process.env.HOME },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    running.push(child);
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    const until = performance.now() + 20_000;
    while (!/dataset .*\n/.test(said)) {
      if (child.exitCode !== null || performance.now() > until) throw new Error(`it does not serve: ${said}`);
      await sleep(20);
    }
    const url = /listening at (\S+)/.exec(said)?.[1] ?? '';
    return { process: child, url, said: () => said };
  }

  it('serves the dataset of db_config.json, says so, and ends in good order with running answers', async () => {
    await database.pool.query(
      `CREATE TABLE aside AS SELECT * FROM parcels;
       DROP TABLE parcels CASCADE;
       CREATE VIEW parcels AS SELECT a.* FROM aside a, LATERAL (SELECT pg_sleep(CASE ogc_fid WHEN 2 THEN 1 ELSE 0 END) OFFSET 0) AS nap`,
    );
    const { process: child, url, said } = await serve('--no-auth');
    assert.match(said(), /dataset here_2024: parcels of public\.parcels, series s2, bs, c6, c1, bs_tf/);
    assert.match(said(), /WARN|warn .*no accounts/);
    const parcel = (pid: number): Promise<Response> =>
      fetch(`${url}/query/parcelById?aoi=Here&year=2024&pid=${pid}`);
    assert.deepEqual(((await (await parcel(1)).json()) as { pid: string[] }).pid, ['1']);
    const slow = parcel(2);
    await sleep(300);
    child.kill('SIGTERM');
    const answer = await slow;
    assert.deepEqual(((await answer.json()) as { pid: string[] }).pid, ['2']);
    const [code] = (await once(child, 'exit')) as [number];
    assert.equal(code, 0);
    assert.match(said(), /stopping[^]*stopped\n$/);
    await assert.rejects(parcel(1));
  });

  it('wants accounts, or a loopback address', async () => {
    const env = { PGHOST: '127.0.0.1' };
    const none = await parcelwise(['serve'], { cwd: folder, env });
    assert.equal(none.code, 2);
    assert.match(none.err, /there are no accounts.*--no-auth/);
    const open = ['0.0.0.0', 'localhost.example.org'].map(async (host) => {
      const refused = await parcelwise(['serve', '--no-auth', '--host', host], { cwd: folder, env });
      assert.deepEqual([refused.code, refused.err.includes('would let in whoever')], [2, true], host);
    });
    await Promise.all(open);
    const half = await parcelwise(['serve', '--no-auth', '--tls-cert', 'db_config.json'], {
      cwd: folder,
      env,
    });
    assert.deepEqual([half.code, half.err.includes('go together')], [2, true]);
  });

  it('lets in accounts that the command made, over TLS', async () => {
    const made = execFileSync(process.execPath, [MAIN, 'account', 'token', 'bot', '--aois', 'here'], {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    execFileSync(process.execPath, [MAIN, 'account', 'add', 'anna', '--all'], {
      cwd: folder,
      input: 'a password of hers\n',
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '2',
      ].concat([
        '-subj',
        '/CN=localhost',
        '-addext',
        'subjectAltName=IP:127.0.0.1',
        '-keyout',
        key,
        '-out',
        cert,
      ]),
      { stdio: 'ignore' },
    );
    const { process: child, url } = await serve('--tls-cert', cert, '--tls-key', key);
    const ask = (authorization: string): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        get(
          `${url}/query/parcelByID?aoi=here&year=2024&pid=1`,
          { ca: readFileSync(cert), headers: { authorization }, agent: false },
          (answer) => {
            answer.resume();
            resolve(answer.statusCode);
          },
        ).on('error', reject);
      });
    assert.match(url, /^https:/);
    assert.equal(await ask(`Bearer ${made.trim()}`), 200);
    assert.equal(await ask(`Basic ${Buffer.from('anna:a password of hers').toString('base64')}`), 200);
    assert.equal(await ask('Bearer pw_wrong'), 401);
    child.kill('SIGTERM');
    await once(child, 'exit');
  });

  it('says what is in the way of a dataset, and serves the others', async () => {
    const datasets = join(folder, 'several.json');
    const tables = { parcels: 'parcels', s2: 'large', scl: 'nowhere' };
    await database.pool.query(
      `CREATE UNLOGGED TABLE large (LIKE sigs) WITH (fillfactor = 10); INSERT INTO large (pid) SELECT generate_series(1, 100000)`,
    );
    writeFileSync(
      datasets,
      JSON.stringify({
        be_2023: { tables: { parcels: 'none' }, pcolumns: { parcel_id: 'ogc_fid' } },
        be_2024: { tables, pcolumns: { parcel_id: 'ogc_fid' } },
      }),
    );
    const { process: child, url, said } = await serve('--no-auth', '--datasets', datasets);
    const until = performance.now() + 5000;
    while (!said().includes('results index') && performance.now() < until) await sleep(20);
    assert.match(said(), /dataset be_2023 can't be served: there is no table none/);
    assert.match(said(), /dataset be_2024: parcels of public\.parcels, series s2\n/);
    assert.match(said(), /dataset be_2024: there is no table nowhere/);
    assert.match(
      said(),
      /dataset be_2024: without an index, .*: public\.large \(pid\)\. Build it: parcelwise results index\n/,
    );
    assert.equal((await fetch(`${url}/readyz`)).status, 200);
    child.kill('SIGTERM');
    await once(child, 'exit');
  });
});
