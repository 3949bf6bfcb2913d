/** What a campaign asks of the catalogue, and what no failure may tell. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ApplicationFailure, defaultFailureConverter, defaultPayloadConverter } from '@temporalio/common';
import {
  databaseActivities,
  hostActivities,
  stageActivities,
  syncActivities,
} from '../../activities/registered.js';
import { HAND_PLACE } from '../../activities/reconcile.js';
import { Selections } from '../../campaigns/selections.js';
import { renewLease } from '../../database/leases/temporal-leases.js';
import { buildCoverages } from '../../extraction/build-coverages.js';
import { Coverages } from '../../extraction/coverages.js';
import { databaseId } from '../../database/session/database-id.js';
import { resolveConnection } from '../../database/session/connection.js';
import { openPool } from '../../database/session/pool.js';
import { S3Store } from '../../store/s3-store.js';
import { skipWithoutServer } from '../database/database.js';
import type { ScenePage } from '../../activities/contract.js';
import type { SceneRef } from '../../campaigns/order.js';
import type { SyncInput } from '../../campaigns/sync-options.js';
import { run } from './run-activity.js';
import { openTestDependencies, SECRET, type TestDependencies } from './dependencies.js';

describe('steps of a campaign', { skip: skipWithoutServer }, () => {
  let test: TestDependencies;
  before(async () => {
    test = await openTestDependencies();
  });
  after(() => test.close());

  async function failure(result: Promise<unknown>): Promise<ApplicationFailure> {
    const error: unknown = await result.then(
      () => assert.fail('it did not fail'),
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof ApplicationFailure, String(error));
    return error;
  }

  it('says with a claim which bands have clear rows, and refuses another rule before anything is claimed', async () => {
    const { prepareCampaign, claim, release } = databaseActivities(test.dependencies);
    const { pool } = test.dependencies;
    await pool.query('CREATE TABLE clear_sigs (LIKE sigs)');
    const tables = { clear: 'clear_sigs' };
    const { order } = await run(prepareCampaign, { card: 's2', tables });
    assert.equal(order.tables.clear, 'public.clear_sigs');
    const task = { ...test.task, order };
    assert.deepEqual(await run(claim, task), {
      ...{ claimed: true, parcels: true, bands: ['B04', 'SC'], clearBands: ['B04'] },
    });
    const [extraction] = (await pool.query('SELECT rule, clear_table FROM parcelwise.extraction'))
      .rows as object[];
    const clear = { classes: [0, 1, 3, 8, 9, 10, 11], widenM: 0, minPixels: 1, innerBufferM: 0 };
    assert.deepEqual(extraction, {
      clear_table: 'public.clear_sigs',
      rule: { pixels: 'centre', innerBufferM: 0, indices: {}, clear },
    });
    await pool.query(`INSERT INTO parcelwise.plan VALUES ('public.sigs', 1, 0, 1, 40);
      INSERT INTO parcelwise.ledger (results_table, obsid, chunk, parcels, rows, hists, clear) VALUES ('public.sigs', 1, 0, 0, 0, 0, 0);
      INSERT INTO parcelwise.stored_layer SELECT 'public.sigs', 1, 0, unnest('{B04,B04:clear,SC}'::text[]), 0`);
    await run(release, task);
    for (const [asked, told] of [
      [{ pixels: 'inside' }, /pixels centre, not inside/],
      [{ clear: { minPixels: 8 } }, /clear\.min_pixels 1, not 8/],
      [{ tables: { clear: 'sigs' } }, /clear_table and results_table are one table/],
    ] as const) {
      const { type, message } = await failure(run(prepareCampaign, { card: 's2', tables, ...asked }));
      assert.equal(type, 'Misconfigured');
      assert.match(message, told);
    }
    assert.equal(
      (await run(prepareCampaign, { card: 's2', tables: { clear: null } })).order.tables.clear,
      undefined,
    );
    await pool.query('DELETE FROM parcelwise.extraction; DROP TABLE clear_sigs');
  });

  it('fills what the input leaves out from the configuration, and names tables canonically', async () => {
    const { prepareCampaign } = databaseActivities(test.dependencies);
    const prepared = await run(prepareCampaign, { card: 's2' });
    assert.deepEqual(prepared, {
      order: {
        ...test.order,
        database: await databaseId(test.dependencies.pool),
        prepared: prepared.order.prepared,
        period: prepared.order.period,
        statusIn: 'catalogue',
      },
      scenes: 3,
      reconciled: 0,
      searchAttributes: false,
      warnings: [],
    });
    const asked = await run(prepareCampaign, {
      card: 'bs',
      bands: ['VV', 'vvb'],
      chunkParcels: 7,
      tables: { results: 'public."sigs"' },
    });
    const { bands, chunkParcels, tables } = asked.order;
    assert.deepEqual([bands, chunkParcels, tables.results, asked.scenes], [['VVb'], 7, 'public.sigs', 1]);
  });

  it('refuses what is meant for another database: a campaign, a sync, and a step of a scene', async () => {
    const { prepareCampaign, claim } = databaseActivities(test.dependencies);
    const sync = syncActivities(test.dependencies);
    const ours = await databaseId(test.dependencies.pool);
    assert.equal((await run(prepareCampaign, { card: 's2', database: ours })).scenes, 3);
    const database = { id: '7000000000000000000/5', name: 'staging' };
    const order = { ...test.order, database };
    for (const refused of [
      () => run(prepareCampaign, { card: 's2', database }),
      () => run((request: SyncInput) => sync.prepareSync(request), { source: { stac: 'cdse' }, database }),
      () => run(claim, { ...test.task, order }),
    ]) {
      const { type, message } = await failure(refused());
      assert.equal(type, 'Misconfigured');
      assert.match(
        message,
        new RegExp(
          `db_config\\.json of the database "staging", but the workers work in the database "${ours.name}"`,
        ),
      );
    }
    assert.deepEqual((await test.dependencies.pool.query('SELECT FROM parcelwise.extraction')).rows, []);
  });

  it('says what is wrong with tables, bands and AOI', async () => {
    const { prepareCampaign } = databaseActivities(test.dependencies);
    const wrong = [
      [{ tables: { parcels: 'fields' } }, /fields/],
      [{ tables: { results: 'sigs"; DROP TABLE sigs; --' } }, /sigs/],
      [{ bands: ['B99'] }, /neither band nor index 'B99'/],
      [{ bands: ['NDVX'] }, /the nearest is NDVI/],
      [{ bands: ['B04'], indices: { B4: 'B08 - B04' } }, /index B4 has the name of a band/],
      [
        { bands: ['WET'], indices: { WET: '(B08 - B1l)' } },
        /index WET, column 8: there is no band 'B1l'[^]*\^\nCorrect the bands/,
      ],
      [
        { bands: ['WETNESS'], indices: { WETNESS: 'B08 - B11' } },
        /holds 3 characters, too few for index WETNESS/,
      ],
      [{ aoi: { name: 'nowhere' } }, /nowhere/],
    ] as const;
    for (const [request, message] of wrong) {
      const error = await failure(run(prepareCampaign, { card: 's2', ...request }));
      assert.equal(error.type, 'Misconfigured');
      assert.match(error.message, message);
    }
  });

  it('names indices as the column can hold them', async () => {
    const { pool } = test.dependencies;
    const { prepareCampaign } = databaseActivities(test.dependencies);
    const asked = {
      card: 's2',
      bands: ['b4', 'ndvi', 'NDV', 'WETNESS'],
      indices: { WETNESS: 'B08 - B11' },
    } as const;
    await pool.query('CREATE TABLE wide (LIKE sigs); ALTER TABLE wide ALTER COLUMN band TYPE text');
    const { order } = await run(prepareCampaign, { ...asked, tables: { results: 'wide' } });
    assert.deepEqual(order.bands, ['B04', 'NDVI', 'WETNESS']);
    const narrow = await run(prepareCampaign, { ...asked, bands: ['b4', 'ndvi', 'NDV'] });
    assert.deepEqual(narrow.order.bands, ['B04', 'NDV']);
  });

  it('stops before anything is downloaded where a table would refuse the rows', async () => {
    const { prepareCampaign } = databaseActivities(test.dependencies);
    await test.dependencies.pool.query(
      `CREATE TABLE parted (LIKE sigs) PARTITION BY RANGE (obsid); CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (1) TO (2)`,
    );
    const error = await failure(run(prepareCampaign, { card: 's2', tables: { results: 'parted' } }));
    assert.deepEqual([error.type, error.nonRetryable], ['Misconfigured', true]);
    assert.match(error.message, /no partition of relation "parted" found for row.*\. Create it/);
  });

  it('looks at the tables anew, which may have been loaded in another CRS since the campaign before', async () => {
    const { dependencies, task } = test;
    const { prepareCampaign, claim, release } = databaseActivities(dependencies);
    const meetsParcels = async () => {
      const { order } = await run(prepareCampaign, { card: 's2' });
      const claimed = await run(claim, { ...task, order });
      await run(release, { ...task, order });
      return claimed.claimed && claimed.parcels;
    };
    const loadIn = (srid: number) =>
      dependencies.pool.query(
        `ALTER TABLE parcels ALTER wkb_geometry TYPE geometry(Geometry, ${srid}) USING ST_Transform(wkb_geometry, ${srid})`,
      );
    const [column] = (
      await dependencies.pool.query<{ srid: number }>(
        `SELECT Find_SRID('public', 'parcels', 'wkb_geometry') AS srid`,
      )
    ).rows;
    assert.equal(await meetsParcels(), true);
    await loadIn(4326);
    assert.equal(await meetsParcels(), true);
    await loadIn(column!.srid);
    await dependencies.pool.query('DELETE FROM parcelwise.extraction');
  });

  it('lists the scenes page by page', async () => {
    const { listScenes } = databaseActivities(test.dependencies);
    const seen: number[] = [];
    for (let after: SceneRef | null = null, last = false; !last;) {
      const page: ScenePage = await run(listScenes, test.order, after, 2);
      seen.push(...page.scenes.map(({ obsid }) => obsid));
      after = page.scenes.at(-1) ?? null;
      last = page.last;
    }
    assert.equal(new Set(seen).size, seen.length);
    assert.deepEqual(seen, [1, 2, 3]);
  });

  it('gives scenes back whose owner runs no more, and leaves those of a command at work', async () => {
    const { dependencies, task } = test;
    const running = new Set(['scene/public.sigs/2']);
    const temporal = {
      ...dependencies.temporal,
      stateOf: ({ workflowId }: { workflowId: string }) =>
        Promise.resolve(running.has(workflowId) ? ('running' as const) : ('unknown' as const)),
    };
    const { claim, prepareCampaign } = databaseActivities({ ...dependencies, temporal });
    for (const [obsid, workflowId] of [
      [1, 'scene/public.sigs/1'],
      [2, 'scene/public.sigs/2'],
      [3, 'extract/host/7'],
    ] as const) {
      const owner = { workflowId, runId: 'run' };
      if (workflowId.startsWith('extract/')) {
        const place = { cluster: HAND_PLACE, namespace: owner.runId };
        await renewLease(dependencies.pool, { ...place, token: 'hand', address: 'host' });
        const byHand = databaseActivities({ ...dependencies, temporal: { ...temporal, place: () => place } });
        await run(byHand.claim, { ...task, owner, scene: { ...task.scene, obsid } });
      }
      await run(claim, { ...task, owner, scene: { ...task.scene, obsid } });
    }
    const { reconciled, scenes } = await run(prepareCampaign, { card: 's2' });
    assert.deepEqual([reconciled, scenes], [1, 1]);
    const { rows } = await dependencies.pool.query(
      'SELECT id, status FROM dias_catalogue WHERE id <= 3 ORDER BY id',
    );
    assert.deepEqual(rows, [
      { id: 1, status: 'ingested' },
      { id: 2, status: 'inprogress' },
      { id: 3, status: 'inprogress' },
    ]);
  });

  it('tells no secret in any failure, heartbeat or result', async () => {
    const { dependencies, task } = test;
    const told: unknown[] = [];
    const errors: ApplicationFailure[] = [];
    async function hear<Args extends unknown[]>(
      act: (...args: Args) => Promise<unknown>,
      ...args: Args
    ): Promise<void> {
      const running = run(act, ...args);
      await running.then(
        (result) => told.push(result),
        (error: unknown) => {
          errors.push(error as ApplicationFailure);
          told.push(defaultFailureConverter.errorToFailure(error, defaultPayloadConverter));
        },
      );
      told.push(...running.beats);
    }

    // A database that can't be reached, and one that refuses us, each with the secret as password.
    const { host, port } = dependencies.pool.options;
    for (const wrong of [
      { host: '127.0.0.1', port: 1 },
      { host, port, user: `nobody-${process.pid}` },
      { host, port, database: 'no-such-database' },
    ]) {
      const pool = openPool(resolveConnection({ ...wrong, password: SECRET }, {}));
      const there = { ...dependencies, pool, selections: new Selections(pool) };
      const { prepareCampaign, claim, mark } = databaseActivities(there);
      await hear(prepareCampaign, { card: 's2' });
      await hear(claim, task);
      await hear(mark, task, null);
      await pool.end();
    }
    // A thread that reads the configuration anew.
    await hear(stageActivities(dependencies).stage, task);
    const build = buildCoverages(dependencies.pool, `${test.folder}/none.json`, dependencies.threads);
    const missing = new Coverages(dependencies.scratch.coverages, 1 << 30, build, { warn: () => undefined });
    await hear(hostActivities({ ...dependencies, coverages: missing }).planOrFinish, task);

    await hear(hostActivities(dependencies).discard, task);
    // A store that can't be reached, and one that refuses us.
    const gateway = JSON.parse(process.env.PARCELWISE_TEST_S3 ?? '{}') as {
      endpoint?: string;
      bucket?: string;
    };
    for (const endpoint of ['http://127.0.0.1:1', gateway.endpoint]) {
      if (endpoint === undefined) continue;
      const credentials = () => ({ accessKeyId: 'someone', secretAccessKey: SECRET, sessionToken: SECRET });
      const config = {
        endpoint,
        bucket: gateway.bucket ?? 'bucket',
        region: 'us-east-1',
        addressing: 'path',
      } as const;
      const store = new S3Store({ ...config, credentials }, { idleMs: 1000, connectMs: 1000, attempts: 1 });
      await hear(stageActivities({ ...dependencies, store }).stage, task);
      store.close();
    }
    assert.ok(errors.length >= 10, `${errors.length} failures`);
    for (const error of errors) assert.ok(error instanceof ApplicationFailure && error.cause === undefined);
    assert.deepEqual([...new Set(errors.map(({ type }) => type))].sort(), [
      'Misconfigured',
      'Outage',
      'Transient',
    ]);
    const password = dependencies.config.connection.password?.() ?? SECRET;
    const text = JSON.stringify(told, (_, value: unknown) =>
      value instanceof Uint8Array ? Buffer.from(value).toString() : value,
    );
    assert.ok(text.length > 1000);
    for (const secret of [SECRET, password]) assert.ok(!text.includes(secret), 'a secret was told');
  });
});
