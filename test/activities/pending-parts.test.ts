/** Scenes of which rows are stored already: only what holds pixels of the parcels that are left is fetched. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { SceneTask, Staged } from '../../activities/contract.js';
import { selectionOf } from '../../campaigns/order.js';
import { withTileLengths } from '../../bench/tile-lengths.js';
import { lookAt } from '../../forecast/look.js';
import { skipWithoutServer } from '../database/database.js';
import { KEYS, openTestDependencies, PARCELS, type TestDependencies } from './dependencies.js';
import { withoutVersions } from './large-object.js';
import { forget } from './masked-scene.js';
import { run } from './run-activity.js';
import { SceneSteps } from './scene-steps.js';

/** Noise of 15 bits, so that a tile has more bytes than gaps that are read rather than skipped. */
function noise(row: number, column: number): number {
  const hash = Math.imul(row * 1000 + column + 1, 2_654_435_761);
  return Math.max(1, Math.imul(hash ^ (hash >>> 15), 2_246_822_519) >>> 17);
}

/** In the first and the third tile; between their numbers are those of parcels in the second. */
const REDRAW = `UPDATE parcels SET wkb_geometry = ST_Translate(wkb_geometry, 20, 0) WHERE ogc_fid IN (3, 17)`;

describe('a scene of which rows are stored', { skip: skipWithoutServer }, () => {
  let test: TestDependencies;
  let steps: SceneSteps;
  before(async () => {
    test = await openTestDependencies({
      order: { bands: ['B08', 'SC'] },
      bands: { B08: { step: 10, pixel: noise } },
    });
    steps = new SceneSteps(test);
    const path = join(test.bucket, KEYS.B04.replace('_B04_', '_B08_'));
    await writeFile(path, withTileLengths(await readFile(path)));
  });
  beforeEach(() => forget(test));
  after(() => test.close());

  const rows = () =>
    steps.query(
      `SELECT pid, trim(band) AS band, count, mean, std, min, max, p25, p50, p75, hist::text
       FROM sigs LEFT JOIN hists USING (pid, obsid) ORDER BY pid, band`,
    );

  /** The rows of all of it from whole objects. */
  async function expected(): Promise<object[]> {
    await forget(test);
    const { dependencies } = test;
    const whole = new SceneSteps({
      ...test,
      dependencies: { ...dependencies, store: withoutVersions(dependencies.store) },
    });
    await whole.whole({}, 'run-whole');
    return await rows();
  }

  /** Stages it, and takes it to its end. */
  async function finish(task: SceneTask): Promise<Staged> {
    const act = steps.act();
    const staged = await run(act.stage, task);
    const { pending } = await run(act.planOrFinish, task);
    for (const chunk of pending) await run(act.extractAndCopyChunk, { ...task, chunk });
    await run(act.mark, task, null);
    await run(act.discard, task);
    return staged;
  }

  it('is gone on with by the tiles of the chunks that are left, where its host is lost', async () => {
    const task = await steps.begin({}, 'run-1');
    await steps.store(task, 2);
    const { parts } = await finish(task);
    // Parcels 31 to 40 lie in the right three of the four tiles in which there are any.
    assert.deepEqual([parts?.blocks, parts?.ofBlocks], [3, 16]);
    const stored = await rows();
    assert.equal(stored.length, 2 * PARCELS);
    assert.deepEqual(stored, await expected());
    assert.deepEqual(await steps.findings(), []);
  });

  it('is planned by its header alone where every chunk is stored', async () => {
    const task = await steps.begin({}, 'run-1');
    await steps.store(task);
    const { parts, bytes } = await finish(task);
    assert.equal(parts?.blocks, 0);
    assert.ok(bytes < 150_000, String(bytes));
    assert.deepEqual(await rows(), await expected());
  });

  it('is renewed by the tiles of the parcels that have changed', async () => {
    await steps.whole({}, 'run-1');
    await test.dependencies.pool.query(REDRAW);
    const { dependencies, order } = test;
    const watched = { signal: new AbortController().signal, onProgress: () => undefined };
    const selection = await dependencies.selections.check(selectionOf(order));
    const renewing = { ...order, changedOnly: true };
    const [look] = await lookAt(dependencies, selection, renewing, [test.task.scene], watched);
    const task = await steps.begin({ changedOnly: true }, 'run-2');
    assert.equal((await run(steps.act().renew, task)).redrawn, 2);
    const { parts, bytes } = await finish(task);
    assert.equal(look!.bytes, bytes, 'as foretold');
    assert.deepEqual([parts?.blocks, parts?.ofBlocks], [2, 16]);
    const renewed = await rows();
    assert.deepEqual(renewed, await expected());
    assert.deepEqual(await steps.findings(), []);
  });

  it('gets a band that it lacks from the tiles of the parcels that it has', async () => {
    await steps.whole({ bands: ['SC'] }, 'run-1');
    const task = await steps.begin({ add: true }, 'run-2');
    const { parts } = await finish(task);
    assert.equal(parts?.blocks, 4);
    assert.deepEqual(await rows(), await expected());
  });

  it('is staged further where parcels come that its plan does not have', async () => {
    const task = await steps.begin({}, 'run-1');
    await steps.store(task, 2);
    const act = steps.act();
    const staged = await run(act.stage, task);
    assert.equal(staged.parts?.blocks, 3);
    // In the first of the tiles, all of whose parcels are stored.
    await test.dependencies.pool.query(
      `INSERT INTO parcels SELECT ${PARCELS + 1}, ST_Translate(wkb_geometry, 150, 0) FROM parcels WHERE ogc_fid = 1`,
    );
    await assert.rejects(run(act.planOrFinish, task), { type: 'NotStaged' });
    await finish(task);
    assert.deepEqual(await rows(), await expected());
    await test.dependencies.pool.query(`DELETE FROM parcels WHERE ogc_fid > ${PARCELS}`);
  });
});
