/** A certificate as a person makes and verifies it: commands, their words and exit codes. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { exportedScenes } from '../../database/reads/exported-scenes.js';
import type { CheckedSelection } from '../../database/selection/check.js';
import { requireTable } from '../../database/session/identifier.js';
import { databaseId } from '../../database/session/database-id.js';
import { createDatabase, serverUrl, skipWithoutServer, type TestDatabase } from '../database/database.js';
import { extractScene } from '../database/extracted.js';
import { makeSeason } from '../database/season.js';
import { manifestText, newManifest } from '../../export/manifest.js';
import { parcelwise, type Run } from './command.js';
import { missing } from './interactive-shell.js';

describe('parcelwise certificate', { skip: skipWithoutServer }, () => {
  let database: TestDatabase;
  let folder: string;
  let season: CheckedSelection;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parcelwise-certificate-'));
    database = await createDatabase();
    season = await makeSeason(database.pool);
    for (const obsid of [1, 2]) await extractScene(database.pool, season, obsid);
    await mkdir(join(folder, 'out'));
    await writeFile(join(folder, 'out', 'series.csv'), 'pid,day\n1,2024-03-02\n');
    await writeManifest([1, 2]);
    const key = await run('certificate key key.pem');
    assert.equal(key.code, 0, key.err);
  });
  after(async () => {
    await database.drop();
    await rm(folder, { recursive: true });
  });

  /** As an export of these scenes into one file would have left it. */
  async function writeManifest(
    obsids: readonly number[],
    made: string | null = '2024-11-05T10:00:00Z',
    from?: string,
  ) {
    const client = await database.pool.connect();
    const catalogue = await requireTable(client, 'dias_catalogue', 'catalogue_table');
    const results = await requireTable(client, 'sigs', 'results_table');
    const known = await exportedScenes(client, { catalogue, results, kind: 'raw' });
    client.release();
    const stamps = new Map(known.map(({ obsid, stamp }) => [obsid, stamp]));
    const id = from ?? (await databaseId(database.pool)).id;
    const path = 'series.csv';
    const bytes = await readFile(join(folder, 'out', path));
    const of = {
      ...{ database: id, catalogue: 'public.dias_catalogue', results: 'public.sigs', table: 'public.sigs' },
      ...{ parcels: null, kind: 'series', layout: 'long', format: 'csv', by: 'year', best: false },
      ...{ bands: null, area: null, what: 'series' },
    };
    const scenes = obsids.map((obsid) => {
      const reference = `SCENE_${obsid}`;
      return {
        obsid,
        reference,
        card: 's2',
        day: '2024-03-02',
        extracted: null,
        stamp: stamps.get(obsid) ?? 'x',
      };
    });
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const file = { path, what: 'series' as const, bytes: bytes.length, sha256, rows: 1, scenes };
    const manifest = { ...newManifest(of, 'parcelwise'), made, files: [file] };
    await writeFile(join(folder, 'out', 'manifest.json'), manifestText(manifest));
  }
  function run(args: string, env: Record<string, string> = {}): Promise<Run> {
    const url = new URL(serverUrl ?? '');
    url.pathname = `/${database.name}`;
    return parcelwise(args.split(' '), { cwd: folder, env: { DATABASE_URL: url.href, ...env } });
  }
  const secret = decodeURIComponent(new URL(serverUrl ?? 'none:').password);
  const make = (more = '') =>
    run(`audit --no-temporal --certificate season.json --key key.pem --export out${more}`);
  const verify = (more = '') => run(`certificate verify season.json${more}`);

  it('is written where the audit finds nothing, and holds', async () => {
    const made = await make();
    assert.equal(made.code, 0, made.err);
    assert.match(made.out, /nothing lost, nothing twice/);
    assert.match(made.err, /^season\.json and season\.html are written, signed by [0-9a-f]{64}\n$/);
    const { code, out, err } = await verify(' --public-key key.pem.pub --export out');
    assert.deepEqual([code, err], [0, '']);
    assert.deepEqual(
      out
        .replace(/[0-9a-f]{64}/g, 'KEY')
        .replace(/made on .*/, 'made on DAY')
        .split('\n'),
      [
        'holds  season.json: signed, and not changed since; made on DAY',
        'holds  signed by the key KEY, as asked for',
        'holds  in every band of 2 scenes, rows and reasons add up to the parcels met',
        'holds  season.html is the page of this certificate',
        'holds  1 of 1 exported files are as certified',
        'holds  public.sigs: 228 rows of 2 scenes, all as certified',
        'holds  public.hists: 76 histograms of 2 scenes, all as certified',
        'holds  public.dias_catalogue and the ledger: the same scenes, parcels and reasons',
        'holds  public.parcels has the same 40 parcels, none of them redrawn',
        'the certificate holds',
        '',
      ],
    );
  });

  it('tells neither passwords nor where files lie', async () => {
    assert.notEqual(secret, '');
    for (const name of ['season.json', 'season.html']) {
      const text = await readFile(join(folder, name), 'utf8');
      for (const hidden of [secret, folder, tmpdir(), 'out/', 'key.pem'])
        assert.ok(!text.includes(hidden), `${hidden} in ${name}`);
    }
  });

  it('has a page without scripts and requests', async () => {
    const page = await readFile(join(folder, 'season.html'), 'utf8');
    assert.doesNotMatch(page, /<script|<link|<img|@import|url\(|\son[a-z]+=|https?:/i);
    assert.match(page, /SCENE_1/);
    assert.match(page, /series\.csv/);
  });

  it('names each file that was changed, is gone, or is another page, and ends with 1', async () => {
    await make();
    await writeFile(join(folder, 'out', 'series.csv'), 'pid,day\n1,2024-03-03\n');
    const changed = await verify(' --offline --export out');
    assert.equal(changed.code, 1);
    assert.match(changed.out, /^FAILS {2}series\.csv was changed: it has 21 bytes, 21 were certified$/m);
    assert.match(changed.out, /^the certificate does not hold$/m);
    assert.match((await make()).err, /series\.csv in out is not as manifest\.json says/);
    await rename(join(folder, 'out', 'series.csv'), join(folder, 'out', 'other.csv'));
    assert.match((await verify(' --offline --export out')).out, /^FAILS {2}series\.csv is not in out$/m);
    await writeFile(join(folder, 'out', 'series.csv'), 'pid,day\n1,2024-03-02\n');
    await rm(join(folder, 'out', 'other.csv'));
    const page = await readFile(join(folder, 'season.html'), 'utf8');
    await writeFile(join(folder, 'season.html'), page.replace('76', '77'));
    assert.match((await verify(' --offline')).out, /^FAILS {2}season\.html is not the page/m);
    await rm(join(folder, 'season.html'));
    const without = await verify(' --offline');
    assert.deepEqual([without.code, /^note .*season\.html is not there/m.test(without.out)], [0, true]);
  });

  it('is not written with files of scenes that it is not about, nor of an export that has not ended', async () => {
    await writeManifest([1, 2, 3]);
    assert.equal((await make()).code, 0, 'scene 3 has no rows');
    await extractScene(database.pool, season, 3);
    await database.pool.query(
      `UPDATE parcelwise.extraction SET campaign = 'campaign/autumn' WHERE obsid = 3`,
    );
    await writeManifest([1, 2, 3]);
    const more = await make(' --campaign spring');
    assert.deepEqual(
      [more.code, more.err.includes('1 exported scenes of public.sigs (the first is 3) are not')],
      [2, true],
    );
    await database.pool.query(`
      DELETE FROM parcelwise.extraction WHERE obsid = 3; DELETE FROM sigs WHERE obsid = 3;
      DELETE FROM hists WHERE obsid = 3; UPDATE dias_catalogue SET status = 'ingested' WHERE id = 3`);
    await writeManifest([1, 2], null);
    const open = await make();
    assert.deepEqual([open.code, open.err.includes('the export to out has not ended')], [2, true]);
    await writeManifest([1, 2]);
  });

  it('is not written with files that are older than the rows, or of another database', async () => {
    const { rows } = await database.pool.query<{ at: Date }>(
      'SELECT finished_at AS at FROM parcelwise.extraction WHERE obsid = 2',
    );
    await database.pool.query(
      `UPDATE parcelwise.extraction SET finished_at = '2199-01-01 00:00+00' WHERE obsid = 2`,
    );
    const stale = await make();
    assert.deepEqual(
      [
        stale.code,
        stale.err.includes('of 1 scenes (the first is 2) the files in out are older than the rows'),
      ],
      [2, true],
    );
    await database.pool.query('UPDATE parcelwise.extraction SET finished_at = $1 WHERE obsid = 2', [
      rows[0]?.at,
    ]);
    await writeManifest([1, 2], undefined, 'other/1');
    assert.match((await make()).err, /the files in out were exported from another database/);
    await writeManifest([1, 2]);
    assert.equal((await make()).code, 0);
  });

  it('says that files in the folder are not certified', async () => {
    await make();
    await mkdir(join(folder, 'out', 'year=2024'));
    await writeFile(join(folder, 'out', 'year=2024', 'more.csv'), '');
    await writeFile(join(folder, 'out', 'item.json'), '{}');
    const { code, out } = await verify(' --offline --export out');
    assert.equal(code, 0);
    assert.match(out, /^note {3}files in out that are not certified: 1, the first is year=2024\/more\.csv$/m);
    await rm(join(folder, 'out', 'year=2024'), { recursive: true });
    await rm(join(folder, 'out', 'item.json'));
  });

  it(
    'holds in any time zone and language, and in a copy of the database',
    { skip: missing('pg_dump', 'psql') },
    async () => {
      await make();
      const copy = await createDatabase();
      const at = (name: string): string => Object.assign(new URL(serverUrl ?? ''), { pathname: name }).href;
      try {
        await copy.pool.query(`
        ALTER DATABASE ${copy.name} SET timezone = 'Asia/Kathmandu';
        ALTER DATABASE ${copy.name} SET datestyle = 'SQL, DMY';
        ALTER DATABASE ${copy.name} SET bytea_output = 'escape';
        ALTER DATABASE ${copy.name} SET extra_float_digits = -3`);
        execFileSync(
          'sh',
          [
            '-c',
            'pg_dump --no-owner "$0" | psql --quiet --set ON_ERROR_STOP=1 --dbname "$1"',
            at(database.name),
            at(copy.name),
          ],
          { stdio: ['ignore', 'ignore', 'inherit'] },
        );
        const env = {
          DATABASE_URL: at(copy.name),
          TZ: 'America/St_Johns',
          LC_ALL: 'ar_EG.UTF-8',
          LANG: 'ar_EG.UTF-8',
        };
        const { code, out } = await run('certificate verify season.json', env);
        assert.deepEqual([code, out.match(/^(FAILS|note).*$/gm)?.length], [0, 2], out);
        await copy.pool.query(`UPDATE sigs SET mean = mean + 1 WHERE (pid, obsid, band) = (7, 1, 'B04')`);
        assert.equal((await run('certificate verify season.json', env)).code, 1);
      } finally {
        await copy.drop();
      }
    },
  );

  it('does not hold where a row was changed, and says so to programs too', async () => {
    await make();
    await database.pool.query(`UPDATE sigs SET mean = mean + 1 WHERE (pid, obsid, band) = (7, 1, 'B04')`);
    const { code, out } = await verify(' --json');
    const found = JSON.parse(out) as { holds: boolean; lines: { verdict: string; text: string }[] };
    assert.deepEqual([code, found.holds], [1, false]);
    assert.deepEqual(
      found.lines.filter(({ verdict }) => verdict === 'fails').map(({ text }) => text),
      [
        'public.sigs: scene 1, band B04: 38 rows as certified, but not the same ones: values or parcels were changed',
      ],
    );
    assert.equal((await verify(' --offline')).code, 0);
    await database.pool.query(`UPDATE sigs SET mean = mean - 1 WHERE (pid, obsid, band) = (7, 1, 'B04')`);
  });

  it('is not written over findings', async () => {
    await database.pool.query(`DELETE FROM hists WHERE (pid, obsid) = (7, 1)`);
    const { code, out, err } = await run('audit --no-temporal --certificate no.json --key key.pem');
    assert.deepEqual([code, err], [1, 'no certificate was written, since not all is well\n']);
    assert.match(out, /rows that are missing: 1/);
    assert.ok(!(await readdir(folder)).some((name) => name.startsWith('no.')));
    await database.pool.query(
      `INSERT INTO hists SELECT 7, obsid, hist FROM hists WHERE (pid, obsid) = (8, 1)`,
    );
  });

  it('ends with 2 where it can not be made or verified', async () => {
    await writeFile(join(folder, 'unsigned.json'), '{}');
    for (const [args, message] of [
      ['audit --no-temporal --certificate a.json', /needs --key FILE/],
      ['audit --no-temporal --key key.pem', /say --certificate FILE/],
      ['audit --no-temporal --certificate a.json --key key.pem.pub', /no private key/],
      ['audit --no-temporal --certificate a.json --key key.pem --export .', /\. holds no export: /],
      ['audit --no-temporal --certificate nowhere/a.json --key key.pem', /nowhere\/a\.html can't be written/],
      ['certificate key key.pem', /there already/],
      ['certificate verify nothing.json', /nothing\.json can't be read/],
      ['certificate verify season.json --public-key nowhere.pub', /nowhere\.pub can't be read/],
    ] as const) {
      const { code, err } = await run(args);
      assert.equal(code, 2, args);
      assert.match(err, message);
    }
    const away = await run('certificate verify season.json', { DATABASE_URL: 'postgres://127.0.0.1:1/x' });
    assert.equal(away.code, 2);
    const unsigned = await run('certificate verify unsigned.json');
    assert.deepEqual([unsigned.code, /FAILS .* no certificate/.test(unsigned.out)], [1, true]);
  });
});
