/** `parcelwise serve` as a person runs it: a process of its own, its words, and its end. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createDatabase, skipWithoutServer, type TestDatabase } from '../database/database.js';
import { makeSeason } from '../database/season.js';
import { temporaryFolder } from '../temporary-folder.js';
import { MAIN, parcelwise } from './command.js';
import { type Serving, Servings } from './serving.js';

describe('parcelwise serve', { skip: skipWithoutServer }, () => {
  const folder = temporaryFolder('serve');
  let database: TestDatabase;
  const servings = new Servings();
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
    await servings.end();
    await database.drop();
  });

  const serve = (...args: string[]): Promise<Serving> => servings.start(folder, ...args);

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
  });

  it('says what is wrong with what it was told, and how to mend it', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const port = String((taken.address() as AddressInfo).port);
    const [cert, key, other] = ['said.pem', 'said.key', 'other.key'];
    makeCertificate(folder, cert, key);
    makeCertificate(folder, 'other.pem', other);
    const wrong: readonly (readonly [args: readonly string[], says: RegExp])[] = [
      [['--tls-cert', cert], /go together/],
      [['--tls-cert', 'nowhere.pem', '--tls-key', key], /nowhere\.pem: there is no such file/],
      [['--tls-cert', folder, '--tls-key', key], /it can't be read/],
      [['--tls-cert', key, '--tls-key', key], /said\.key holds no certificate in PEM/],
      [['--tls-cert', cert, '--tls-key', cert], /said\.pem holds no private key in PEM/],
      [['--tls-cert', cert, '--tls-key', other], /can't be used together.*made for/],
      [
        ['--port', port],
        /can't listen at 127\.0\.0\.1, port \d+: something else listens there.*another port/,
      ],
      [['--trust-proxy', '127.0.0.1,nonsense'], /"nonsense" is no address/],
      [['--trust-proxy', '10.0.0.0/33'], /is no address/],
    ];
    await Promise.all(
      wrong.map(async ([args, says]) => {
        const { code, err } = await parcelwise(['serve', '--no-auth', ...args], { cwd: folder });
        assert.match(err, says);
        assert.equal(code, 2, err);
        assert.doesNotMatch(err, /^\s+at /m);
      }),
    );
    taken.close();
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
    makeCertificate(folder, 'cert.pem', 'key.pem');
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
    const { process: child, url, said, says } = await serve('--no-auth', '--datasets', datasets);
    await says(/may write/);
    assert.match(said(), /dataset be_2023 can't be served: there is no table none/);
    assert.match(said(), /dataset be_2024: parcels of public\.parcels, series s2\n/);
    assert.match(said(), /dataset be_2024: there is no table nowhere/);
    assert.match(
      said(),
      /dataset be_2024: without an index, .*: public\.large \(pid\)\. Build it: parcelwise results index\n/,
    );
    assert.match(
      said(),
      /role may write to public\.dias_catalogue, public\.large, public\.parcels, .*Rights\n/,
    );
    assert.equal((await fetch(`${url}/readyz`)).status, 200);
    child.kill('SIGTERM');
    await once(child, 'exit');
  });
});

/** Of this machine, signed by itself. */
function makeCertificate(folder: string, cert: string, key: string): void {
  const options = '-x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost';
  const files = ['-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert];
  execFileSync('openssl', ['req', ...options.split(' '), ...files], { cwd: folder, stdio: 'ignore' });
}
