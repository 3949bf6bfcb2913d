/** Parcels that were skipped for clouds and are asked for later: in the end the scene is as if none had been skipped. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { OpenScenes } from '../../activities/host/open-scenes.js';
import { withTileLengths } from '../../bench/tile-lengths.js';
import { selectionOf, type Order } from '../../campaigns/order.js';
import { lackingOf } from '../../campaigns/waiting.js';
import { skipWithoutServer } from '../database/database.js';
import { block, KEYS, openTestDependencies, PARCELS, type TestDependencies } from './dependencies.js';
import { forget, RULE } from './masked-scene.js';
import { noise } from './noise.js';
import { run } from './run-activity.js';
import { SceneSteps } from './scene-steps.js';
import { storeWith } from './store-with.js';

const B08 = KEYS.B04.replace('_B04_', '_B08_');
/** Pixels of 20 m under a tile of 10 m. */
const TILE = 128;

function isUnder(pid: number, step: number, row: number, column: number): boolean {
  const { row: top, column: left, side } = block(pid, step);
  return row >= top && row < top + side && column >= left && column < left + side;
}

/** Noise of 15 bits; nothing under parcels 2 and 17, and in half of parcels 3 and 8. */
function pixels(step: number): (row: number, column: number) => number {
  return (row, column) => {
    if (isUnder(2, step, row, column) || isUnder(17, step, row, column)) return 0;
    const isHalf = isUnder(3, step, row, column) || isUnder(8, step, row, column);
    if (isHalf && column % 2 === 0) return 0;
    return noise(row, column);
  };
}

/** Cloud in the first of four tiles, and over parcel 15 in the third; little is clear of parcel 16. */
function sky(row: number, column: number): number {
  if (column < TILE || isUnder(15, 20, row, column)) return 9;
  return isUnder(16, 20, row, column) && (row + column) % 3 > 0 ? 10 : 4;
}

const INDICES = { XYZ: '(B08 - B05) / (B08 + B05 - 20000)' };
const ALL: Partial<Order> = { bands: ['B08', 'B05', 'XYZ', 'SC'], indices: INDICES, clear: RULE };
const SKIPPING: Partial<Order> = { ...ALL, skipCloudy: true };
const ADDING: Partial<Order> = { ...ALL, add: true };

describe('parcels skipped for clouds and asked for later', { skip: skipWithoutServer }, () => {
  let test: TestDependencies;
  let once: Awaited<ReturnType<typeof found>>;
  before(async () => {
    test = await openTestDependencies({
      ...{ clear: true, sc: sky },
      bands: {
        B08: { step: 10, pixel: pixels(10) },
        B05: { step: 20, pixel: pixels(20) },
        B8A: { step: 20, pixel: pixels(20) },
      },
    });
    const path = join(test.bucket, B08);
    await writeFile(path, withTileLengths(await readFile(path)));
    await steps().whole(ALL, 'once');
    once = await found();
    await forget(test);
  });
  afterEach(() => forget(test));
  after(() => test.close());

  const fetched: { key: string; bytes: number }[] = [];

  /** A worker that begins now, whose store tells what is fetched. */
  function steps(): SceneSteps {
    const { dependencies } = test;
    const { store, threads, budget, coverages } = dependencies;
    fetched.length = 0;
    const watched = storeWith(store, {
      fetch: async (object, span, file, options) => {
        await store.fetch(object, span, file, options);
        fetched.push({ key: object.key, bytes: span.to - span.from });
      },
    });
    const scenes = new OpenScenes(threads, budget, coverages);
    return new SceneSteps({ ...test, dependencies: { ...dependencies, store: watched, scenes } });
  }

  const bytesOf = (key: string) =>
    fetched.filter((one) => one.key === key).reduce((sum, { bytes }) => sum + bytes, 0);

  /** All that is stored, in an order of its own; what it was stored with besides is told by the facts. */
  async function found() {
    const ask = (sql: string) => steps().query<Record<string, unknown>>(sql);
    const statistics = 'count, mean, std, min, max, p25, p50, p75';
    const [extraction] = await ask(
      `SELECT status, bands, clear_bands, rule, accounts, facts - '{skippedCloudy,fetched}'::text[] AS facts FROM parcelwise.extraction`,
    );
    return {
      rows: await ask(`SELECT pid, trim(band) AS band, ${statistics} FROM sigs ORDER BY 1, 2`),
      clear: await ask(`SELECT pid, trim(band) AS band, ${statistics} FROM clear_sigs ORDER BY 1, 2`),
      hists: await ask('SELECT pid, hist::text FROM hists ORDER BY 1'),
      gaps: await ask('SELECT chunk, band, reason, pids FROM parcelwise.gap ORDER BY 1, 2, 3'),
      layers: await ask(
        'SELECT chunk, layer, rows, without_value FROM parcelwise.stored_layer ORDER BY 1, 2',
      ),
      ledger: await ask('SELECT chunk, parcels, rows, hists, clear, pids FROM parcelwise.ledger ORDER BY 1'),
      extraction,
    };
  }

  const cloudyIn = async (band: string) =>
    (
      await steps().query<{ pid: number }>(
        `SELECT unnest(pids) AS pid FROM parcelwise.gap WHERE (band, reason) = ('${band}', 'cloudy') ORDER BY 1`,
      )
    ).map(({ pid }) => pid);

  it('give what a campaign gives that skips none, though the host dies on the way; only their tiles are fetched', async () => {
    await steps().whole(SKIPPING, 'run-1');
    const skipped = await cloudyIn('B08');
    assert.deepEqual(skipped, [1, 2, 3, 4, 5, 6, 15, 21, 22, 23, 24, 25, 26]);
    assert.deepEqual(await steps().waiting({ ...ADDING, skipCloudy: true }), []);
    assert.deepEqual(await steps().waiting(ADDING), [1]);

    const first = steps();
    const task = await first.begin(ADDING, 'run-2');
    assert.deepEqual(
      [task.order.bands, task.order.clearBands],
      [
        ['B08', 'B05', 'XYZ'],
        ['B08', 'B05', 'XYZ'],
      ],
    );
    const { parts } = await run(first.act().stage, task);
    assert.equal(parts?.blocks, 2, 'of four tiles with parcels');
    assert.ok(bytesOf(B08) > 0);
    await first.store(task, 1);
    assert.deepEqual(await first.findings(), []);
    await run(first.act().release, task);
    assert.deepEqual(await first.findings(), []);

    const second = steps();
    const again = await second.begin(ADDING, 'run-3');
    await second.store(again);
    const accounts = await run(second.act().mark, again, null);
    assert.deepEqual(await second.findings(), []);
    assert.deepEqual(await found(), once);
    assert.ok(accounts?.fresh !== undefined && accounts.fresh < 3 * skipped.length);
    assert.deepEqual(await steps().waiting(ADDING), []);
  });

  it('come with a layer that all lack, and where another chunk has that one by itself', async () => {
    await steps().whole({ ...SKIPPING, bands: ['B08', 'SC'] }, 'run-1');
    // Of one chunk the other bands are there, without what is cloudy.
    const begun = await steps().begin({ ...SKIPPING, add: true }, 'run-2');
    assert.deepEqual(begun.order.bands, ['B05', 'XYZ']);
    await steps().store(begun, 1);
    await run(steps().act().release, begun);
    assert.deepEqual(await steps().findings(), []);
    await steps().whole(ADDING, 'run-3');
    assert.deepEqual(await steps().findings(), []);
    const { extraction, ...rest } = await found();
    const { extraction: expected, ...all } = once;
    assert.deepEqual(rest, all);
    assert.deepEqual([...(extraction?.bands as string[])].sort(), [...(expected?.bands as string[])].sort());
    assert.deepEqual(extraction?.accounts, expected?.accounts);
  });

  it('are skipped in a band that is added, and asked for in both afterwards', async () => {
    await steps().whole({ ...SKIPPING, bands: ['B08', 'SC'] }, 'run-1');
    await steps().whole({ ...SKIPPING, add: true }, 'run-2');
    assert.deepEqual(await cloudyIn('B05'), await cloudyIn('B08'));
    const { order } = steps().taskOf(ADDING, 'x');
    const selection = await test.dependencies.selections.check(selectionOf(order));
    const lacking = await lackingOf(test.dependencies.pool, selection, order, 1);
    assert.deepEqual(lacking.order.bands, ['B08', 'B05', 'XYZ']);
    assert.equal(lacking.parcels, 13);
    assert.deepEqual([lacking.skipped.get('B05'), lacking.skipped.get('B05:clear')], [13, 0]);
    await steps().whole(ADDING, 'run-3');
    assert.deepEqual((await found()).rows, once.rows);
    assert.deepEqual((await found()).gaps, once.gaps);
    assert.deepEqual(await steps().findings(), []);
  });

  it('have clear rows by another campaign first, where they were skipped without', async () => {
    const tables = { ...test.order.tables, clear: undefined };
    await steps().whole({ ...SKIPPING, tables }, 'run-1');
    await steps().whole({ ...SKIPPING, add: true }, 'run-2');
    assert.deepEqual(await cloudyIn('B08:clear'), await cloudyIn('B08'));
    await steps().whole(ADDING, 'run-3');
    assert.deepEqual({ ...(await found()), extraction: undefined }, { ...once, extraction: undefined });
    assert.deepEqual(await steps().findings(), []);
  });

  it('come with the clear rows of all parcels', async () => {
    const tables = { ...test.order.tables, clear: undefined };
    await steps().whole({ ...SKIPPING, tables }, 'run-1');
    await steps().whole(ADDING, 'run-2');
    assert.deepEqual({ ...(await found()), extraction: undefined }, { ...once, extraction: undefined });
    assert.deepEqual(await steps().findings(), []);
  });

  it('need their own tiles alone, though another band that lacks is measured of all parcels', async () => {
    await steps().whole({ ...SKIPPING, bands: ['B08', 'SC'] }, 'run-1');
    const adding = steps();
    const task = await adding.begin({ ...ADDING, bands: ['B08', 'B8A', 'SC'] }, 'run-2');
    assert.equal((await run(adding.act().stage, task)).parts?.blocks, 2);
    await adding.store(task);
    await run(adding.act().mark, task, null);
    assert.deepEqual(await adding.findings(), []);
    const ofB08 = ({ rows }: { rows: Record<string, unknown>[] }) =>
      rows.filter(({ band }) => band === 'B08');
    assert.deepEqual(ofB08(await found()), ofB08(once));
  });

  it('need their own tiles alone where other parcels have changed, or come', async () => {
    const { pool } = test.dependencies;
    await steps().whole({ ...SKIPPING, bands: ['B08', 'SC'] }, 'run-1');
    await pool.query(`
      CREATE TABLE before AS TABLE parcels;
      UPDATE parcels SET wkb_geometry = ST_Translate(wkb_geometry, 1, 0) WHERE ogc_fid = 20;
      INSERT INTO parcels (ogc_fid, wkb_geometry) SELECT 99, wkb_geometry FROM parcels WHERE ogc_fid = 19`);
    try {
      const adding = steps();
      const task = await adding.begin({ ...ADDING, bands: ['B08', 'SC'] }, 'run-2');
      assert.equal((await run(adding.act().stage, task)).parts?.blocks, 2, 'of four tiles with parcels');
      await adding.store(task);
      await run(adding.act().mark, task, null);
      assert.deepEqual(await adding.findings(), []);
      assert.deepEqual(await cloudyIn('B08'), []);
      assert.deepEqual(
        (await found()).rows,
        once.rows.filter(({ band }) => band === 'B08' || band === 'SC'),
      );
    } finally {
      await pool.query(`TRUNCATE parcels; INSERT INTO parcels TABLE before; DROP TABLE before`);
    }
  });

  it('are measured where clear rows have pixels of their own', async () => {
    const buffered: Partial<Order> = {
      pixels: 'fraction',
      innerBufferM: 5,
      clear: { ...RULE, innerBufferM: 15 },
    };
    await steps().whole({ ...ALL, ...buffered }, 'run-1');
    const all = await found();
    await forget(test);
    await steps().whole({ ...SKIPPING, ...buffered }, 'run-2');
    await steps().whole({ ...ADDING, ...buffered }, 'run-3');
    assert.deepEqual(await found(), all);
  });

  it('that were redrawn since have that reason, and --changed-only extracts them anew', async () => {
    const { pool } = test.dependencies;
    await steps().whole(SKIPPING, 'run-1');
    await pool.query(`
      CREATE TABLE before AS TABLE parcels;
      UPDATE parcels SET wkb_geometry = ST_Translate(wkb_geometry, 20, 0) WHERE ogc_fid IN (4, 9, 22);
      DELETE FROM parcels WHERE ogc_fid = 5`);
    try {
      await steps().whole(ADDING, 'run-2');
      assert.deepEqual(await steps().findings(), []);
      const changed = await steps().query(
        `SELECT DISTINCT pid FROM parcelwise.gap, unnest(pids) AS pid WHERE reason = 'changed' ORDER BY 1`,
      );
      assert.deepEqual(changed, [{ pid: 4 }, { pid: 5 }, { pid: 22 }]);
      assert.deepEqual(await cloudyIn('B08'), []);
      assert.deepEqual(await steps().waiting(ADDING), [], 'the reason is an answer');
      const renewing = await steps().begin({ ...SKIPPING, changedOnly: true }, 'run-3');
      assert.equal((await run(steps().act().renew, renewing)).redrawn, 3);
      await steps().store(renewing);
      await run(steps().act().mark, renewing, null);
      assert.deepEqual(await steps().findings(), []);
      assert.deepEqual(await cloudyIn('B08'), [4, 22], 'skipped again, by a campaign that skips');
      await steps().whole(ADDING, 'run-4');
      assert.deepEqual(await cloudyIn('B08'), []);
      const rows = await steps().query(`SELECT pid FROM sigs WHERE trim(band) = 'B08' AND pid IN (4, 9, 22)`);
      assert.equal(rows.length, 3);
      assert.deepEqual(await steps().findings(), []);
    } finally {
      await pool.query(`TRUNCATE parcels; INSERT INTO parcels TABLE before; DROP TABLE before`);
    }
  });

  it('are measured by nobody with what another campaign has staged meanwhile', async () => {
    await steps().whole(SKIPPING, 'run-1');
    const mine = await steps().begin(ADDING, 'run-2');
    const theirs = await run(steps().act().claim, steps().taskOf(ADDING, 'run-3'));
    assert.equal(theirs.claimed, false);
    await run(steps().act().release, mine);
    // A plain campaign says the last word, and fills none.
    const plain = steps();
    const task = await plain.begin(ALL, 'run-4');
    await plain.store(task);
    await run(plain.act().mark, task, null);
    assert.equal((await cloudyIn('B08')).length, 13);
    assert.deepEqual(await plain.waiting(ADDING), [1]);
    assert.equal((await plain.query('SELECT DISTINCT pid FROM hists')).length, PARCELS);
  });
});
