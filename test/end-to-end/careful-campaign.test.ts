/**
 * Campaigns with care, by the command and two worker processes: within a download limit that both keep to together, and
 * over parcels that have changed since. Every row is checked against statistics of the test's own.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Forecast } from '../../forecast/forecast.js';
import { hindrancesOf } from '../../client/hindrances.js';
import type { Tables } from '../../database/terms.js';
import { campaignId } from '../../workflows/ids.js';
import { skipWithoutServer } from '../database/database.js';
import { skipWithoutTemporal } from '../workflows/server.js';
import { Command } from './command.js';
import { skipWithoutStore } from './gateway.js';
import { makeTestSeason, type TestSeason } from './season.js';
import { WorkerProcesses } from './worker-processes.js';

const skip = skipWithoutServer || skipWithoutTemporal || skipWithoutStore;
/** So long the downloads are made to take. */
const DOWNLOAD_SECONDS = 14;

describe('a careful campaign', { skip }, () => {
  let season: TestSeason;
  let files: string[];
  let tables: Tables;
  let workers: WorkerProcesses;

  before(async () => {
    season = await makeTestSeason([{ card: 's2', name: 'careful' }]);
    ({ files, tables } = await season.config('s2', 'careful'));
    workers = await WorkerProcesses.open(join(season.folder, 'scratch'));
    // A scene each, so that both download.
    for (let i = 0; i < 2; i++) await workers.start(files, { PARCELWISE_STAGED_SCENES: '1' });
  });
  after(async () => {
    await workers.close();
    await season.close();
  });

  async function run(...words: string[]): Promise<string> {
    const command = new Command(words, workers.env);
    const code = await command.end();
    assert.equal(code, 0, command.output);
    return command.output;
  }

  /** Every row that parcels, scenes and pixels as they are now ask for is there once; `but` are parcels not looked at. */
  async function checkRows(but: readonly number[] = []): Promise<void> {
    const expected = (await season.expected('s2')).rows;
    const { rows } = await season.database.pool.query<{ key: string; count: number; mean: number }>(
      `SELECT obsid || ' ' || pid || ' ' || trim(band) AS key, count, mean FROM ${tables.results} WHERE pid <> ALL ($1)`,
      [but],
    );
    assert.deepEqual(new Set(rows.map(({ key }) => key)), new Set(expected.keys()));
    assert.equal(rows.length, expected.size, 'no row twice');
    for (const { key, count, mean } of rows) {
      const [pixels, average] = expected.get(key)!;
      assert.ok(count === pixels && Math.abs(mean - average) <= 1e-6 * average, `${key}: ${count} ${mean}`);
    }
  }

  /** The most scenes that told at one time that they wait for the quota, until the campaign's end. */
  async function mostWaiting(end: Promise<unknown>): Promise<number> {
    const { client } = workers;
    let most = 0;
    const ended = new AbortController();
    const over = (): void => {
      ended.abort();
    };
    end.then(over, over);
    while (!ended.signal.aborted) {
      await sleep(300);
      // The campaign may not have begun.
      const found = await hindrancesOf(client.workflow.getHandle(campaignId('s2-noordoostpolder'))).catch(
        () => undefined,
      );
      most = Math.max(most, found?.waiting ?? 0);
    }
    return most;
  }

  it('keeps two workers together to its download limit, and says that it waits', async () => {
    const told = JSON.parse(
      await run('campaign', 'forecast', '--card', 's2', ...files, '--json'),
    ) as Forecast;
    const mbps = String((told.download.bytes * 8) / 1e6 / DOWNLOAD_SECONDS);
    const began = Date.now();
    const campaign = run('campaign', 'run', '--card', 's2', ...files, '--max-download-mbps', mbps);
    const [waiting] = await Promise.all([mostWaiting(campaign), campaign]);
    const seconds = (Date.now() - began) / 1000;
    // A lease is for a second, and each worker may have used its first at once.
    assert.ok(seconds > DOWNLOAD_SECONDS - 3, `${seconds} s for what should take ${DOWNLOAD_SECONDS} s`);
    assert.ok(waiting > 0, 'a download tells that it waits');
    await checkRows();
  });

  it('extracts just the parcels that have changed since, and leaves no row behind or twice', async () => {
    const { pool } = season.database;
    const { rows: parcels } = await pool.query<{ pid: number }>(
      `SELECT p.ogc_fid AS pid FROM ms.parcels_2024 p WHERE EXISTS (SELECT FROM ${tables.results} r WHERE r.pid = p.ogc_fid) ORDER BY 1 LIMIT 40`,
    );
    const [moved, shrunk, removed, copied] = [3, 11, 17, 23].map((i) => parcels[i]!.pid);
    await pool.query(`
      UPDATE ms.parcels_2024 SET wkb_geometry = ST_Translate(wkb_geometry, 35, -25) WHERE ogc_fid = ${moved};
      UPDATE ms.parcels_2024 SET wkb_geometry = ST_Multi(ST_Buffer(wkb_geometry, -8)) WHERE ogc_fid = ${shrunk};
      DELETE FROM ms.parcels_2024 WHERE ogc_fid = ${removed};
      INSERT INTO ms.parcels_2024 (ogc_fid, wkb_geometry) SELECT 900000, ST_Translate(wkb_geometry, 60, 60) FROM ms.parcels_2024 WHERE ogc_fid = ${copied}`);
    const kept = `SELECT ctid::text AS at, pid FROM ${tables.results} WHERE pid <> ALL ($1) ORDER BY ctid`;
    const changed = [moved, shrunk, 900000];
    const before = await pool.query(kept, [changed]);
    const output = await run('campaign', 'run', '--card', 's2', ...files, '--changed-only');
    assert.match(output, /2 extracted/);
    await checkRows([removed!]);
    assert.deepEqual((await pool.query(kept, [changed])).rows, before.rows, 'other rows stay where they are');
    const audit = await run('audit', '--db-config', files[1]!, '--results', tables.results);
    assert.match(audit, /nothing lost, nothing twice/);
    assert.match(audit, /2 times a parcel that 2 scenes no longer meet keeps its rows/);
    assert.match(await run('campaign', 'run', '--card', 's2', ...files, '--changed-only'), /no scene to do/);
  });

  it('adds clear rows and an index to a season that has neither, and leaves every row that stands', async () => {
    const { pool } = season.database;
    await pool.query(`CREATE TABLE ms.clear_rows (LIKE ${tables.results})`);
    const kept = `SELECT ctid::text AS at, xmin::text, pid FROM ${tables.results} ORDER BY ctid`;
    const before = await pool.query(kept);
    const more = [
      '--card',
      's2',
      ...files,
      '--add',
      '--clear',
      'ms.clear_rows',
      '--bands',
      'B04,B08,SC,NDVI',
    ];
    const told = JSON.parse(await run('campaign', 'forecast', ...more, '--json')) as Forecast;
    assert.equal(told.waiting, 2);
    assert.equal(told.rows.clear, 3 * told.rows.results, 'of both bands and the index');
    assert.equal(told.rows.hists, 0);
    const output = await run('campaign', 'run', ...more);
    assert.match(output, /2 extracted/);
    const { rows } = await pool.query(kept.replace('ORDER', `WHERE trim(band) <> 'NDV' ORDER`));
    assert.deepEqual(rows, before.rows);
    interface Layers {
      of: string;
      scenes: number;
      rows: number;
    }
    const layers = await pool.query<Layers>(
      `SELECT 'raw ' || trim(band) AS of, count(DISTINCT obsid)::int AS scenes, count(*)::int AS rows FROM ${tables.results} GROUP BY 1
       UNION ALL SELECT 'clear ' || trim(band), count(DISTINCT obsid)::int, count(*)::int FROM ms.clear_rows GROUP BY 1 ORDER BY 1`,
    );
    // One of the two scenes has no data in B08.
    const scenes = { B04: 2, B08: 1, NDV: 1, SC: 2 };
    const expected = Object.entries(scenes).map(([band, count]) => [`raw ${band}`, count]);
    const expectedClear = Object.entries(scenes).map(([band, count]) => [`clear ${band}`, count]);
    assert.deepEqual(
      layers.rows.map(({ of, scenes: count }) => [of, count]),
      [...expectedClear.filter(([of]) => of !== 'clear SC'), ...expected],
    );
    assert.ok(layers.rows.every(({ rows: count }) => count > 20));
    const audit = await run('audit', '--db-config', files[1]!, '--results', tables.results);
    assert.match(audit, /nothing lost, nothing twice/);
    assert.match(await run('campaign', 'run', ...more), /no scene to do/);
    assert.equal((JSON.parse(await run('campaign', 'forecast', ...more, '--json')) as Forecast).waiting, 0);
  });
});
