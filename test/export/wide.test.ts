import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { beginScene, extractScene } from '../database/extracted.js';
import { skipWithoutServer } from '../database/database.js';
import { temporaryFolder } from '../temporary-folder.js';
import { ExportedSeason } from './exported-season.js';

const ABOUT = [
  'pid',
  'card',
  'day',
  'obstime',
  'obsid',
  'tile',
  'relative_orbit',
  'pass',
  'observations',
  'overlap',
  'cloud',
];

describe('wide series', { skip: skipWithoutServer }, () => {
  const root = temporaryFolder('export-wide');
  let season: ExportedSeason;
  before(async () => {
    season = await ExportedSeason.make(root);
    await extractScene(season.database.pool, season.selection, 3);
    // Nobody would know which bands another tool has stored of it.
    await season.query('UPDATE dias_catalogue SET status = $1 WHERE id = 7', ['ingested']);
  });
  after(() => season.database.drop());

  it('have a row a parcel and day, and columns of what is stored alone', async () => {
    await season.run('wide', { layout: 'wide' });
    const rows = await season.rowsIn('wide');
    const expected = await season.query(
      `SELECT pid, obsid, b04, b08, b04_clear, ndvi_of_means FROM parcelwise.sigs_series ORDER BY pid, obstime`,
    );
    assert.equal(rows.length, 38 * 2);
    assert.deepEqual(
      rows.map(({ pid, obsid, b04, b08, b04_clear, ndvi_of_means }) => ({
        pid,
        obsid,
        b04,
        b08,
        b04_clear,
        ndvi_of_means,
      })),
      expected,
    );
    const columns = Object.keys(rows[0]!);
    assert.deepEqual(columns.slice(0, ABOUT.length), ABOUT);
    assert.ok(columns.includes('b08_clear') && columns.includes('pixels_clear'));
    for (const other of ['b02', 'vv', 'sc', 'ndvi', 'b11_clear', 'vvb_db'])
      assert.ok(!columns.includes(other), other);
  });

  it('of one kind have its columns alone', async () => {
    await season.run('raw', { layout: 'wide', kind: 'raw', bands: ['B08'] });
    const raw = Object.keys((await season.rowsIn('raw'))[0]!);
    assert.ok(raw.includes('b08') && !raw.includes('b04') && !raw.includes('b08_clear'), raw.join());
    await season.run('clear', { layout: 'wide', kind: 'clear' });
    const clear = Object.keys((await season.rowsIn('clear'))[0]!);
    assert.ok(clear.includes('b08_clear') && !clear.includes('b08'), clear.join());
  });

  it('are written anew for a day that another scene is added to', async () => {
    const before = await season.manifestOf('wide');
    // Of the day of scenes 1 and 2; better than either, since it comes last.
    await season.query(`
      INSERT INTO dias_catalogue (id, obstime, reference, sensor, card, status, footprint)
      SELECT 8, obstime + interval '1 minute', 'SCENE_8', sensor, card, 'ingested', footprint FROM dias_catalogue WHERE id = 1`);
    await extractScene(season.database.pool, season.selection, 8);
    const { removed } = await season.run('wide', { layout: 'wide' });
    assert.equal(removed, before.files.length);
    const rows = await season.rowsIn('wide');
    assert.equal(rows.length, 38 * 2);
    const told = await season.query('SELECT pid, obsid FROM parcelwise.sigs_series ORDER BY pid, obstime');
    assert.deepEqual(
      rows.map(({ pid, obsid }) => ({ pid, obsid })),
      told,
    );
    assert.ok(rows.every(({ obsid, observations }) => obsid === 3 || observations === 3));
  });

  it('of the best observation a day, long', async () => {
    await season.run('best', { best: true, bands: ['B04'] });
    const rows = await season.rowsIn('best');
    const told = await season.query(
      `SELECT pid, obsid FROM parcelwise.sigs_best WHERE band = 'B04' ORDER BY pid, obsid`,
    );
    assert.equal(rows.length, 38 * 2);
    assert.deepEqual(
      rows
        .map(({ pid, obsid }) => ({ pid, obsid }))
        .sort((a, b) => Number(a.pid) - Number(b.pid) || Number(a.obsid) - Number(b.obsid)),
      told,
    );
  });

  it('leave a day as it was while a scene of it is in work', async () => {
    await season.query(`
      INSERT INTO dias_catalogue (id, obstime, reference, sensor, card, status, footprint)
      SELECT 9, obstime + interval '1 minute', 'SCENE_9', sensor, card, 'ingested', footprint FROM dias_catalogue WHERE id = 3`);
    await beginScene(season.database.pool, season.selection, 9);
    const { written, waiting } = await season.run('wide', { layout: 'wide' });
    assert.deepEqual([written.files, waiting], [0, 1]);
  });
});
