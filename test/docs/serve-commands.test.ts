/** The commands of docs/serve.md, run as they stand: on the tables that the demo makes, and on those of a user with accounts and TLS. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { asJson, dbConfig } from '../../demo/config-files.js';
import { CARDS, demoDatasets, periodOf, tablesOf } from '../../demo/demo-setup.js';
import { loadSeason } from '../../demo/season/load-season.js';
import { world } from '../../demo/season/world.js';
import { MAIN } from '../cli/command.js';
import { type Serving, Servings } from '../cli/serving.js';
import { createDatabase, skipWithoutServer, type TestDatabase } from '../database/database.js';
import { makeSeason } from '../database/season.js';
import { findCbmClient } from '../server/cbm-venv.js';
import { temporaryFolder } from '../temporary-folder.js';

const run = promisify(execFile);
const PAGE = readFileSync(new URL('../../../docs/serve.md', import.meta.url), 'utf8');
const PASSWORD = 'a password of hers';

/** The lines of code below a heading, in their order. */
function linesUnder(heading: string, language = 'sh'): string[] {
  const section = PAGE.split(/^#+ /m).find((text) => text.startsWith(`${heading}\n`));
  assert.ok(section, `the page has ${heading}`);
  return [...section.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, 'gm'))].flatMap(
    ([, text = '']) => text.trim().split('\n'),
  );
}

/** The words of a line that serves, after the command itself. */
function serveArguments(lines: readonly string[], which = 0): string[] {
  const line = lines.filter((one) => one.startsWith('npx parcelwise serve'))[which];
  assert.ok(line, 'the page has a line that serves');
  return line.split(' ').slice(3);
}

/** Runs a line of the page in a shell. */
async function shell(folder: string, line: string, input = ''): Promise<string> {
  const command = `npx() { shift; "$NODE" "$MAIN" "$@"; }; ${line.replace(/^curl /, 'curl --silent --show-error --fail ')}`;
  const running = run('bash', ['-c', command], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, NODE: process.execPath, MAIN },
    timeout: 60_000,
  });
  running.child.stdin?.end(input);
  return (await running).stdout;
}

function connectionOf({ connection, name }: TestDatabase): object {
  const { host, port, user, password } = connection;
  return { host, port, dbname: name, dbuser: user, dbpasswd: password?.() };
}

describe('docs/serve.md on the demo', { skip: skipWithoutServer }, () => {
  const folder = temporaryFolder('serve-demo');
  const servings = new Servings();
  const lines = linesUnder('Try it on the demo');
  let database: TestDatabase;
  let serving: Serving;
  before(async () => {
    database = await createDatabase();
    const season = world(2024);
    await loadSeason(database.pool, season, CARDS.map(tablesOf));
    for (const [card, band] of [
      ['s2', 'B04'],
      ['s2', 'B08'],
      ['s2', 'SC'],
      ['bs', 'VVb'],
    ] as const)
      await database.pool.query(`
        INSERT INTO ${tablesOf(card).results} (pid, obsid, band, count, mean, std, min, p25, p50, p75, max)
        SELECT 100, id, '${band}', 9, 5, 1, 1, 2, 3, 4, 6 FROM ${tablesOf(card).catalogue} WHERE card = '${card}'`);
    const { catalogue, hists } = tablesOf('s2');
    await database.pool.query(
      `INSERT INTO ${hists} (pid, obsid, hist) SELECT 100, id, '{"4": 9}' FROM ${catalogue} WHERE card = 's2'`,
    );
    const demo = join(folder, '.parcelwise', 'demo');
    await mkdir(demo, { recursive: true });
    const asked = { aoi: season.aoi.name, ...periodOf(season) };
    const config = dbConfig(connectionOf(database), tablesOf('s2'), asked);
    await writeFile(join(demo, 'db_config.json'), asJson(config));
    await writeFile(
      join(demo, 's3_config.json'),
      asJson({ s3: { host: 'http://127.0.0.1:1', bucket: 'x' } }),
    );
    await writeFile(join(demo, 'datasets.json'), asJson(demoDatasets(season)));
    serving = await servings.start(folder, ...serveArguments(lines), '--chip-cache', join(folder, 'chips'));
  });
  after(async () => {
    await servings.end();
    await database.drop();
  });

  const ask = async (route: string): Promise<string[]> =>
    Promise.all(
      lines
        .filter((line) => line.startsWith('curl ') && line.includes(`/query/${route}`))
        .map((line) => shell(folder, line.replace('http://127.0.0.1:8080', serving.url))),
    );

  it('begins with a demo that is kept', () => {
    assert.equal(lines[0], 'npm run demo -- --keep');
  });

  it('serves all kinds of series of the dataset', () => {
    assert.match(
      serving.said(),
      /dataset noordoostpolder_2024: parcels of .*parcels_2024, series s2, bs, c6\n/,
    );
  });

  it('asks what can be answered', async () => {
    const [info] = await ask('info');
    assert.deepEqual(Object.keys((JSON.parse(info!) as { aois: object }).aois), ['noordoostpolder']);
    const [parcel] = await ask('parcelByID');
    const { pid, cropname, geom } = JSON.parse(parcel!) as Record<string, string[]>;
    assert.deepEqual([pid, cropname?.length, geom?.length], [['100'], 1, 1]);
    const [csv, radar] = await ask('parcelTimeSeries');
    assert.match(csv!, /^date_part,band,.*,hist\r\n[\d.]+,B04,/);
    assert.deepEqual(new Set((JSON.parse(radar!) as Record<string, string[]>).band), new Set(['VVb']));
    const [peers] = await ask('parcelPeers');
    assert.ok((JSON.parse(peers!) as { pids: string[] }).pids.length > 0);
    const asked = ['info', 'parcelByID', 'parcelTimeSeries', 'parcelPeers'];
    const untold = lines.filter((line) => !asked.some((route) => line.includes(`/query/${route}`)));
    assert.equal(untold.length, 2, 'no line is left out but the demo and the server');
  });

  it("asks by JRC's client", async (test) => {
    const client = await findCbmClient();
    if ('missing' in client) {
      test.skip(client.missing);
      return;
    }
    const [, ...packages] = /pip install (\S+) '(\S+)'/.exec(PAGE) ?? [];
    assert.deepEqual(packages, ['cbm==0.0.18', 'setuptools<81']);
    const program = linesUnder("CbM's Python client", 'python').join('\n');
    await run(client.python, ['-W', 'ignore', '-c', program.replace('http://127.0.0.1:8080', serving.url)], {
      cwd: folder,
      env: { ...process.env, MPLBACKEND: 'Agg' },
      timeout: 120_000,
    });
    assert.ok(readFileSync(join(folder, 'ndvi.png')).length > 8000);
  });
});

describe('docs/serve.md with accounts', { skip: skipWithoutServer }, () => {
  const folder = temporaryFolder('serve-own');
  const servings = new Servings();
  const lines = linesUnder('On your own database');
  let database: TestDatabase;
  before(async () => {
    database = await createDatabase();
    await makeSeason(database.pool);
    await database.pool.query('INSERT INTO sigs (pid, obsid, band, mean) VALUES (1, 1, $1, 5)', ['B04']);
    const tables = { aois: 'aois', parcels: 'parcels', results: 'sigs', catalogue: 'dias_catalogue' };
    const asked = { aoi: 'MS', start: '2024-03-01', end: '2024-04-01' };
    const config = dbConfig(connectionOf(database), tables, asked);
    await writeFile(join(folder, 'db_config.json'), asJson(config));
  });
  after(async () => {
    await servings.end();
    await database.drop();
  });

  it('is asked by whoever is here with --no-auth', async () => {
    const { url } = await servings.start(folder, ...serveArguments(lines));
    assert.equal((await fetch(`${url}/query/parcelByID?aoi=ms&year=2024&pid=1`)).status, 200);
  });

  it('is asked over TLS by accounts that were made', async () => {
    const [add, token] = lines.filter((line) => line.startsWith('npx parcelwise account'));
    await shell(folder, add!, `${PASSWORD}\n`);
    const bearer = (await shell(folder, token!)).trim();
    for (const file of ['users.json', 'tokens.json']) assert.ok(existsSync(join(folder, file)));
    await run(
      'openssl',
      'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=server.example.org'
        .split(' ')
        .concat(
          '-addext',
          'subjectAltName=DNS:server.example.org',
          '-keyout',
          'server.key',
          '-out',
          'server.crt',
        ),
      { cwd: folder },
    );
    const args = serveArguments(lines, 1);
    assert.equal(args[args.indexOf('--host') + 1], '0.0.0.0');
    // Nobody but this machine is to reach it while the test runs.
    const { url } = await servings.start(folder, ...args, '--host', '127.0.0.1');
    const { port } = new URL(url);
    const [parcel, series] = await Promise.all(
      lines
        .filter((line) => line.startsWith('curl '))
        .map((line) =>
          shell(
            folder,
            line
              .replace('curl ', `curl --connect-to server.example.org:8080:127.0.0.1:${port} `)
              .replace('--user anna', `--user 'anna:${PASSWORD}'`)
              .replace('$TOKEN', bearer),
          ),
        ),
    );
    assert.deepEqual((JSON.parse(parcel!) as Record<string, unknown>).pid, ['1']);
    assert.deepEqual((JSON.parse(series!) as Record<string, unknown>).mean, [5]);
  });
});
