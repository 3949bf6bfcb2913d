import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { after, before, describe, it } from 'node:test';
import type { Forecast } from '../../forecast/forecast.js';
import { skipWithoutServer } from '../database/database.js';
import { makeTestSeason, type TestSeason } from '../end-to-end/season.js';
import { parcelwise, type Run } from './command.js';

/** Everything a dry run could have changed: tables, their rows, and what the server counts as written. */
const STATE = `
  SELECT relid::regclass::text AS name, n_tup_ins, n_tup_upd, n_tup_del
  FROM pg_stat_user_tables ORDER BY 1`;

describe('parcelwise campaign forecast', { skip: skipWithoutServer }, () => {
  let season: TestSeason;
  let files: string[];
  before(async () => {
    season = await makeTestSeason([{ card: 's2', name: 'plan' }]);
    ({ files } = await season.config('s2', 'plan'));
  });
  after(() => season.close());

  const run = (...args: string[]): Promise<Run> =>
    parcelwise(['campaign', 'forecast', '--card', 's2', ...files, ...args], { cwd: tmpdir() });
  const forecast = async (...args: string[]): Promise<Forecast> => {
    const { code, out, err } = await run(...args, '--json');
    assert.equal(code, 0, err);
    return JSON.parse(out) as Forecast;
  };

  it('tells scenes, parcels, bytes and rows as they are in store and database', async () => {
    const told = await forecast();
    assert.deepEqual(told.scenes.s2, { ingested: 4 });
    assert.deepEqual(told.scenes.bs, { ingested: 3 });
    assert.deepEqual([told.waiting, told.looked], [4, 4]);
    assert.deepEqual(told.download.incomplete, { 'B08 notfound': 1, S2_nopath: 1 });
    const expected = await season.expected('s2');
    // A row for every parcel met and band at most: some have no valid pixel.
    const stored = new Set([...expected.rows.keys()].map((key) => key.split(' ').slice(0, 2).join(' '))).size;
    assert.ok(told.rows.results >= expected.rows.size && told.rows.results < 1.5 * expected.rows.size);
    assert.ok(told.rows.hists >= stored && told.rows.hists * 3 === told.rows.results);
    assert.equal(told.rows.bytes, Math.round(told.rows.results * 77 + told.rows.hists * 60));
    assert.ok(told.download.bytes > 100_000, String(told.download.bytes));
    assert.equal(told.time.measuredScenes, 0);
  });

  it('reckons with limits, and looks at a sample where that is asked for', async () => {
    const whole = await forecast();
    const told = await forecast('--max-download-mbps', '0.01', '--max-requests', '50');
    assert.equal(Math.round(told.time.seconds), Math.round((whole.download.bytes * 8) / 10_000));
    const sample = await forecast('--sample', '2');
    assert.deepEqual([sample.waiting, sample.looked], [4, 2]);
    assert.match((await run('--sample', '2')).out, /what follows is reckoned from 2 of them/);
  });

  it('goes by its former name too, with a notice that keeps out of the answer', async () => {
    const former = ['campaign', 'plan', '--card', 's2', ...files, '--json'];
    const { code, out, err } = await parcelwise(former, { cwd: tmpdir() });
    assert.equal(code, 0, err);
    assert.match(err, /^parcelwise: the command `campaign plan` is called `campaign forecast` now/);
    assert.deepEqual(Object.keys(JSON.parse(out) as Forecast), Object.keys(await forecast()));
  });

  it('changes nothing in the database', async () => {
    const state = async () => (await season.database.pool.query<Record<string, unknown>>(STATE)).rows;
    await season.database.pool.query('SELECT pg_stat_force_next_flush()');
    const before = await state();
    const { code, out, err } = await run();
    assert.equal(code, 0, err);
    assert.match(out, /scenes {5}s2: 4 ingested\n/);
    assert.match(out, /time {7}about .*bench's speed/);
    assert.deepEqual(await state(), before);
  });

  it('measures the speed and the width of rows of scenes that were extracted', async () => {
    const { pool } = season.database;
    await pool.query(`
      INSERT INTO parcelwise.extraction (results_table, obsid, catalogue_table, card, bands, campaign, status, owner_workflow, owner_run, claimed_at, finished_at, accounts)
      SELECT 'ms.sigs_plan', 1000 + i, 'ms.dias_catalogue', 's2', '{B04,B08,SC}', 'campaign/x', 'extracted', 'w', 'r',
             now() - interval '1 hour' + i * interval '30 s', now() - interval '1 hour' + i * interval '30 s' + interval '60 s', '{"parcels": 10, "rows": 1}'
      FROM generate_series(0, 9) AS i;
      INSERT INTO ms.sigs_plan SELECT i, 1000, 'B04', 1, 1, 1, 1, 1, 1, 1, 1 FROM generate_series(1, 20000) AS i;
      ANALYZE ms.sigs_plan`);
    const told = await forecast();
    // Ten scenes of a minute, each begun half a minute after the one before: five and a half minutes in which one was in work.
    assert.equal(told.time.measuredScenes, 10);
    assert.equal(Math.round(told.time.workSeconds), Math.round((330 * told.rows.results) / 10));
    assert.equal(told.rows.width.results.rows, 20000);
    assert.ok(Math.abs(told.rows.width.results.bytes - 77) < 2, String(told.rows.width.results.bytes));
  });
});
