import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { query } from '../../database/session/session.js';
import { skipWithoutServer } from '../database/database.js';
import { temporaryFolder } from '../temporary-folder.js';
import { ExportedSeason } from './exported-season.js';

const ROWS = (table: string, more = '') => `
  SELECT r.pid, r.obsid, s.card, s.obstime AT TIME ZONE 'UTC' AS obstime, r.band::text AS band,
         r.count, r.mean, r.std, r.min, r.max, r.p25, r.p50, r.p75
  FROM ${table} r JOIN dias_catalogue s ON s.id = r.obsid ${more}
  ORDER BY r.pid, s.obstime, r.obsid, r.band::text COLLATE "C"`;

describe('an export', { skip: skipWithoutServer }, () => {
  const root = temporaryFolder('export');
  let season: ExportedSeason;
  before(async () => {
    season = await ExportedSeason.make(root);
  });
  after(() => season.database.drop());

  const rowsOf = async (table: string, more?: string) => (await season.query(ROWS(table, more))).map(dated);

  it('holds the rows of the table, in order of parcel, time and band', async () => {
    const outcome = await season.run('all');
    const expected = await rowsOf('sigs');
    assert.deepEqual(await season.rowsIn('all'), expected);
    assert.deepEqual([outcome.written.files, outcome.written.rows], [1, expected.length]);
    assert.deepEqual(await season.filesIn('all'), ['series/year=2024/card=s2/part-0.parquet']);
  });

  it('tells each file with its size, its hash and its scenes', async () => {
    const { files, made, of } = await season.manifestOf('all');
    assert.equal(files.length, 1);
    const [file] = files;
    const bytes = await readFile(season.pathOf('all', file!.path));
    assert.equal(file!.bytes, bytes.length);
    assert.equal(file!.sha256, createHash('sha256').update(bytes).digest('hex'));
    assert.deepEqual(
      file!.scenes?.map(({ obsid, reference, card, day }) => [obsid, reference, card, day]),
      [
        [1, 'SCENE_1', 's2', '2024-03-02'],
        [2, 'SCENE_2', 's2', '2024-03-02'],
        // Another tool says that it has extracted this one, wherever to.
        [7, 'SCENE_7', 's2', '2024-03-03'],
      ],
    );
    assert.match(made ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assert.deepEqual([of.results, of.kind, of.layout], ['public.sigs', 'raw', 'long']);
  });

  it('writes nothing again where nothing has changed', async () => {
    const before = await season.manifestOf('all');
    const { written, kept, removed } = await season.run('all');
    assert.deepEqual([written.files, kept, removed], [0, 1, 0]);
    assert.deepEqual((await season.manifestOf('all')).files, before.files);
  });

  it('puts new scenes into a part of their own', async () => {
    await season.run('increment', { to: '2024-03-02T10:56:19.123456' });
    assert.equal((await season.rowsIn('increment')).length, (await rowsOf('sigs', 'AND s.id = 1')).length);
    const { written, kept } = await season.run('increment');
    assert.deepEqual([written.files, kept], [1, 1]);
    const { files } = await season.manifestOf('increment');
    assert.deepEqual(
      files.map(({ path, scenes = [] }) => [path, scenes.map(({ obsid }) => obsid)]),
      [
        ['series/year=2024/card=s2/part-0.parquet', [1]],
        ['series/year=2024/card=s2/part-1.parquet', [2, 7]],
      ],
    );
    assert.deepEqual((await season.rowsIn('increment')).sort(byRow), (await rowsOf('sigs')).sort(byRow));
  });

  it('leaves superseded scenes out, and takes them out of what is there', async () => {
    await season.run('superseded');
    await season.database.pool.query(
      `INSERT INTO parcelwise.supersession (results_table, obsid, by_obsid) VALUES ('public.sigs', 1, 2)`,
    );
    try {
      const { written, removed } = await season.run('superseded');
      assert.deepEqual([written.files, removed], [1, 1]);
      assert.deepEqual(await season.rowsIn('superseded'), await rowsOf('sigs', 'AND s.id = 2'));
      assert.deepEqual(await season.filesIn('superseded'), ['series/year=2024/card=s2/part-1.parquet']);
    } finally {
      await season.database.pool.query('TRUNCATE parcelwise.supersession');
    }
  });

  it('writes a part anew of which a scene was renewed, and leaves a scene in work as it was', async () => {
    await season.run('renewed', { by: ['day', 'card'] });
    const status = (word: string, more = '') =>
      query(season.database.pool, `UPDATE parcelwise.extraction SET status = $1 ${more} WHERE obsid = 2`, [
        word,
      ]);
    await status('inprogress', ', claimed_at = now(), finished_at = NULL');
    const during = await season.run('renewed', { by: ['day', 'card'] });
    assert.deepEqual([during.written.files, during.kept, during.waiting], [0, 1, 1]);
    await status('extracted', ', finished_at = now()');
    const afterwards = await season.run('renewed', { by: ['day', 'card'] });
    assert.deepEqual([afterwards.written.files, afterwards.removed], [1, 1]);
    assert.deepEqual(await season.rowsIn('renewed'), await rowsOf('sigs'));
  });

  it('takes clear rows from their own table', async () => {
    await season.run('clear', { kind: 'clear', bands: ['B08'] });
    assert.deepEqual(await season.rowsIn('clear'), await rowsOf('clear', `AND r.band = 'B08'`));
  });

  it('refuses a folder of somebody else, another export, and a manifest that it does not know', async () => {
    await mkdir(season.pathOf('theirs'));
    await writeFile(season.pathOf('theirs', 'letter.txt'), 'dear reader');
    await assert.rejects(season.run('theirs'), /theirs holds files that are no export \(letter\.txt\)/);
    assert.deepEqual(await season.filesIn('theirs'), ['letter.txt']);
    await assert.rejects(season.run('all', { layout: 'spv' }), /another export \(layout long, not spv\)/);
    await mkdir(season.pathOf('odd'));
    await writeFile(season.pathOf('odd', 'manifest.json'), '{"version": 99}');
    await assert.rejects(season.run('odd'), /manifest\.json is none that this version/);
  });

  it('writes no file where there is no row, and does not look for those rows again', async () => {
    const first = await season.run('none', { bands: ['B99'] });
    assert.deepEqual([first.written.files, first.scenes], [0, 2 + 1]);
    assert.deepEqual(await season.filesIn('none'), []);
    assert.deepEqual(
      (await season.manifestOf('none')).withoutRows.map(({ obsid }) => obsid),
      [1, 2, 7],
    );
  });
});

/** Times as the reader gives them: dates, to the millisecond. */
function dated(row: Record<string, unknown>): Record<string, unknown> {
  return { ...row, obstime: new Date(String(row.obstime).replace(' ', 'T').replace(/\+00$/, 'Z')) };
}

function byRow(a: Record<string, unknown>, b: Record<string, unknown>): number {
  const key = ({ pid, obsid, band }: Record<string, unknown>) => [pid, obsid, band].join('/');
  return key(a) < key(b) ? -1 : 1;
}
