/** Copying a chunk again after its answer was lost: the chunk is stored, and its files are gone. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { ChunkTask } from '../../activities/contract.js';
import type { Order } from '../../campaigns/order.js';
import { copyChunk } from '../../activities/copy-chunk.js';
import type { StoredReport } from '../../activities/extract-chunk.js';
import { NotStaged } from '../../activities/failures.js';
import type { StepContext } from '../../activities/step-context.js';
import { type HostDependencies } from '../../activities/dependencies.js';
import { Selections } from '../../campaigns/selections.js';
import type { CheckedSelection } from '../../database/selection/check.js';
import { CopyBody, packSignatures } from '../../database/results/copy-rows.js';
import { parcelSetFingerprint } from '../../database/parcels/fingerprint.js';
import { Scratch } from '../../extraction/scratch/scratch.js';
import { writeJson } from '../../extraction/scratch/scratch-file.js';
import { StagedScene } from '../../extraction/scratch/staged-scene.js';
import { createDatabase, skipWithoutServer, type TestDatabase } from '../database/database.js';
import { beginScene, CHUNKS, ownerOf } from '../database/extracted.js';
import { makeSeason, SELECTION } from '../database/season.js';

const OBSID = 1;
const RUN: StepContext = { signal: new AbortController().signal, report: () => undefined };

describe('copyChunk', { skip: skipWithoutServer }, () => {
  let database: TestDatabase;
  let selection: CheckedSelection;
  let scratch: Scratch;
  let dependencies: HostDependencies;
  let task: ChunkTask;
  let folder: string;
  before(async () => {
    database = await createDatabase();
    selection = await makeSeason(database.pool);
    await beginScene(database.pool, selection, OBSID, 1);
    folder = await mkdtemp(join(tmpdir(), 'parcelwise-copy-'));
    scratch = await Scratch.open(folder);
    // Only what copying a chunk touches.
    dependencies = {
      pool: database.pool,
      selections: new Selections(database.pool),
      scratch,
    } as unknown as HostDependencies;
    const order = {
      ...SELECTION,
      tables: { ...SELECTION.tables, results: selection.results.key },
    } as unknown as Order;
    const scene = { obsid: OBSID, reference: 'SCENE_1', obstime: '2024-03-02T10:56:19' };
    task = { order, scene, owner: ownerOf(selection, OBSID), campaign: 'campaign/spring', chunk: CHUNKS[1]! };
  });
  after(async () => {
    await scratch.close();
    await rm(folder, { recursive: true });
    await database.drop();
  });

  const staged = (): StagedScene => new StagedScene(scratch.sceneFolder(selection.results.key, OBSID));
  const rows = async (): Promise<number> =>
    (await database.pool.query<{ n: number }>('SELECT count(*)::integer AS n FROM sigs WHERE pid > 20'))
      .rows[0]!.n;

  it('says that the chunk is not here when nothing of it is', async () => {
    await assert.rejects(copyChunk(RUN, dependencies, task), NotStaged);
  });

  it('says so, too, when its rows are not here and not stored', async () => {
    await stage(staged(), await parcelSetFingerprint(database.pool, selection));
    await rm(staged().chunkFiles(1).rows);
    await assert.rejects(copyChunk(RUN, dependencies, task), NotStaged);
    assert.equal(await rows(), 0);
  });

  it('stores it, removes its files, and is content when asked again', async () => {
    await stage(staged(), await parcelSetFingerprint(database.pool, selection));
    const first = await copyChunk(RUN, dependencies, task);
    await assert.rejects(stat(staged().chunkFiles(1).rows), { code: 'ENOENT' });
    assert.deepEqual(await copyChunk(RUN, dependencies, task), first);
    assert.equal(await rows(), 3 * 20);
  });
});

/** Puts the second chunk's files into the folder, as extracting it does. */
async function stage(scene: StagedScene, parcelSet: string): Promise<void> {
  await scene.begin({ obsid: OBSID, reference: 'SCENE_1', results: 'sigs', runId: 'run-a' });
  const pids = Int32Array.from({ length: 20 }, (_, i) => 21 + i);
  const statistics = new Float64Array(8 * pids.length).fill(1);
  const body = new CopyBody();
  for (const band of ['B04', 'B08', 'SC']) packSignatures(body, { obsid: OBSID, band, pids, statistics });
  const files = scene.chunkFiles(1);
  await writeFile(files.rows, body.finish());
  await writeFile(files.hists, new CopyBody().finish());
  const counts = { parcels: pids.length, rows: body.rows, hists: 0, gaps: [] };
  await writeJson(files.report, { ...counts, pids: [...pids], parcelSet } satisfies StoredReport);
}
