/** Layers asked for after a scene was extracted: they come beside the rows that stand, of which none is written again. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Order, selectionOf } from '../../campaigns/order.js';
import { lackingOf } from '../../campaigns/waiting.js';
import { orderOf } from '../../campaigns/make-order.js';
import type { SceneTask } from '../../activities/contract.js';
import { skipWithoutServer } from '../database/database.js';
import { openTestDependencies, PARCELS, type TestDependencies } from './dependencies.js';
import { classAt, extract, RULE } from './masked-scene.js';
import { run } from './run-activity.js';
import { SceneSteps } from './scene-steps.js';

const pixelB08 = (row: number, column: number): number => 1500 + 100 * ((row * 31 + column * 17) % 23);
/** Asked for by a later campaign, with a table of clear rows. */
const MORE = { add: true, bands: ['B04', 'SC', 'B08', 'NDV'], clear: RULE } as const;

describe('layers asked for later', { skip: skipWithoutServer }, () => {
  let test: TestDependencies;
  before(async () => {
    test = await openTestDependencies({
      ...{ clear: true, sc: classAt, bands: { B08: { step: 10, pixel: pixelB08 } } },
    });
  });
  after(() => test.close());

  const steps = () => new SceneSteps(test);
  const act = () => steps().act();
  const query = <Row extends object>(sql: string) => steps().query<Row>(sql);
  const findings = () => steps().findings();
  const taskOf = (fields: Partial<Order>, runId: string) => steps().taskOf(fields, runId);
  const waiting = (fields: Partial<Order>) => steps().waiting(fields);
  const now = () => steps().now();
  const status = () => steps().status();
  const begin = (fields: Partial<Order>, runId: string) => steps().begin(fields, runId);
  const store = (task: SceneTask, chunks?: number) => steps().store(task, chunks);
  const places = () =>
    query(`SELECT 'sigs' AS of, pid, trim(band) AS band, ctid::text, xmin::text FROM sigs WHERE trim(band) IN ('B04', 'SC')
           UNION ALL SELECT 'hists', pid, '', ctid::text, xmin::text FROM hists ORDER BY 1, 2, 3`);
  const rowsOf = (table: string) =>
    query(
      `SELECT pid, trim(band) AS band, count, mean, std, min, max, p25, p50, p75 FROM ${table} ORDER BY pid, band`,
    );
  const gapsOf = (results: string) =>
    query(`SELECT band, reason, array_agg(pid ORDER BY pid) AS pids FROM parcelwise.gap CROSS JOIN unnest(pids) AS pid
           WHERE results_table = '${results}' GROUP BY 1, 2 ORDER BY 1, 2`);

  it('are told from what a scene has, and are none where it has all of them', async () => {
    const tables = { ...test.order.tables, clear: undefined };
    await extract(test, { bands: ['B04', 'SC'], tables });
    assert.deepEqual(await waiting({ ...MORE }), [1]);
    assert.deepEqual(await waiting({ add: true, bands: ['B04', 'SC'], tables }), []);
    assert.deepEqual(await waiting({ add: true, bands: ['B04', 'SC'] }), [1], 'clear rows lack');
    assert.deepEqual(await waiting({ bands: [...MORE.bands] }), [], 'no other campaign takes it');
    const request = { card: 's2', bands: ['B04', 'B08'] } as const;
    assert.equal((await run(act().prepareCampaign, { ...request, add: true })).scenes, 1);
    assert.equal((await run(act().prepareCampaign, request)).scenes, 2, 'those that are ingested');
  });

  it('come beside rows and histograms that stand, the same as in one campaign, though a host dies on the way', async () => {
    const before = await places();
    const accounts = await extract(test, { ...MORE });
    assert.deepEqual(await places(), before, 'nothing that stood was written again');
    await test.dependencies.pool.query(
      'CREATE TABLE sigs_new (LIKE sigs); CREATE TABLE hists_new (LIKE hists); CREATE TABLE clear_new (LIKE clear_sigs)',
    );
    const tables = {
      ...test.order.tables,
      results: 'public.sigs_new',
      hists: 'public.hists_new',
      clear: 'public.clear_new',
    };
    const once = await extract(test, { ...MORE, add: false, tables, statusIn: 'parcelwise' });
    for (const table of ['sigs', 'clear_sigs', 'hists'] as const) {
      const [ours, theirs] = [
        table,
        { sigs: 'sigs_new', clear_sigs: 'clear_new', hists: 'hists_new' }[table],
      ];
      if (table === 'hists')
        assert.deepEqual(
          await query(`SELECT pid, hist FROM ${ours} ORDER BY 1`),
          await query(`SELECT pid, hist FROM ${theirs} ORDER BY 1`),
        );
      else assert.deepEqual(await rowsOf(ours), await rowsOf(theirs), table);
    }
    assert.deepEqual(await gapsOf('public.sigs'), await gapsOf('public.sigs_new'));
    assert.deepEqual({ ...accounts, fresh: undefined }, { ...once, fresh: undefined });
    const [added] = await query<{ rows: number }>(
      `SELECT count(*)::int AS rows FROM sigs WHERE trim(band) IN ('B08', 'NDV')`,
    );
    assert.equal(accounts?.fresh, added?.rows, 'only what was added counts as stored now');
    assert.deepEqual(await findings(), []);
    assert.deepEqual(await waiting({ ...MORE }), []);
    assert.equal(await status(), 'extracted');
  });

  it('need nothing but their own inputs from the store', async () => {
    const task = await begin({ ...MORE, bands: ['SC', 'NDW'] }, 'run-1');
    assert.deepEqual([task.order.bands, task.order.clearBands], [['NDW'], ['NDW']]);
    // NDWI is of B03, which the product lacks.
    await assert.rejects(run(act().stage, task), { type: 'SceneIncomplete' });
    await run(act().release, task);
    assert.equal(await status(), 'ingested');
  });

  it('that a product does not have leave the scene extracted, as it was, and are tried once a campaign', async () => {
    const held = () =>
      query(
        `SELECT bands, clear_bands, clear_table, hists_table, class_band, rule FROM parcelwise.extraction WHERE results_table = 'public.sigs'`,
      );
    assert.deepEqual(await waiting({ ...MORE, bands: ['SC', 'NDW'] }), [1], 'it was given back on the way');
    const prepared = await now();
    const task = await begin({ ...MORE, bands: ['SC', 'NDW'] }, 'run-2');
    const mark = () => run(act().mark, task, { status: 'B03 notfound', reason: 'there is no B03' });
    assert.equal(await mark(), null);
    assert.equal(await mark(), null, 'asked again when the first answer was lost');
    assert.equal(await status(), 'extracted');
    const [extraction] = await held();
    assert.deepEqual(extraction, {
      ...{ bands: ['B04', 'SC', 'B08', 'NDV'], clear_bands: ['B04', 'B08', 'NDV'], class_band: 'SC' },
      ...{ clear_table: 'public.clear_sigs', hists_table: 'public.hists' },
      rule: { pixels: 'centre', innerBufferM: 0, indices: {}, clear: RULE },
    });
    assert.deepEqual(
      await query(`SELECT reason FROM parcelwise.extraction WHERE results_table = 'public.sigs'`),
      [{ reason: 'nothing was added (B03 notfound): there is no B03' }],
    );
    assert.deepEqual(await waiting({ ...MORE, bands: ['SC', 'NDW'], prepared }), []);
    assert.deepEqual(await waiting({ ...MORE, bands: ['SC', 'NDW'], prepared: await now() }), [1]);
    assert.deepEqual(await findings(), []);
  });

  it('are refused under another rule or another name than those of the rows that stand', async () => {
    const claim = (fields: Partial<Order>) => run(act().claim, taskOf({ add: true, ...fields }, 'run-3'));
    await assert.rejects(
      claim({ bands: ['NDV', 'BSI'], clear: { ...RULE, minPixels: 6 } }),
      /clear\.min_pixels 5, not 6/,
    );
    await assert.rejects(
      claim({ bands: ['NDV', 'BSI'], clear: RULE, pixels: 'touched' }),
      /pixels centre, not touched/,
    );
    await assert.rejects(
      claim({ bands: ['B4', 'B11'], bandNames: 'scripts', clear: RULE }),
      /scene 1 of public\.sigs has rows of B04, which is asked for under another name/,
    );
    assert.equal(await status(), 'extracted');
    assert.throws(
      () => orderOf({ card: 's2', add: true, changedOnly: true }, test.dependencies.config),
      /two campaigns\. Run --changed-only first/,
    );
  });

  const own = { ...MORE, bands: ['B04', 'XYZ'], indices: { XYZ: 'B08 / B04' } };

  it('are gone on with where their scene was given back, by any campaign, and are accounted for meanwhile', async () => {
    const task = await begin(own, 'run-4');
    await store(task, 1);
    assert.deepEqual(await findings(), [], 'in the middle');
    await run(act().release, task);
    assert.deepEqual(await findings(), [], 'given back');
    assert.deepEqual(await waiting(own), [1]);
    assert.deepEqual(await waiting({ bands: ['B04'] }), [1]);
    const { order } = taskOf(own, 'x');
    const selection = await test.dependencies.selections.check(selectionOf(order));
    const lacking = await lackingOf(test.dependencies.pool, selection, order, 1);
    assert.deepEqual([lacking.order.bands, lacking.order.clearBands], [['XYZ'], ['XYZ']]);
    const next = await begin({ bands: ['B04', 'XYZ'], indices: own.indices, clear: RULE }, 'run-5');
    await store(next);
    // The one of before is late.
    await assert.rejects(store(task), /is not claimed by/);
    await run(act().mark, next, null);
    assert.deepEqual(await findings(), []);
    const counts = await query(
      `SELECT count(*)::int, count(DISTINCT pid)::int AS parcels FROM sigs WHERE trim(band) = 'XYZ'`,
    );
    assert.deepEqual(counts, [{ count: PARCELS - 1, parcels: PARCELS - 1 }]);
  });

  it('are not measured of parcels that have changed since, which --changed-only extracts anew as a whole', async () => {
    await test.dependencies.pool.query(`
      INSERT INTO parcels SELECT 41, ST_Translate(wkb_geometry, 150, 0) FROM parcels WHERE ogc_fid = 5;
      UPDATE parcels SET wkb_geometry = ST_Translate(wkb_geometry, 20, 0) WHERE ogc_fid = 7;
      DELETE FROM parcels WHERE ogc_fid = 20`);
    const before = await places();
    const task = await begin({ ...MORE, bands: ['B04', 'EV2'] }, 'run-6');
    await store(task);
    const accounts = await run(act().mark, task, null);
    assert.deepEqual(await places(), before);
    assert.deepEqual(
      [accounts?.parcels, accounts?.gaps.EV2?.changed, accounts?.gaps['EV2:clear']?.changed],
      [PARCELS, 2, 2],
    );
    assert.deepEqual(await query(`SELECT pid FROM sigs WHERE trim(band) = 'EV2' AND pid IN (7, 20, 41)`), []);
    assert.deepEqual(await findings(), []);
    assert.deepEqual(await waiting({ ...MORE, bands: ['B04', 'EV2'] }), [], 'the reason is an answer');

    assert.deepEqual(await waiting({ changedOnly: true, bands: ['B04'], clear: RULE }), [1]);
    const renewing = await begin(
      { changedOnly: true, bands: ['B04'], clear: RULE, indices: own.indices },
      'run-7',
    );
    assert.deepEqual(await run(act().renew, renewing), { added: 1, redrawn: 1, gone: 1, pending: 1 });
    await store(renewing);
    await run(act().mark, renewing, null);
    const layers = await query<{ pid: number; bands: string[] }>(
      `SELECT pid, array_agg(trim(band) ORDER BY band) AS bands FROM sigs WHERE pid IN (7, 41) GROUP BY 1 ORDER BY 1`,
    );
    const all = ['B04', 'B08', 'EV2', 'NDV', 'SC', 'XYZ'];
    assert.deepEqual(layers, [
      { pid: 7, bands: all },
      { pid: 41, bands: all },
    ]);
    assert.deepEqual(await findings(), []);
  });
});
