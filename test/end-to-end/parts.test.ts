/**
 * A scene that is fetched in parts by a worker process which is killed, and whose campaign is cancelled, in the middle: what was
 * fetched is not asked for again, and nothing is left behind.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { SlowStore } from '../../bench/sparse/slow-store.js';
import { withTileLengths } from '../../bench/tile-lengths.js';
import { audit } from '../../database/audit/index.js';
import { jp2File } from '../../demo/season/jp2-file.js';
import type { campaign } from '../../workflows/campaign.js';
import { ORCHESTRATOR_QUEUE, sceneId } from '../../workflows/ids.js';
import { fill, gridOf, KEYS, put, SCENE } from '../activities/dependencies.js';
import { createDatabase, skipWithoutServer, type TestDatabase } from '../database/database.js';
import { makeSeason, SELECTION } from '../database/season.js';
import { skipWithoutTemporal } from '../workflows/server.js';
import type { Command } from './command.js';
import { gateway, skipWithoutStore } from './gateway.js';
import { WorkerProcesses } from './worker-processes.js';

const skip = skipWithoutServer || skipWithoutTemporal || skipWithoutStore;

/** A pixel of 5 m, so that tiles have enough bytes for a kill to come in between. */
const STEP = 5;
const noise = (row: number, column: number): number =>
  1 + ((Math.imul(row * 2000 + column + 1, 2_654_435_761) >>> 7) & 0x7ffe);
/** Under eight of 64 tiles of 1280 m, two and two beside each other. */
const PARCELS = `
  DELETE FROM dias_catalogue WHERE id <> 1;
  UPDATE dias_catalogue SET reference = '${SCENE.reference}';
  DELETE FROM parcels;
  INSERT INTO parcels (ogc_fid, wkb_geometry)
  SELECT i + 1, ST_Transform(ST_MakeEnvelope(x, y, x + 100, y + 100, 32631), 31370) FROM (
    SELECT i, 500500 + 1280 * (i % 2) + 2560 * (i / 8) AS x, 5640200 + 2560 * (i / 2 % 4) AS y
    FROM generate_series(0, 15) AS i) AS corner`;
const PARCEL_COUNT = 16;
const SLOW = { bytesASecond: 1e6, seconds: 0.01 };

describe('a scene that is fetched in parts', { skip }, () => {
  let database: TestDatabase;
  let folder: string;
  let bucketFolder: string;
  let store: SlowStore;
  let files: string[];
  let workers: WorkerProcesses;
  let worker: Command;
  /** Bytes of a staging that nothing disturbs. */
  let wanted: number;

  before(async () => {
    const { endpoint, accessKey: access_key, secretKey: secret_key, region, folder: neighbour } = gateway();
    folder = await mkdtemp(join(tmpdir(), 'parcelwise-parts-'));
    const bucket = `parts-${randomBytes(6).toString('hex')}`;
    bucketFolder = join(dirname(neighbour), bucket);
    const grid = gridOf(STEP);
    const image = await jp2File(fill(grid, noise, Uint16Array), grid, { bits: 15, tileSize: 256 });
    await put(bucketFolder, KEYS.B04, withTileLengths(image));
    await put(bucketFolder, KEYS.B04.replace('_B04_', '_B08_'), withTileLengths(image));
    store = await SlowStore.start(endpoint);
    database = await createDatabase();
    await makeSeason(database.pool, { parcels: 1 });
    await database.pool.query(PARCELS);
    const { host, port, user: dbuser, password } = database.connection;
    const { tables, aoi, period } = SELECTION;
    const settings = {
      connection: { host, port, dbname: database.name, dbuser, dbpasswd: password?.() ?? '' },
      tables: {
        ...{ aoi_table: tables.aois, parcel_table: tables.parcels, catalogue_table: tables.catalogue },
        ...{ results_table: tables.results, hists_table: tables.hists },
      },
      args: { name: aoi.name, startdate: period.start, enddate: period.end, bands: 'B04,B08' },
    };
    const paths = ['db', 's3'].map((one) => join(folder, `${one}_config.json`)) as [string, string];
    await writeFile(paths[0], JSON.stringify({ database: settings }));
    const s3 = { host: store.endpoint, access_key, secret_key, region, bucket };
    await writeFile(paths[1], JSON.stringify({ s3 }));
    files = ['--db-config', paths[0], '--s3-config', paths[1]];
    workers = await WorkerProcesses.open(join(folder, 'scratch'));
  });
  after(async () => {
    await workers.close();
    await store.stop();
    await database.drop();
    await rm(bucketFolder, { recursive: true });
    await rm(folder, { recursive: true });
  });
  beforeEach(async () => {
    await database.pool.query(`
      TRUNCATE sigs, hists, parcelwise.extraction CASCADE; UPDATE dias_catalogue SET status = 'ingested'`);
    store.reset();
    store.slowness = SLOW;
    await startWorker();
  });
  afterEach(async () => {
    await workers.kill();
  });

  async function startWorker(): Promise<void> {
    worker = await workers.start(files);
  }

  const start = (name: string): Promise<WorkflowHandle<typeof campaign>> =>
    workers.client.workflow.start<typeof campaign>('campaign', {
      workflowId: `campaign/${name}`,
      taskQueue: ORCHESTRATOR_QUEUE,
      args: [{ card: 's2', hostSilenceSeconds: 5 }],
    });

  const inScratch = async (): Promise<string[]> =>
    (await readdir(workers.env.PARCELWISE_SCRATCH!, { recursive: true })).filter(
      (name) => !/^coverages|^places|^slot-0(\/scenes|\/disk\.json|\.lock)?$/.test(name),
    );

  async function until(what: () => boolean | Promise<boolean>): Promise<void> {
    while (!(await what())) await sleep(5);
  }

  const status = async (): Promise<string> =>
    (await database.pool.query<{ status: string }>('SELECT status FROM dias_catalogue')).rows[0]!.status;

  /** The campaign ends with all rows of the scene, and leaves nothing on the scratch disk. */
  async function endsWell(handle: WorkflowHandle<typeof campaign>): Promise<void> {
    assert.equal((await handle.result()).ended.extracted, 1);
    assert.equal(await status(), 'extracted');
    const { rows } = await database.pool.query<{ pid: number; mean: number }>('SELECT pid, mean FROM sigs');
    assert.equal(rows.length, 2 * PARCEL_COUNT);
    assert.equal(new Set(rows.map(({ mean }) => mean)).size, PARCEL_COUNT, 'both bands have the same pixels');
    assert.deepEqual((await audit(database.pool, {}, { each: 5 })).findings, []);
    assert.deepEqual(await inScratch(), []);
  }

  it('asks for a part of the bytes alone where nothing happens', async () => {
    const handle = await start('undisturbed');
    await handle.result();
    wanted = store.bytes;
    await endsWell(handle);
    assert.ok(wanted > 3e6 && wanted < 8e6, String(wanted));
  });

  it('asks for no byte twice but those on their way where its worker is killed', async () => {
    const handle = await start('killed-in-staging');
    await until(() => store.bytes > 0.6 * wanted);
    await worker.stop('SIGKILL');
    const before = store.bytes;
    assert.ok(before < 0.9 * wanted, 'it was killed in the middle');
    const names = await inScratch();
    assert.ok(names.some((name) => name.endsWith('.partial')));
    await startWorker();
    await endsWell(handle);
    // Each connection writes half a megabyte at a time.
    const again = store.bytes - wanted;
    assert.ok(again < 2.5e6, `${again} bytes more than ${wanted}, killed after ${before}`);
  });

  it('asks for nothing again where its worker is killed once the scene is staged', async () => {
    const handle = await start('killed-when-staged');
    await until(async () => (await inScratch()).some((name) => name.endsWith('scene.json')));
    await worker.stop('SIGKILL');
    await startWorker();
    await endsWell(handle);
    assert.ok(Math.abs(store.bytes - wanted) < 50_000, `${store.bytes}, not ${wanted}`);
  });

  it('is given back, and leaves nothing behind, where its campaign is cancelled', async () => {
    store.slowness = { ...SLOW, bytesASecond: 0.05 * wanted };
    const handle = await start('cancelled');
    await until(() => store.bytes > 0.2 * wanted);
    await handle.cancel();
    await assert.rejects(handle.result());
    await assert.rejects(workers.client.workflow.getHandle(sceneId(SELECTION.tables.results, 1)).result());
    assert.equal(await status(), 'ingested');
    await until(async () => (await inScratch()).length === 0);
    // Steps hear of it when they have given a sign of life, every five seconds.
    assert.ok(store.bytes < 0.8 * wanted, `${store.bytes} of ${wanted} were fetched all the same`);
    store.slowness = SLOW;
    await endsWell(await start('after-cancelled'));
  });
});
