/** Scenes that were given back after a part of their chunks, and are taken up again from other parcels or for another area. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { Order } from '../../campaigns/order.js';
import type { PlannedScene, SceneTask } from '../../activities/contract.js';
import { databaseActivities, hostActivities, stageActivities } from '../../activities/registered.js';
import { audit } from '../../database/audit/index.js';
import { skipWithoutServer } from '../database/database.js';
import { run } from './run-activity.js';
import { openTestDependencies, type TestDependencies } from './dependencies.js';

/** Ten columns of parcels each, of the twenty there are: 1 to 10 and 21 to 30, 14 to 20 and 34 to 40 (see season.ts). */
const AREAS = `
  INSERT INTO aois SELECT name, ST_Transform(ST_MakeEnvelope(x0, 5640000, x1, 5642000, 32631), 4326)
  FROM (VALUES ('west', 500000, 503000), ('east', 506250, 509000)) AS area (name, x0, x1)`;
const WEST_FOOTPRINT = `ST_Transform(ST_MakeEnvelope(500000, 5640000, 504000, 5650000, 32631), 4326)`;

/** What happens between the first chunk and the next owner, and what the scene meets then. */
interface Case {
  readonly first?: Partial<Order>;
  readonly before?: string;
  readonly meanwhile?: string;
  readonly then?: Partial<Order>;
  /** Chunks stored before the scene is given back. */
  readonly chunks?: number;
}

const area = (name: string): Partial<Order> => ({ aoi: { field: 'name', name } });

const CASES: Readonly<Record<string, Case>> = {
  'for another area': { first: area('west'), then: area('east') },
  'for another area, with every chunk stored': { first: area('west'), then: area('east'), chunks: 2 },
  'for an area that is larger': { first: area('west'), then: area('here') },
  'for an area that was redrawn under its name': {
    first: area('west'),
    meanwhile: `UPDATE aois a SET wkb_geometry = b.wkb_geometry FROM aois b WHERE (a.name, b.name) = ('west', 'east')`,
    then: area('west'),
  },
  'with a smaller limit of the area': {
    before: 'UPDATE parcels SET wkb_geometry = ST_Buffer(wkb_geometry, -30) WHERE ogc_fid % 2 = 0',
    then: { minAreaM2: 1000 },
  },
  'with parcels that were appended': {
    before: 'DELETE FROM parcels WHERE ogc_fid > 30 OR ogc_fid IN (7, 8)',
    meanwhile: 'INSERT INTO parcels SELECT * FROM parcels_0 WHERE ogc_fid > 30 OR ogc_fid IN (7, 8)',
  },
  'with parcels that were redrawn': {
    meanwhile:
      'UPDATE parcels SET wkb_geometry = ST_Translate(wkb_geometry, 50, 30) WHERE ogc_fid IN (1, 2, 39)',
  },
  'under another footprint': {
    before: `UPDATE dias_catalogue SET footprint = ${WEST_FOOTPRINT} WHERE id = 1`,
    meanwhile:
      'UPDATE dias_catalogue s SET footprint = o.footprint FROM dias_catalogue o WHERE (s.id, o.id) = (1, 2)',
  },
};

describe('a scene taken up again', { skip: skipWithoutServer }, () => {
  let test: TestDependencies;
  before(async () => {
    test = await openTestDependencies();
    await test.dependencies.pool
      .query(`${AREAS}; CREATE TABLE parcels_0 AS TABLE parcels; CREATE TABLE aois_0 AS TABLE aois;
      CREATE TABLE sigs_new (LIKE sigs); CREATE TABLE hists_new (LIKE hists)`);
  });
  beforeEach(async () => {
    await test.dependencies.pool.query(`
      DELETE FROM parcelwise.extraction; TRUNCATE sigs, hists, sigs_new, hists_new, parcels, aois;
      INSERT INTO parcels TABLE parcels_0; INSERT INTO aois TABLE aois_0;
      UPDATE dias_catalogue s SET status = 'ingested', footprint = o.footprint FROM dias_catalogue o WHERE (s.id, o.id) = (1, 2)`);
  });
  after(() => test.close());

  const act = () => ({
    ...databaseActivities(test.dependencies),
    ...stageActivities(test.dependencies),
    ...hostActivities(test.dependencies),
  });
  const taskOf = (runId: string, changes: Partial<Order> = {}): SceneTask => ({
    ...test.task,
    owner: { workflowId: 'scene/public.sigs/1', runId },
    order: { ...test.order, ...changes },
  });
  const query = async <Row extends object>(sql: string): Promise<Row[]> =>
    (await test.dependencies.pool.query<Row>(sql)).rows;

  async function plan(task: SceneTask): Promise<PlannedScene> {
    await run(act().stage, task);
    return run(act().planOrFinish, task);
  }
  async function store(task: SceneTask, planned: PlannedScene, most = Infinity): Promise<void> {
    for (const chunk of planned.pending.slice(0, most)) {
      await run(act().extractAndCopyChunk, { ...task, chunk });
      await run(act().copyChunk, { ...task, chunk });
    }
  }
  async function extract(task: SceneTask): Promise<void> {
    const claim = await run(act().claim, task);
    assert.ok(claim.claimed && claim.parcels);
    const planned = await plan(task);
    if (planned.finished === undefined) await store(task, planned);
    await run(act().mark, task, null);
  }
  const rowsOf = (table: string, hists: string) =>
    query(`SELECT r.pid, trim(band) AS band, count, mean, std, min, max, p25, p50, p75, hist::text FROM ${table} r LEFT JOIN ${hists} h USING (pid)
           WHERE r.pid NOT IN (SELECT unnest(gone) FROM parcelwise.extraction WHERE gone IS NOT NULL) ORDER BY pid, band`);
  const findings = async (): Promise<string[]> =>
    (await audit(test.dependencies.pool, { results: 'public.sigs' }, { each: 20 })).findings.flatMap(
      ({ first }) => first.map(({ text }) => text),
    );

  /** The rows are those of a table of its own that nobody else has begun. */
  async function likeFromScratch(changes: Partial<Order>): Promise<void> {
    const tables = {
      ...test.order.tables,
      ...changes.tables,
      results: 'public.sigs_new',
      hists: 'public.hists_new',
    };
    await extract(taskOf('run-scratch', { ...changes, tables, statusIn: 'parcelwise' }));
    const rows = await rowsOf('sigs', 'hists');
    assert.ok(rows.length > 20, `${rows.length} rows`);
    assert.deepEqual(rows, await rowsOf('sigs_new', 'hists_new'));
  }

  async function begin(first: Partial<Order> = {}, chunks = 1): Promise<void> {
    const task = taskOf('run-1', first);
    await run(act().claim, task);
    await store(task, await plan(task), chunks);
    await run(act().release, task);
  }

  for (const [name, { first, before: made, meanwhile, then, chunks }] of Object.entries(CASES))
    it(`loses no parcel, ${name}`, async () => {
      if (made !== undefined) await test.dependencies.pool.query(made);
      await begin(first, chunks);
      if (meanwhile !== undefined) await test.dependencies.pool.query(meanwhile);
      await extract(taskOf('run-2', then));
      assert.deepEqual(await findings(), []);
      await likeFromScratch(then ?? {});
    });

  it('loses no parcel of another parcel table, and none of those that bear the same number', async () => {
    await test.dependencies.pool.query(`
      DROP TABLE IF EXISTS parcels_b; CREATE TABLE parcels_b (LIKE parcels INCLUDING ALL);
      INSERT INTO parcels_b SELECT ogc_fid + 5, wkb_geometry FROM parcels WHERE ogc_fid > 2;
      INSERT INTO parcels_b SELECT 1, wkb_geometry FROM parcels WHERE ogc_fid = 1`);
    await begin();
    const other = { tables: { ...test.order.tables, parcels: 'public.parcels_b' } };
    await extract(taskOf('run-2', other));
    assert.deepEqual(await findings(), []);
    await likeFromScratch(other);
  });

  it('goes on with the plan it has where nothing has changed', async () => {
    await begin();
    const before = await query('SELECT * FROM parcelwise.plan ORDER BY chunk');
    await extract(taskOf('run-2'));
    assert.deepEqual(await query('SELECT * FROM parcelwise.plan ORDER BY chunk'), before);
  });

  it('is extracted anew where a parcel was away and has come back as another', async () => {
    await extract(taskOf('run-1', area('here')));
    const renew = async (runId: string, changes: Partial<Order>): Promise<void> => {
      const task = taskOf(runId, { ...changes, changedOnly: true });
      await run(act().claim, task);
      const { pending } = await run(act().renew, task);
      if (pending > 0) {
        const planned = await plan(task);
        if (planned.finished === undefined) await store(task, planned);
      }
      await run(act().mark, task, null);
    };
    // Parcel 1 leaves the area that is asked for, is redrawn there, and is asked for again.
    await renew('run-2', area('east'));
    await test.dependencies.pool.query(
      'UPDATE parcels SET wkb_geometry = ST_Translate(wkb_geometry, 60, 0) WHERE ogc_fid = 1',
    );
    await renew('run-3', area('east'));
    await renew('run-4', area('here'));
    assert.deepEqual(await findings(), []);
    await likeFromScratch(area('here'));
  });

  it('is waited for by --changed-only where its footprint was redrawn', async () => {
    await test.dependencies.pool.query(
      `UPDATE dias_catalogue SET footprint = ${WEST_FOOTPRINT} WHERE id = 1`,
    );
    await extract(taskOf('run-1'));
    const waiting = async () =>
      (await run(act().listScenes, taskOf('x', { changedOnly: true }).order, null, 10)).scenes.length;
    assert.equal(await waiting(), 0);
    await test.dependencies.pool.query(
      'UPDATE dias_catalogue s SET footprint = o.footprint FROM dias_catalogue o WHERE (s.id, o.id) = (1, 2)',
    );
    assert.equal(await waiting(), 1);
  });

  it('stores no chunk that was extracted from the parcels of before', async () => {
    const first = taskOf('run-1');
    await run(act().claim, first);
    const { pending } = await plan(first);
    await test.dependencies.pool.query('DELETE FROM parcels WHERE ogc_fid = 1');
    // Another attempt of the same owner plans anew, as on another host.
    await run(act().renew, first);
    await run(act().extractAndCopyChunk, { ...first, chunk: pending[0]! });
    await assert.rejects(run(act().copyChunk, { ...first, chunk: pending[0]! }), /have changed since/);
    assert.deepEqual(await query('SELECT * FROM parcelwise.ledger'), []);
  });

  it('of which chunks were never compared is told by the audit', async () => {
    await extract(taskOf('run-1'));
    assert.deepEqual(await findings(), []);
    // As an extraction of before left it: nobody knows from what its first chunk was planned.
    await test.dependencies.pool.query(`
      UPDATE parcelwise.plan SET selection = NULL, parcel_set = NULL;
      UPDATE parcelwise.ledger SET parcel_set = 'of-before' WHERE chunk = 0`);
    assert.match((await findings()).join(), /scene 1 has chunks of 2 versions of the parcels/);
  });
});
