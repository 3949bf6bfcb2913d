/** Layers that are added while other campaigns, other hands and other parcels come in between. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { extractChunk } from '../../activities/extract-chunk.js';
import { plan } from '../../activities/plan.js';
import type { Order } from '../../campaigns/order.js';
import { skipWithoutServer } from '../database/database.js';
import { openTestDependencies, type TestDependencies } from './dependencies.js';
import { classAt, RULE } from './masked-scene.js';
import { run } from './run-activity.js';
import { SceneSteps } from './scene-steps.js';

const pixelB08 = (row: number, column: number): number => 1500 + 100 * ((row * 31 + column * 17) % 23);
/** Asked for by a later campaign, with a table of clear rows. */
const MORE = { add: true, bands: ['B04', 'SC', 'B08', 'NDV'], clear: RULE } as const;

describe('layers added beside others', { skip: skipWithoutServer }, () => {
  let test: TestDependencies;
  let steps: SceneSteps;
  let before: Partial<Order>;
  beforeEach(async () => {
    test = await openTestDependencies({
      ...{ clear: true, sc: classAt, bands: { B08: { step: 10, pixel: pixelB08 } } },
    });
    steps = new SceneSteps(test);
    before = { tables: { ...test.order.tables, clear: undefined }, bands: ['B04', 'SC'] };
    await steps.whole(before, 'run-0');
  });
  afterEach(() => test.close());

  it('are gone on with by --changed-only where the scene was given back on the way', async () => {
    const task = await steps.begin(MORE, 'run-1');
    await steps.store(task, 1);
    await run(steps.act().release, task);
    const fields = { ...MORE, add: false, changedOnly: true };
    assert.deepEqual(await steps.waiting(fields), [1]);
    const renewing = await steps.begin(fields, 'run-2');
    const renewal = await run(steps.act().renew, renewing);
    assert.equal(renewal.pending, 2);
    await steps.store(renewing);
    await run(steps.act().mark, renewing, null);
    assert.deepEqual(await steps.findings(), []);
  });

  it('stay apart from parcels that have changed, which --changed-only extracts in all layers', async () => {
    const task = await steps.begin(MORE, 'run-1');
    await steps.store(task, 1);
    await run(steps.act().release, task);
    await test.dependencies.pool.query(`
      UPDATE parcels SET wkb_geometry = ST_Translate(wkb_geometry, 20, 0) WHERE ogc_fid IN (7, 20);
      DELETE FROM parcels WHERE ogc_fid = 21`);
    const renewing = await steps.begin({ ...MORE, add: false, changedOnly: true }, 'run-2');
    const renewal = await run(steps.act().renew, renewing);
    assert.equal(renewal.pending, 3);
    assert.deepEqual(await steps.findings(), []);
    await steps.store(renewing);
    await run(steps.act().mark, renewing, null);
    assert.deepEqual(await steps.findings(), []);
  });

  it('leave the scene in the word that it ends in where some of its parcels have them', async () => {
    const task = await steps.begin(MORE, 'run-1');
    await steps.store(task, 1);
    await run(steps.act().mark, task, { status: 'S2_nopath', reason: 'it is gone' });
    assert.equal(await steps.status(), 'S2_nopath');
    assert.deepEqual(await steps.query('SELECT bands FROM parcelwise.extraction'), [
      { bands: ['B04', 'SC', 'B08', 'NDV'] },
    ]);
    assert.deepEqual(await steps.findings(), []);
  });

  it('are extracted once more where a renewal has taken parcels out of their chunk meanwhile', async () => {
    await run(steps.act().release, await steps.begin(MORE, 'run-1'));
    await test.dependencies.pool.query(
      'UPDATE parcels SET wkb_geometry = ST_Translate(wkb_geometry, 20, 0) WHERE ogc_fid = 7',
    );
    const task = await steps.begin({ ...MORE, add: false, changedOnly: true }, 'run-2');
    await run(steps.act().renew, task);
    await run(steps.act().stage, task);
    const context = { signal: new AbortController().signal, report: () => undefined };
    const { pending } = await plan(context, test.dependencies, task);
    const [first, last] = [pending[0]!, pending.at(-1)!];
    await extractChunk(context, test.dependencies, { ...task, chunk: first });
    await run(steps.act().extractAndCopyChunk, { ...task, chunk: last });
    const late = run(steps.act().copyChunk, { ...task, chunk: first });
    await assert.rejects(late, { type: 'NotStaged', message: /chunk 0/ });
    await steps.store(task);
    await run(steps.act().mark, task, null);
    assert.deepEqual(await steps.findings(), []);
  });

  it('are stored once by two attempts side by side', async () => {
    const task = await steps.begin({ ...MORE, bands: ['NDV'] }, 'run-1');
    assert.deepEqual(task.order.clearBands, ['NDV']);
    await run(steps.act().stage, task);
    const context = { signal: new AbortController().signal, report: () => undefined };
    const { pending } = await plan(context, test.dependencies, task);
    const chunk = pending[0]!;
    await extractChunk(context, test.dependencies, { ...task, chunk });
    const first = await test.dependencies.pool.connect();
    await first.query('BEGIN; SELECT FROM parcelwise.ledger WHERE chunk = 0 FOR UPDATE');
    const second = run(steps.act().copyChunk, { ...task, chunk });
    while ((await steps.query('SELECT FROM pg_locks WHERE NOT granted')).length === 0) await setTimeout(20);
    await first.query(
      `INSERT INTO parcelwise.stored_layer (results_table, obsid, chunk, layer, rows)
       SELECT 'public.sigs', 1, 0, layer, 0 FROM unnest('{NDV,NDV:clear}'::text[]) AS layer; COMMIT`,
    );
    first.release();
    await second;
    assert.deepEqual(await steps.query(`SELECT pid FROM sigs WHERE trim(band) = 'NDV'`), []);
  });

  it('are marked by the next --add where the scene was given back when all of them were stored', async () => {
    const task = await steps.begin(MORE, 'run-1');
    await steps.store(task);
    await run(steps.act().release, task);
    assert.deepEqual(await steps.waiting(MORE), [1]);
    const next = await steps.begin(MORE, 'run-2');
    assert.deepEqual([next.order.bands, next.order.clearBands], [[], undefined]);
    await run(steps.act().mark, next, null);
    assert.equal(await steps.status(), 'extracted');
    assert.deepEqual(await steps.findings(), []);
  });

  it('are still asked for by a campaign that began before another one added its own', async () => {
    const prepared = await steps.now();
    await steps.whole({ ...MORE, bands: ['NDV'] }, 'run-1');
    assert.deepEqual(await steps.waiting({ ...MORE, prepared }), [1]);
    await steps.whole({ ...MORE, prepared }, 'run-2');
    assert.deepEqual(await steps.waiting({ ...MORE, prepared }), []);
  });

  it('need the histograms as they were only where the map of classes is among them', async () => {
    const tables = { ...test.order.tables, hists: undefined };
    await steps.whole({ ...MORE, tables }, 'run-1');
    assert.deepEqual(await steps.findings(), []);
    await assert.rejects(
      run(steps.act().claim, steps.taskOf({ ...MORE, add: false, changedOnly: true, tables }, 'run-2')),
      /with histograms in public\.hists, now they would go to none/,
    );
  });

  it('are of nothing where a chunk has no parcel left', async () => {
    await test.dependencies.pool.query(
      `UPDATE parcels SET wkb_geometry = ST_Translate(wkb_geometry, 20, 0) WHERE ogc_fid > 30`,
    );
    const renewing = await steps.begin({ ...before, changedOnly: true }, 'run-1');
    await run(steps.act().renew, renewing);
    await steps.store(renewing);
    await run(steps.act().mark, renewing, null);
    await steps.whole(MORE, 'run-2');
    assert.deepEqual(await steps.findings(), []);
    assert.deepEqual(await steps.query(`SELECT reason FROM parcelwise.gap WHERE reason = 'changed'`), []);
  });

  it('are the same as in one campaign where only clear rows lack, whatever the rule', async () => {
    await test.dependencies.pool.query(
      'CREATE TABLE added (LIKE sigs); CREATE TABLE once (LIKE sigs); CREATE TABLE clear_added (LIKE sigs); CREATE TABLE clear_once (LIKE sigs)',
    );
    const own: Partial<Order> = {
      ...{ radiometry: 'harmonised', pixels: 'fraction', innerBufferM: 5, statusIn: 'parcelwise' },
      ...{ bands: ['B04', 'B08', 'NDV', 'SC'], clear: { ...RULE, innerBufferM: 10 } },
    };
    const tables = (results: string, clear?: string) => ({
      ...{ ...test.order.tables, hists: undefined },
      ...{ results: `public.${results}`, clear: clear && `public.${clear}` },
    });
    await steps.whole({ ...own, tables: tables('added') }, 'run-1');
    await steps.whole({ ...own, add: true, tables: tables('added', 'clear_added') }, 'run-2');
    await steps.whole({ ...own, tables: tables('once', 'clear_once') }, 'run-3');
    assert.deepEqual(await steps.findings(), []);
    const layersOf = (table: string) =>
      `SELECT chunk, layer, rows, without_value FROM parcelwise.stored_layer WHERE results_table = 'public.${table}'`;
    for (const [one, other] of [
      ['SELECT * FROM added', 'SELECT * FROM once'],
      ['SELECT * FROM clear_added', 'SELECT * FROM clear_once'],
      [layersOf('added'), layersOf('once')],
    ]) {
      assert.deepEqual(await steps.query(`${one} EXCEPT ALL ${other}`), []);
      assert.deepEqual(await steps.query(`${other} EXCEPT ALL ${one}`), []);
    }
    const facts = await steps.query(
      `SELECT facts, accounts FROM parcelwise.extraction WHERE results_table IN ('public.added', 'public.once')`,
    );
    assert.deepEqual(facts[0], facts[1]);
  });

  it('are refused where another program has stored rows of them in the new clear table', async () => {
    const fields = { card: 's2', add: true, tables: { clear: 'clear_sigs' } } as const;
    await test.dependencies.pool.query(`INSERT INTO clear_sigs SELECT * FROM sigs WHERE trim(band) = 'B04'`);
    await assert.rejects(
      run(steps.act().prepareCampaign, { ...fields, bands: ['B04'] }),
      /clear_sigs holds 39 rows of 1 scene \(1\) that lack them, which parcelwise did not store.*Delete those rows/,
    );
    assert.equal((await run(steps.act().prepareCampaign, { ...fields, bands: ['B08'] })).scenes, 1);
  });

  it('are asked for by another rule where none of them was stored', async () => {
    const task = await steps.begin({ ...MORE, bands: ['B04', 'BSI'] }, 'run-1');
    await run(steps.act().release, task);
    const request = { card: 's2', bands: ['B04', 'B08'], tables: { clear: 'clear_sigs' } } as const;
    const clear = { ...RULE, minPixels: 1 };
    await assert.rejects(run(steps.act().prepareCampaign, { ...request, clear }), /min_pixels 5, not 1/);
    assert.equal((await run(steps.act().prepareCampaign, { ...request, clear, add: true })).scenes, 1);
    await steps.whole({ ...MORE, clear }, 'run-2');
    assert.deepEqual(await steps.findings(), []);
    const extractions = await steps.query(
      `SELECT bands, clear_bands, rule #> '{clear,minPixels}' AS pixels FROM parcelwise.extraction`,
    );
    const bands = ['B04', 'SC', 'B08', 'NDV'];
    assert.deepEqual(extractions, [{ bands, clear_bands: ['B04', 'B08', 'NDV'], pixels: 1 }]);
  });

  it('are not said to be there by a worker of before, which knows no clear rows', async () => {
    await steps.begin({ ...MORE, bands: ['B04'] }, 'run-1');
    await assert.rejects(
      steps.query(`UPDATE parcelwise.extraction SET status = 'extracted', finished_at = now()`),
      /scene 1 of public\.sigs lacks clear rows, which this version of parcelwise does not know/,
    );
  });

  it('have histograms where the map of classes is among them', async () => {
    const bands = ['B04'];
    await test.dependencies.pool.query(`CREATE TABLE a (LIKE sigs); CREATE TABLE ha (LIKE hists)`);
    const tables = { ...test.order.tables, results: 'public.a', clear: undefined, hists: 'public.ha' };
    await steps.whole({ bands, tables, statusIn: 'parcelwise' }, 'run-1');
    await steps.whole({ add: true, bands: ['B04', 'SC'], tables, statusIn: 'parcelwise' }, 'run-2');
    assert.deepEqual(await steps.findings(), []);
    assert.deepEqual(
      await steps.query('SELECT pid, hist::text FROM hists EXCEPT SELECT pid, hist::text FROM ha'),
      [],
    );
    assert.deepEqual(
      await steps.query(
        `SELECT pid, band, count, mean FROM sigs EXCEPT SELECT pid, band, count, mean FROM a`,
      ),
      [],
    );
  });
});
