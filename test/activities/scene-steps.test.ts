/** The steps of a scene, each as Temporal calls it: done once, repeated, and cancelled, on a real database and real files. */
import assert from 'node:assert/strict';
import { readdir, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { PlannedScene, SceneTask } from '../../activities/contract.js';
import { databaseActivities, hostActivities, stageActivities } from '../../activities/registered.js';
import type { FailureType } from '../../campaigns/failure-types.js';
import { plan } from '../../activities/plan.js';
import type { StepContext } from '../../activities/step-context.js';
import type { HostDependencies } from '../../activities/dependencies.js';
import { FolderStore } from '../../store/folder-store.js';
import { skipWithoutServer } from '../database/database.js';
import { bert } from '../database/season.js';
import { run } from './run-activity.js';
import {
  block,
  KEYS,
  openTestDependencies,
  PARCELS,
  pixelB04,
  type TestDependencies,
} from './dependencies.js';

/** A step without Temporal around it. */
const alone: StepContext = { signal: new AbortController().signal, report: () => undefined };

interface Row {
  readonly pid: number;
  readonly band: string;
  readonly count: number;
  readonly mean: number;
  readonly min: number;
  readonly max: number;
}

async function failsAs(
  type: FailureType,
  message: RegExp,
  result: Promise<unknown>,
): Promise<ApplicationFailure> {
  const error: unknown = await result.then(
    () => assert.fail('it did not fail'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof ApplicationFailure, String(error));
  assert.equal(error.type, type, error.message);
  assert.match(error.message, message);
  assert.equal(error.nonRetryable, type !== 'DiskFull');
  return error;
}

describe('steps of a scene', { skip: skipWithoutServer }, () => {
  let test: TestDependencies;
  let task: SceneTask;
  const act = (dependencies: HostDependencies = test.dependencies) => ({
    ...databaseActivities(dependencies),
    ...stageActivities(dependencies),
    ...hostActivities(dependencies),
  });
  const rows = async (): Promise<Row[]> => {
    const sql = 'SELECT pid, trim(band) AS band, count, mean, min, max FROM sigs ORDER BY band, pid';
    return (await test.dependencies.pool.query<Row>(sql)).rows;
  };
  const status = async (): Promise<string> =>
    (await test.dependencies.pool.query<{ status: string }>('SELECT status FROM dias_catalogue WHERE id = 1'))
      .rows[0]!.status;

  before(async () => {
    test = await openTestDependencies();
    task = test.task;
  });
  after(() => test.close());

  it('are registered under their names of 0.1.0 too, for scenes that a host of that release has staged', () => {
    const { plan, planOrFinish, extractChunk, extractAndCopyChunk } = hostActivities(test.dependencies);
    assert.deepEqual([plan, extractChunk], [planOrFinish, extractAndCopyChunk]);
  });

  it('claim: one owner, who may ask again', async () => {
    const expected = { claimed: true, bands: ['B04', 'SC'], parcels: true };
    assert.deepEqual(await run(act().claim, task), expected);
    assert.deepEqual(await run(act().claim, task), expected);
    const other = await run(act().claim, { ...task, owner: bert });
    assert.deepEqual(other, { claimed: false, status: 'inprogress', owner: task.owner });
    assert.equal(await status(), 'inprogress');
    // Of another namespace, where a workflow of the same id may run: whose this one is has to be said.
    const { temporal } = test.dependencies;
    const place = () => ({ ...temporal.place(), namespace: 'theirs' });
    const elsewhere = databaseActivities({ ...test.dependencies, temporal: { ...temporal, place } });
    const { cluster, namespace } = temporal.place();
    assert.deepEqual(await run(elsewhere.claim, { ...task, owner: bert }), {
      claimed: false,
      status: 'inprogress',
      owner: task.owner,
      elsewhere: `namespace ${namespace} of the Temporal server ${cluster}`,
    });
  });

  it('release: gives back what the owner holds, once and again', async () => {
    await run(act().release, { ...task, owner: bert });
    assert.equal(await status(), 'inprogress', 'somebody else can not');
    await run(act().release, task);
    await run(act().release, task);
    assert.equal(await status(), 'ingested');
    await run(act().claim, task);
  });

  it('planOrFinish, extractAndCopyChunk and copyChunk: are NotStaged before the scene is', async () => {
    const chunk = { chunk: 0, firstPid: 1, lastPid: 15 };
    await failsAs('NotStaged', /not staged on this host/, run(act().planOrFinish, task));
    await failsAs('NotStaged', /not staged on this host/, run(act().extractAndCopyChunk, { ...task, chunk }));
    await failsAs('NotStaged', /chunk 0 is not on this host/, run(act().copyChunk, { ...task, chunk }));
  });

  it('stage: brings every object, tells how far it is, and leaves what lies there when repeated', async () => {
    const { dependencies } = test;
    const staging = run(act().stage, task);
    const staged = await staging;
    const sizes = await Promise.all(Object.values(KEYS).map((key) => stat(join(test.bucket, key))));
    assert.deepEqual(staged, {
      host: dependencies.scratch.host,
      queue: dependencies.queue,
      bytes: sizes.reduce((sum, { size }) => sum + size, 0),
      stepNames: 2,
    });
    const beats = staging.beats as { object: string; megabytes: number; of: number }[];
    assert.ok(beats.some(({ object }) => object === KEYS.SC));
    assert.equal(beats.at(-1).megabytes, beats.at(-1).of);

    const folder = dependencies.scratch.sceneFolder(task.order.tables.results, 1);
    const raster = join(
      folder,
      (await readdir(folder)).find((name) => name.endsWith('B04_10m.jp2'))!,
    );
    const { mtimeMs, ino } = await stat(raster);
    assert.deepEqual(await run(act().stage, task), staged);
    assert.deepEqual([(await stat(raster)).mtimeMs, (await stat(raster)).ino], [mtimeMs, ino]);
  });

  it('stage: names the object that is missing, in the status word of the catalogue', async () => {
    const missing = await failsAs(
      'SceneIncomplete',
      /has no _B08_10m\.jp2/,
      run(act().stage, { ...task, order: { ...task.order, bands: ['B04', 'B08'] } }),
    );
    assert.deepEqual(missing.details, ['B08 notfound']);
    const scene = {
      ...task.scene,
      reference: task.scene.reference.replace('20240302T142212', '20240302T142213'),
    };
    const nowhere = await failsAs(
      'SceneIncomplete',
      /no GRANULE folder/,
      run(act().stage, { ...task, scene }),
    );
    assert.deepEqual(nowhere.details, ['S2_nopath']);
  });

  it('stage: waits for room rather than fill the disk', async () => {
    await run(act().discard, task);
    const dependencies = { ...test.dependencies, reserveBytes: Number.MAX_SAFE_INTEGER };
    const why = /^waiting for disk space on .+: needs 9007199\.3 GB, has [\d.]+ [GM]B;/;
    await failsAs('DiskFull', why, run(act(dependencies).stage, task));
    await run(act().stage, task);
  });

  it('stage: ends when it is cancelled in the middle of a download', async () => {
    await run(act().discard, task);
    class Slow extends FolderStore {
      override download(...[, , options]: Parameters<FolderStore['download']>): Promise<void> {
        return new Promise((_, reject) => {
          const end = (): void => {
            reject(new Error('aborted'));
          };
          if (options?.signal?.aborted === true) end();
          options?.signal?.addEventListener('abort', end);
        });
      }
    }
    const staging = run(act({ ...test.dependencies, store: new Slow(test.bucket) }).stage, task);
    setTimeout(staging.cancel, 100);
    await assert.rejects(staging, CancelledFailure);
    await run(act().stage, task);
  });

  let planned: PlannedScene;

  it('planOrFinish: fixes the chunks once', async () => {
    planned = await run(act().planOrFinish, task);
    assert.deepEqual([planned.parcels, planned.chunks], [PARCELS, 3]);
    assert.deepEqual(
      planned.pending.map(({ firstPid, lastPid }) => [firstPid, lastPid]),
      [
        [1, 15],
        [16, 30],
        [31, 40],
      ],
    );
    const smaller = { ...task, order: { ...task.order, chunkParcels: 5 } };
    assert.deepEqual(await run(act().planOrFinish, smaller), planned, 'a later setting does not change them');
  });

  it('planOrFinish: is refused to a run that does not hold the claim', async () => {
    await failsAs('ClaimLost', /not claimed by/, run(act().planOrFinish, { ...task, owner: bert }));
  });

  it('extractAndCopyChunk: ends when it is cancelled while it waits for memory, and keeps none', async () => {
    const { dependencies } = test;
    await dependencies.scenes.forget(dependencies.scratch.sceneFolder(task.order.tables.results, 1));
    const others = await dependencies.budget.borrow(dependencies.budget.bytes);
    const extracting = run(act().extractAndCopyChunk, { ...task, chunk: planned.pending[0]! });
    setTimeout(extracting.cancel, 200);
    await assert.rejects(extracting, CancelledFailure);
    await run(act().discard, task);
    others();
    (await dependencies.budget.borrow(dependencies.budget.bytes, AbortSignal.timeout(1000)))();
    await run(act().stage, task);
    await plan(alone, dependencies, task);
  });

  it('extractAndCopyChunk and copyChunk: repeated, at once or later, store a chunk once', async () => {
    const [first, second, third] = planned.pending.map((chunk) => ({ ...task, chunk }));
    const accounts = { parcels: 15, rows: 29, hists: 15, gaps: { B04: { 'no-data': 1 } } };
    assert.deepEqual(await run(act().extractAndCopyChunk, first!), { ...accounts, stored: true });
    assert.deepEqual(
      await run(act().extractAndCopyChunk, first!),
      { ...accounts, stored: true },
      'the answer was lost',
    );
    assert.deepEqual(await run(act().copyChunk, first!), accounts, 'an older worker asks for it');
    await test.dependencies.pool.query('ALTER TABLE hists RENAME TO hists_away');
    assert.equal((await run(act().extractAndCopyChunk, second!)).stored, undefined);
    await test.dependencies.pool.query('ALTER TABLE hists_away RENAME TO hists');
    await Promise.all([run(act().copyChunk, second!), run(act().copyChunk, second!)]);
    assert.equal((await rows()).length, 59);

    const again = await plan(alone, test.dependencies, task);
    assert.deepEqual(again.pending, [third!.chunk]);
    await failsAs('NotStaged', /1 of 3 chunks are not stored/, run(act().mark, task, null));
  });

  it('planOrFinish: goes on to the last row where one chunk is left, and removes the staged files', async () => {
    const { dependencies } = test;
    const all = { parcels: PARCELS, chunks: 3, pending: [] };
    assert.deepEqual(await run(act().planOrFinish, task), { ...all, finished: { rows: 20 } });
    assert.deepEqual(await dependencies.scratch.stagedFolders(), []);
    await run(act().stage, task);
    const answerLost = await run(act().planOrFinish, task);
    assert.deepEqual(answerLost, { ...all, finished: { rows: 0 } });
    assert.equal((await rows()).length, 2 * PARCELS - 1);
    await run(act().stage, task);
    await plan(alone, dependencies, task);
  });

  it('stores what stands in the pixels', async () => {
    const found = new Map((await rows()).map((row) => [`${row.band} ${row.pid}`, row]));
    assert.equal(found.size, 2 * PARCELS - 1);
    for (let pid = 1; pid <= PARCELS; pid++) {
      const { row, column, side } = block(pid, 10);
      const columns = Array.from({ length: side }, (_, i) => pixelB04(row, column + i)).filter(
        (value) => value > 0,
      );
      const b04 = found.get(`B04 ${pid}`);
      if (columns.length === 0) assert.equal(b04, undefined);
      else
        assert.deepEqual(b04, {
          ...{ pid, band: 'B04', count: side * side },
          mean: columns.reduce((sum, value) => sum + value, 0) / side,
          ...{ min: columns[0], max: columns.at(-1) },
        });
      const scl = pid === 5 ? 9 : 4;
      assert.deepEqual(found.get(`SC ${pid}`), { pid, band: 'SC', count: 25, mean: scl, min: scl, max: scl });
    }
    const hists = await test.dependencies.pool.query<{ pid: number; hist: object }>(
      'SELECT pid, hist FROM hists ORDER BY pid',
    );
    assert.deepEqual(
      hists.rows,
      Array.from({ length: PARCELS }, (_, i) => ({ pid: i + 1, hist: i === 4 ? { 9: 25 } : { 4: 25 } })),
    );
  });

  it('discard: leaves nothing, and is done when there is nothing', async () => {
    const { dependencies } = test;
    await run(act().stage, task);
    await run(act().discard, { ...task, owner: bert });
    assert.equal((await dependencies.scratch.stagedFolders()).length, 1, 'not what another run has staged');
    await run(act().discard, task);
    await run(act().discard, task);
    assert.deepEqual(await dependencies.scratch.stagedFolders(), []);
  });

  it('planOrFinish: says where a raster lies that is not near the footprint, and where that is', async () => {
    await run(act().stage, task);
    const move = (degrees: number) =>
      test.dependencies.pool.query(
        'UPDATE dias_catalogue SET footprint = ST_Translate(footprint, $1, 0) WHERE id = 1',
        [degrees],
      );
    await move(6);
    await failsAs(
      'BadRaster',
      /B04_10m\.jp2 has 1000 x 1000 pixels of 10 from \(500000, 5650000\) in EPSG:32631, which is 3 to 3\.14, 50\.91 to 51 .*; the footprint is 9 to 9\.14, 50\.91 to 51/,
      run(act().planOrFinish, task),
    );
    await move(-6);
    await run(act().planOrFinish, task);
  });

  it('planOrFinish: says which raster can not be read', async () => {
    await run(act().stage, task);
    const folder = test.dependencies.scratch.sceneFolder(task.order.tables.results, 1);
    const name = (await readdir(folder)).find((file) => file.endsWith('B04_10m.jp2'))!;
    await truncate(join(folder, name), 100);
    await failsAs('BadRaster', /B04_10m\.jp2/, run(act().planOrFinish, task));
    await run(act().stage, task);
    assert.ok((await stat(join(folder, name))).size > 100, 'what was bad is fetched again');
    await rm(folder, { recursive: true });
  });

  it('stage: fetches nothing that lies here complete for the same run, and all of it for another', async () => {
    const { dependencies } = test;
    const first = await run(act().stage, task);
    const folder = dependencies.scratch.sceneFolder(task.order.tables.results, 1);
    const name = 'scene.json';
    const marked = new Date('2024-01-01T00:00:00Z');
    await utimes(join(folder, name), marked, marked);
    const isKept = async (): Promise<boolean> =>
      (await stat(join(folder, name))).mtimeMs === marked.getTime();
    assert.deepEqual(await run(act().stage, task), first);
    assert.equal(await isKept(), true);
    await run(act().stage, { ...task, owner: { ...task.owner, runId: 'another' } });
    assert.equal(await isKept(), false);
    await writeFile(join(folder, 'scene.json'), '');
    await failsAs('NotStaged', /scene\.json can't be used: it is empty/, run(act().planOrFinish, task));
    await run(act().stage, task);
    await run(act().discard, task);
  });

  it('mark: ends the scene, once and again with the same accounts; afterwards nothing is stored for it', async () => {
    await failsAs('ClaimLost', /not claimed by/, run(act().mark, { ...task, owner: bert }, null));
    const accounts = await run(act().mark, task, null);
    const expected = {
      parcels: PARCELS,
      rows: 2 * PARCELS - 1,
      hists: PARCELS,
      gaps: { B04: { 'no-data': 1 } },
      fresh: 2 * PARCELS - 1,
    };
    assert.deepEqual(accounts, expected);
    assert.deepEqual(await run(act().mark, task, null), expected);
    assert.equal(await status(), 'extracted');
    await run(act().release, task);
    assert.equal(await status(), 'extracted');
    assert.deepEqual(await run(act().claim, { ...task, owner: bert }), {
      claimed: false,
      status: 'extracted',
      owner: undefined,
    });
  });
});
