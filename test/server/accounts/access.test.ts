import assert from 'node:assert/strict';
import { readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { openPool } from '../../../database/session/pool.js';
import { enterToken, enterUser } from '../../../server/accounts/enter.js';
import { Tokens } from '../../../server/accounts/tokens.js';
import { Users } from '../../../server/accounts/users.js';
import { Datasets } from '../../../server/datasets/datasets.js';
import { buildServer } from '../../../server/serve.js';
import type { Log } from '../../../telemetry/log.js';
import { UserError } from '../../../terminal/user-error.js';
import { temporaryFolder } from '../../temporary-folder.js';

const PASSWORD = 'o\'Brien\'s: "Wort"';

function basic(name: string, password: string): { authorization: string } {
  return { authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}` };
}

describe('who may ask', () => {
  const folder = temporaryFolder('accounts');
  const [users, tokens] = [join(folder, 'users.json'), join(folder, 'tokens.json')];
  const logged: string[] = [];
  const note = (line: string): void => void logged.push(line);
  const log: Log = { debug: note, info: note, warn: note, error: note };
  const servers: FastifyInstance[] = [];
  let token = '';
  before(async () => {
    await enterUser(users, { name: 'Anna', password: PASSWORD, aois: ['MS', 'nl'] });
    await enterUser(users, { name: 'root', password: 'all of it', aois: ['admin'] });
    token = enterToken(tokens, { name: 'bot', aois: ['ms'], expires: undefined });
  });
  after(async () => {
    await Promise.all(servers.map((app) => app.close()));
  });

  /** Nothing is asked of the database: without a dataset the answer is 404 for who may ask. */
  async function serve(withAccounts = true): Promise<FastifyInstance> {
    const pool = openPool({ host: '127.0.0.1', port: 1, database: 'none', user: 'none' });
    const accounts = withAccounts
      ? { users: new Users(users, log), tokens: new Tokens(tokens, log) }
      : undefined;
    const app = await buildServer({ pool, datasets: new Datasets(pool, []) }, { log, accounts });
    servers.push(app);
    return app;
  }

  const LET_IN = 404;
  const QUERY = '/query/parcelByID?year=2024&pid=1&aoi=';

  it('is told by 401 and the words that clients know, where there are no credentials or wrong ones', async () => {
    const app = await serve();
    const wrong = [
      {},
      { authorization: 'Basic' },
      { authorization: 'Basic !!!' },
      { authorization: 'Digest abc' },
      { authorization: `Basic ${Buffer.from('no colon').toString('base64')}` },
      { authorization: 'Bearer pw_wrong' },
      basic('anna', 'wrong'),
      basic('nobody', PASSWORD),
      basic('__proto__', 'x'),
      basic('', ''),
    ];
    for (const headers of wrong) {
      const answer = await app.inject({ url: `${QUERY}ms`, headers });
      assert.deepEqual([answer.statusCode, answer.body], [401, 'Could not verify.']);
      assert.equal(answer.headers['www-authenticate'], 'Basic realm="Login Required"');
    }
    assert.equal((await app.inject('/metrics')).statusCode, 401);
    assert.equal((await app.inject('/nowhere')).statusCode, 401);
  });

  it('is who has the password, whatever the case of the name, and for areas of the account alone', async () => {
    const app = await serve();
    const ask = (name: string, aoi: string, password = PASSWORD) =>
      app.inject({ url: `${QUERY}${aoi}`, headers: basic(name, password) });
    for (const [name, aoi] of [
      ['anna', 'ms'],
      ['ANNA', 'MS'],
      ['Anna', 'Nl'],
    ] as const)
      assert.equal((await ask(name, aoi)).statusCode, LET_IN, `${name} ${aoi}`);
    const refused = await ask('anna', 'be');
    assert.equal(refused.statusCode, 401);
    assert.match(refused.body, /^Not authorised for this dataset\. .*administrator/);
    assert.equal(refused.headers['www-authenticate'], undefined);
    assert.equal((await ask('root', 'be', 'all of it')).statusCode, LET_IN);
  });

  it('is judged by the area that is answered for, where the query names two', async () => {
    const app = await serve();
    const answer = await app.inject({ url: `${QUERY}be&aoi=ms`, headers: basic('anna', PASSWORD) });
    assert.equal(answer.statusCode, 401);
  });

  it('is who has a token, of which the file keeps a digest only', async () => {
    const app = await serve();
    const ask = (aoi: string) =>
      app.inject({ url: `${QUERY}${aoi}`, headers: { authorization: `Bearer ${token}` } });
    assert.equal((await ask('ms')).statusCode, LET_IN);
    assert.equal((await ask('nl')).statusCode, 401);
    assert.ok(!readFileSync(tokens, 'utf8').includes(token));
  });

  it('is nobody by a token after its last day', () => {
    const file = join(folder, 'expiring.json');
    const day = (offset: number): string =>
      new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);
    const [yesterday, today] = [-1, 0].map((offset) =>
      enterToken(file, { name: 'bot', aois: ['ms'], expires: day(offset) }),
    );
    const read = new Tokens(file, log);
    assert.equal(read.verify(yesterday!), undefined);
    assert.equal(read.verify(today!)?.name, 'bot');
  });

  it('is everybody where accounts are off', async () => {
    assert.equal((await (await serve(false)).inject(`${QUERY}ms`)).statusCode, LET_IN);
  });

  it('waits after ten wrong passwords, but not who was let in before', async () => {
    const app = await serve();
    const ask = (password: string) => app.inject({ url: `${QUERY}ms`, headers: basic('anna', password) });
    assert.equal((await ask(PASSWORD)).statusCode, LET_IN);
    for (let n = 0; n < 10; n++) assert.equal((await ask(`wrong ${n}`)).statusCode, 401);
    const eleventh = await ask('wrong again');
    assert.equal(eleventh.statusCode, 429);
    assert.ok(Number(eleventh.headers['retry-after']) > 250);
    assert.equal((await ask(PASSWORD)).statusCode, LET_IN);
    const root = await app.inject({ url: `${QUERY}ms`, headers: basic('root', 'all of it') });
    assert.equal(root.statusCode, LET_IN);
  });

  it('has a token that is good, however many wrong ones came from the same address', async () => {
    const app = await serve();
    const ask = (text: string) =>
      app.inject({ url: `${QUERY}ms`, headers: { authorization: `Bearer ${text}` } });
    for (let n = 0; n < 10; n++) assert.equal((await ask(`pw_${n}`)).statusCode, 401);
    assert.equal((await ask('pw_10')).statusCode, 429);
    assert.equal((await ask(token)).statusCode, LET_IN);
  });

  it('is asked for a password once, and remembered', async () => {
    const checked = new Users(users, log);
    assert.equal(checked.remembered('anna', PASSWORD), undefined);
    assert.equal((await checked.verify('anna', PASSWORD))?.name, 'Anna'.toLowerCase());
    assert.equal(checked.remembered('Anna', PASSWORD)?.name, 'anna');
    assert.equal(checked.remembered('anna', 'another'), undefined);
    assert.equal(checked.remembered('root', PASSWORD), undefined);
  });

  it('is out within seconds of being struck off the file or getting another password', async () => {
    const file = join(folder, 'changing.json');
    await enterUser(file, { name: 'anna', password: PASSWORD, aois: ['ms'] });
    await enterUser(file, { name: 'bert', password: PASSWORD, aois: ['ms'] });
    const known = new Users(file, log);
    for (const name of ['anna', 'bert']) assert.ok(await known.verify(name, PASSWORD));
    await enterUser(file, { name: 'anna', password: 'another one', aois: undefined });
    const left = JSON.parse(readFileSync(file, 'utf8')) as Record<string, { aois: string[] }>;
    assert.deepEqual(left.anna?.aois, ['ms'], 'areas stay');
    delete left.bert;
    writeFileSync(file, JSON.stringify(left));
    utimesSync(file, new Date(), new Date(Date.now() + 5000));
    await sleep(2100);
    assert.equal(known.remembered('anna', PASSWORD), undefined);
    assert.equal(known.remembered('bert', PASSWORD), undefined);
    assert.equal(await known.verify('anna', PASSWORD), undefined);
    assert.ok(await known.verify('anna', 'another one'));
    writeFileSync(file, '{ broken');
    await sleep(2100);
    assert.ok(await known.verify('anna', 'another one'), 'what it said before holds');
  });

  it('is told of a file that can not be read without a word of what stands in it', () => {
    const file = join(folder, 'broken.json');
    for (const text of [
      '{"anna": {"salt": "SECRET',
      '{"anna": {"salt": "SECRET", "key": 5}}',
      '{"anna": "SECRET"}',
    ]) {
      writeFileSync(file, text);
      assert.throws(
        () => new Users(file, log),
        (error) =>
          error instanceof UserError && error.message.includes(file) && !error.message.includes('SECRET'),
      );
    }
  });

  it('is never told to the log by password or token, nor by the address of a file that is lent', async () => {
    const app = await serve();
    const url = `http://anna:${encodeURIComponent('o-word')}@server.example.org/query/parcelByID?year=2024`;
    await app.inject('/static/tmp/E1N1_0123456789abcdef/a.tif');
    await app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = app.server.address() as AddressInfo;
    const socket = connect(port, '127.0.0.1', () => {
      socket.end(`GET ${url} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    });
    await once(socket.resume(), 'close');
    assert.ok(logged.some((line) => line.startsWith('GET /query/parcelByID?year=2024 401 ')));
    assert.ok(logged.some((line) => line.startsWith('GET /static/tmp/:folder/:file 404 ')));
    assert.ok(!logged.some((line) => /o-word|0123456789abcdef/.test(line)));
    assert.ok(logged.length > 10);
    const secrets = [PASSWORD, token, basic('anna', PASSWORD).authorization.slice(6)];
    assert.deepEqual(
      logged.filter((line) => secrets.some((secret) => line.includes(secret))),
      [],
    );
  });
});
