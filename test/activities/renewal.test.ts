/** Parcels that change after their scene was extracted: just these are extracted again, and each row is there once. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Order } from '../../campaigns/order.js';
import type { PlannedScene, Renewal, SceneTask } from '../../activities/contract.js';
import { databaseActivities, hostActivities, stageActivities } from '../../activities/registered.js';
import { audit } from '../../database/audit/index.js';
import { skipWithoutServer } from '../database/database.js';
import { run } from './run-activity.js';
import { openTestDependencies, PARCELS, SCENE, type TestDependencies } from './dependencies.js';

/** Parcels 41 (new), 7 (moved by 20 m), 12 (half of it), 3 (elsewhere in the scene) and 20 (removed). */
const CHANGES = `
  INSERT INTO parcels SELECT 41, ST_Translate(wkb_geometry, 150, 0) FROM parcels WHERE ogc_fid = 5;
  UPDATE parcels SET wkb_geometry = ST_Translate(wkb_geometry, 20, 0) WHERE ogc_fid = 7;
  UPDATE parcels SET wkb_geometry = ST_Transform(ST_MakeEnvelope(504600, 5640200, 504650, 5640300, 32631), 31370) WHERE ogc_fid = 12;
  UPDATE parcels SET wkb_geometry = ST_Translate(wkb_geometry, 0, 1000) WHERE ogc_fid = 3;
  DELETE FROM parcels WHERE ogc_fid = 20`;
const CHANGED = [3, 7, 12, 41];

describe('parcels that change after their scene was extracted', { skip: skipWithoutServer }, () => {
  let test: TestDependencies;
  before(async () => {
    test = await openTestDependencies();
  });
  after(() => test.close());

  const act = () => ({
    ...databaseActivities(test.dependencies),
    ...stageActivities(test.dependencies),
    ...hostActivities(test.dependencies),
  });
  const query = async <Row extends object>(sql: string): Promise<Row[]> =>
    (await test.dependencies.pool.query<Row>(sql)).rows;
  const taskOf = (changes: Partial<Order> = {}, runId = 'run-1'): SceneTask => ({
    ...test.task,
    owner: { workflowId: 'scene/public.sigs/1', runId },
    order: { ...test.order, ...changes },
  });
  const waiting = async (order: Order): Promise<number[]> =>
    (await run(act().listScenes, order, null, 10)).scenes.map(({ obsid }) => obsid);

  /** Everything after the claim, as the workflow does it. */
  async function extract(task: SceneTask): Promise<PlannedScene> {
    await run(act().stage, task);
    const planned = await run(act().planOrFinish, task);
    for (const chunk of planned.pending) {
      await run(act().extractAndCopyChunk, { ...task, chunk });
      await run(act().copyChunk, { ...task, chunk });
      // A retry whose first answer was lost.
      await run(act().copyChunk, { ...task, chunk });
    }
    await run(act().mark, task, null);
    return planned;
  }
  async function renew(runId: string): Promise<{ renewal: Renewal; planned: PlannedScene | undefined }> {
    const task = taskOf({ changedOnly: true }, runId);
    assert.deepEqual(await waiting(task.order), [1]);
    assert.equal((await run(act().claim, task)).claimed, true);
    const renewal = await run(act().renew, task);
    assert.deepEqual(
      { ...(await run(act().renew, task)), pending: renewal.pending },
      { added: 0, redrawn: 0, gone: renewal.gone, pending: renewal.pending },
    );
    if (renewal.pending > 0) return { renewal, planned: await extract(task) };
    await run(act().mark, task, null);
    return { renewal, planned: undefined };
  }
  const rowsOf = (table: string) =>
    query(
      `SELECT pid, trim(band) AS band, count, mean, std, min, max, p25, p50, p75 FROM ${table} WHERE pid <> 20 ORDER BY pid, band`,
    );
  const histsOf = (table: string) => query(`SELECT pid, hist FROM ${table} WHERE pid <> 20 ORDER BY pid`);
  const findings = async (): Promise<{ findings: string[]; notes: readonly string[] }> => {
    const report = await audit(test.dependencies.pool, { results: 'public.sigs' }, { each: 20 });
    return {
      findings: report.findings.flatMap(({ first }) => first.map(({ text }) => text)),
      notes: report.notes,
    };
  };

  it('leave a scene alone that has not changed', async () => {
    await run(act().claim, taskOf());
    await extract(taskOf());
    assert.deepEqual(await waiting(taskOf({ changedOnly: true }).order), []);
    assert.equal((await run(act().prepareCampaign, { card: 's2', changedOnly: true })).scenes, 0);
    assert.equal((await run(act().claim, taskOf({}, 'run-x'))).claimed, false);
  });

  it('are extracted alone, replace their rows, and leave those of removed parcels', async () => {
    const before = await query<{ pid: number; ctid: string }>('SELECT pid, ctid::text FROM sigs');
    await test.dependencies.pool.query(CHANGES);
    assert.equal((await run(act().prepareCampaign, { card: 's2', changedOnly: true })).scenes, 1);
    const { renewal, planned } = await renew('run-2');
    assert.deepEqual(renewal, { added: 1, redrawn: 3, gone: 1, pending: 1 });
    assert.equal(planned?.chunks, 4);
    assert.deepEqual(await query('SELECT pids FROM parcelwise.plan WHERE pids IS NOT NULL'), [
      { pids: CHANGED },
    ]);

    const kept = await query<{ pid: number; ctid: string }>('SELECT pid, ctid::text FROM sigs');
    const untouched = before.filter(({ pid }) => !CHANGED.includes(pid));
    assert.deepEqual(
      kept.filter(({ pid }) => !CHANGED.includes(pid)),
      untouched,
      'no other row was touched',
    );
    assert.deepEqual(await query(`SELECT count(*)::int FROM sigs WHERE pid = 20`), [{ count: 2 }]);
    const [line] = await query<{ parcels: number }>(
      `SELECT sum(parcels)::int AS parcels FROM parcelwise.ledger`,
    );
    assert.equal(line?.parcels, PARCELS + 1);
    assert.deepEqual(await query('SELECT status FROM dias_catalogue WHERE id = 1'), [
      { status: 'extracted' },
    ]);
  });

  it('have the rows that an extraction from scratch gives', async () => {
    await test.dependencies.pool.query(
      'CREATE TABLE sigs_new (LIKE sigs); CREATE TABLE hists_new (LIKE hists)',
    );
    const tables = { ...test.order.tables, results: 'public.sigs_new', hists: 'public.hists_new' };
    const task = taskOf({ tables, statusIn: 'parcelwise' }, 'run-3');
    await run(act().claim, task);
    await extract(task);
    assert.deepEqual(await rowsOf('sigs'), await rowsOf('sigs_new'));
    assert.deepEqual(await histsOf('hists'), await histsOf('hists_new'));
  });

  it('are proven by the audit, which tells of rows that outlived their parcel', async () => {
    const report = await findings();
    assert.deepEqual(report.findings, []);
    assert.match(report.notes.join(), /1 times a parcel that 1 scenes no longer meet keeps its rows/);
  });

  it('are found again when they change once more, come back, or are only written anew', async () => {
    await test.dependencies.pool.query(`
      UPDATE parcels SET wkb_geometry = ST_Translate(wkb_geometry, 20, 0) WHERE ogc_fid = 41;
      UPDATE parcels SET wkb_geometry = wkb_geometry WHERE ogc_fid < 10;
      INSERT INTO parcels SELECT 20, ST_Translate(wkb_geometry, 150, 0) FROM parcels WHERE ogc_fid = 9`);
    const { renewal } = await renew('run-4');
    assert.deepEqual(renewal, { added: 0, redrawn: 2, gone: 0, pending: 1 });
    assert.deepEqual(await findings(), { findings: [], notes: [] });
  });

  it('of another place cost a scene a comparison, and no download', async () => {
    await test.dependencies.pool.query(
      `INSERT INTO parcels SELECT 99, ST_Translate(wkb_geometry, 300000, 0) FROM parcels WHERE ogc_fid = 5`,
    );
    const { renewal, planned } = await renew('run-5');
    assert.deepEqual([renewal, planned], [{ added: 0, redrawn: 0, gone: 0, pending: 0 }, undefined]);
    assert.deepEqual(await waiting(taskOf({ changedOnly: true }).order), []);
    assert.deepEqual((await findings()).findings, []);
  });

  it('are not lost when the scene is given back between plan and store', async () => {
    await test.dependencies.pool.query(
      'UPDATE parcels SET wkb_geometry = ST_Translate(wkb_geometry, 10, 0) WHERE ogc_fid IN (1, 40)',
    );
    const first = taskOf({ changedOnly: true }, 'run-6');
    await run(act().claim, first);
    await run(act().renew, first);
    await run(act().release, first);
    // Redrawn once more before it is taken up again.
    await test.dependencies.pool.query(
      'UPDATE parcels SET wkb_geometry = ST_Translate(wkb_geometry, 10, 0) WHERE ogc_fid IN (1, 2)',
    );
    const { renewal } = await renew('run-7');
    assert.deepEqual([renewal.redrawn, renewal.pending], [1, 2]);
    assert.deepEqual(await findings(), { findings: [], notes: [] });
    assert.deepEqual(await waiting(taskOf({ changedOnly: true }).order), []);
    const late = run(act().renew, first);
    await assert.rejects(late, /is not claimed by/, 'an owner of before plans nothing any more');
  });

  it('keep one version a parcel set, whatever the number of scenes', async () => {
    const [versions] = await query<{ count: number; sets: number }>(
      `SELECT (SELECT count(*)::int FROM parcelwise.parcel_set) AS count, count(DISTINCT parcel_set)::int AS sets FROM parcelwise.ledger`,
    );
    assert.ok(versions !== undefined && versions.count <= 6, JSON.stringify(versions));
    assert.equal(SCENE.obsid, 1);
  });
});
