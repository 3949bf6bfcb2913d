import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { CheckedSelection } from '../../database/selection/check.js';
import { query } from '../../database/session/session.js';
import { exportTo, type ExportOutcome, type ExportRequest } from '../../export/export.js';
import type { Manifest } from '../../export/manifest.js';
import { FolderPlace } from '../../store/folder-place.js';
import { createDatabase, skipWithoutServer, type TestDatabase } from '../database/database.js';
import { extractScene } from '../database/extracted.js';
import { makeSeason, SELECTION } from '../database/season.js';
import { temporaryFolder } from '../temporary-folder.js';
import { readParquet } from './read-parquet.js';

const REQUEST: ExportRequest = {
  tables: { ...SELECTION.tables, clear: 'clear' },
  ...{ format: 'parquet', layout: 'long', kind: 'raw', by: ['year', 'card'], software: 'parcelwise 0.0.0' },
};

const ROWS = (table: string, more = '') => `
  SELECT r.pid, r.obsid, s.card, s.obstime AT TIME ZONE 'UTC' AS obstime, r.band::text AS band,
         r.count, r.mean, r.std, r.min, r.max, r.p25, r.p50, r.p75
  FROM ${table} r JOIN dias_catalogue s ON s.id = r.obsid ${more}
  ORDER BY r.pid, s.obstime, r.obsid, r.band::text COLLATE "C"`;

describe('an export', { skip: skipWithoutServer }, () => {
  const root = temporaryFolder('export');
  let database: TestDatabase;
  let selection: CheckedSelection;
  before(async () => {
    database = await createDatabase();
    selection = await makeSeason(database.pool, { tables: { ...SELECTION.tables, clear: 'clear' } });
    for (const obsid of [1, 2]) await extractScene(database.pool, selection, obsid);
  });
  after(() => database.drop());

  async function run(folder: string, changes: Partial<ExportRequest> = {}): Promise<ExportOutcome> {
    const place = await FolderPlace.open(join(root, folder));
    try {
      return await exportTo(place, database.pool, { ...REQUEST, ...changes });
    } finally {
      await place.close();
    }
  }
  const manifestOf = async (folder: string): Promise<Manifest> =>
    JSON.parse(await readFile(join(root, folder, 'manifest.json'), 'utf8')) as Manifest;
  const filesIn = async (folder: string): Promise<string[]> =>
    (await readdir(join(root, folder), { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile() && entry.name !== 'manifest.json')
      .map(({ parentPath, name }) => join(parentPath, name).slice(join(root, folder).length + 1))
      .sort();
  async function rowsIn(folder: string): Promise<Record<string, unknown>[]> {
    const files = await filesIn(folder);
    return (await Promise.all(files.map((file) => readParquet(join(root, folder, file))))).flat();
  }
  const rowsOf = (table: string, more?: string) =>
    database.pool.query<Record<string, unknown>>(ROWS(table, more)).then(({ rows }) => rows.map(dated));

  it('holds the rows of the table, in order of parcel, time and band', async () => {
    const outcome = await run('all');
    const expected = await rowsOf('sigs');
    assert.deepEqual(await rowsIn('all'), expected);
    assert.deepEqual([outcome.written.files, outcome.written.rows], [1, expected.length]);
    assert.deepEqual(await filesIn('all'), ['series/year=2024/card=s2/part-0.parquet']);
  });

  it('tells each file with its size, its hash and its scenes', async () => {
    const { files, made, of } = await manifestOf('all');
    assert.equal(files.length, 1);
    const [file] = files;
    const bytes = await readFile(join(root, 'all', file!.path));
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
    const before = await manifestOf('all');
    const { written, kept, removed } = await run('all');
    assert.deepEqual([written.files, kept, removed], [0, 1, 0]);
    assert.deepEqual((await manifestOf('all')).files, before.files);
  });

  it('puts new scenes into a part of their own', async () => {
    await run('increment', { to: '2024-03-02T10:56:19.123456' });
    assert.equal((await rowsIn('increment')).length, (await rowsOf('sigs', 'AND s.id = 1')).length);
    const { written, kept } = await run('increment');
    assert.deepEqual([written.files, kept], [1, 1]);
    const { files } = await manifestOf('increment');
    assert.deepEqual(
      files.map(({ path, scenes = [] }) => [path, scenes.map(({ obsid }) => obsid)]),
      [
        ['series/year=2024/card=s2/part-0.parquet', [1]],
        ['series/year=2024/card=s2/part-1.parquet', [2, 7]],
      ],
    );
    assert.deepEqual((await rowsIn('increment')).sort(byRow), (await rowsOf('sigs')).sort(byRow));
  });

  it('leaves superseded scenes out, and takes them out of what is there', async () => {
    await run('superseded');
    await database.pool.query(
      `INSERT INTO parcelwise.supersession (results_table, obsid, by_obsid) VALUES ('public.sigs', 1, 2)`,
    );
    try {
      const { written, removed } = await run('superseded');
      assert.deepEqual([written.files, removed], [1, 1]);
      assert.deepEqual(await rowsIn('superseded'), await rowsOf('sigs', 'AND s.id = 2'));
      assert.deepEqual(await filesIn('superseded'), ['series/year=2024/card=s2/part-1.parquet']);
    } finally {
      await database.pool.query('TRUNCATE parcelwise.supersession');
    }
  });

  it('writes a part anew of which a scene was renewed, and leaves a scene in work as it was', async () => {
    await run('renewed', { by: ['day', 'card'] });
    const status = (word: string, more = '') =>
      query(database.pool, `UPDATE parcelwise.extraction SET status = $1 ${more} WHERE obsid = 2`, [word]);
    await status('inprogress', ', claimed_at = now(), finished_at = NULL');
    const during = await run('renewed', { by: ['day', 'card'] });
    assert.deepEqual([during.written.files, during.kept, during.waiting], [0, 1, 1]);
    await status('extracted', ', finished_at = now()');
    const afterwards = await run('renewed', { by: ['day', 'card'] });
    assert.deepEqual([afterwards.written.files, afterwards.removed], [1, 1]);
    assert.deepEqual(await rowsIn('renewed'), await rowsOf('sigs'));
  });

  it('takes clear rows from their own table', async () => {
    await run('clear', { kind: 'clear', bands: ['B08'] });
    assert.deepEqual(await rowsIn('clear'), await rowsOf('clear', `AND r.band = 'B08'`));
  });

  it('refuses a folder of somebody else, another export, and a manifest that it does not know', async () => {
    await mkdir(join(root, 'theirs'));
    await writeFile(join(root, 'theirs', 'letter.txt'), 'dear reader');
    await assert.rejects(run('theirs'), /theirs holds files that are no export \(letter\.txt\)/);
    assert.deepEqual(await filesIn('theirs'), ['letter.txt']);
    await assert.rejects(run('all', { layout: 'spv' }), /another export \(layout long, not spv\)/);
    await mkdir(join(root, 'odd'));
    await writeFile(join(root, 'odd', 'manifest.json'), '{"version": 99}');
    await assert.rejects(run('odd'), /manifest\.json is none that this version/);
  });

  it('writes no file where there is no row, and does not look for those rows again', async () => {
    const first = await run('none', { bands: ['B99'] });
    assert.deepEqual([first.written.files, first.scenes], [0, 2 + 1]);
    assert.deepEqual(await filesIn('none'), []);
    assert.deepEqual(
      (await manifestOf('none')).withoutRows.map(({ obsid }) => obsid),
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
