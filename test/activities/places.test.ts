/** Rasters without lists of their blocks that are read again: what an earlier read found is known, and nothing else is believed. */
import assert from 'node:assert/strict';
import { readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { KnownPlaces } from '../../activities/host/known-places.js';
import { withTileLengths } from '../../bench/tile-lengths.js';
import { type BlockPlace, readPlaces, writePlaces } from '../../rasters/index.js';
import { PartialObject } from '../../reading/partial-object.js';
import { FolderStore } from '../../store/folder-store.js';
import { skipWithoutServer } from '../database/database.js';
import { temporaryFolder } from '../temporary-folder.js';
import { KEYS, openTestDependencies, type TestDependencies } from './dependencies.js';
import { enlargeJp2 } from './large-object.js';
import { forget } from './masked-scene.js';
import { noise } from './noise.js';
import { run } from './run-activity.js';
import { SceneSteps } from './scene-steps.js';

describe('a scene without TLM that is read again', { skip: skipWithoutServer }, () => {
  let test: TestDependencies;
  let steps: SceneSteps;
  let object: string;
  let whole: object[];
  before(async () => {
    test = await openTestDependencies({
      order: { bands: ['B08', 'SC'] },
      bands: { B08: { step: 10, pixel: noise } },
    });
    steps = new SceneSteps(test);
    object = join(test.bucket, KEYS.B04.replace('_B04_', '_B08_'));
    // Of two megabytes it isn't worth while to look for tiles.
    assert.equal(await blocks('run-0'), undefined);
    whole = await rows();
  });
  beforeEach(() => forget(test));
  after(() => test.close());

  const rows = () => steps.query('SELECT * FROM sigs LEFT JOIN hists USING (pid, obsid) ORDER BY pid, band');
  const kept = async (): Promise<string[]> =>
    (await readdir(test.dependencies.scratch.places)).map((name) =>
      join(test.dependencies.scratch.places, name),
    );

  /** Takes it through its steps; how many tiles were fetched of it, where not all. */
  async function blocks(runId: string): Promise<number | undefined> {
    const task = await steps.begin({}, runId);
    const act = steps.act();
    const { parts } = await run(act.stage, task);
    const { pending } = await run(act.planOrFinish, task);
    for (const chunk of pending) await run(act.extractAndCopyChunk, { ...task, chunk });
    await run(act.mark, task, null);
    await run(act.discard, task);
    return parts?.blocks;
  }

  it('is brought by the tiles that are wanted, since their places are known', async () => {
    assert.equal((await kept()).length, 1);
    assert.equal(await blocks('run-1'), 4);
    assert.deepEqual(await rows(), whole);
  });

  it('is brought whole in another version', async () => {
    await utimes(object, new Date(), new Date());
    assert.equal(await blocks('run-2'), undefined);
    assert.equal((await kept()).length, 2);
    await forget(test);
    assert.equal(await blocks('run-3'), 4);
    assert.deepEqual(await rows(), whole);
  });

  it('is brought whole where the places that were kept are wrong, and those are mended', async () => {
    for (const path of await kept()) {
      const places = readPlaces(path.replace(/\.places$/, '')).map((one) => ({ ...one }));
      [places[13]!.block, places[14]!.block] = [places[14]!.block, places[13]!.block];
      await writePlaces(path.replace(/\.places$/, ''), places);
    }
    assert.equal(await blocks('run-4'), undefined);
    assert.deepEqual(await rows(), whole);
    await forget(test);
    assert.equal(await blocks('run-5'), 4);
    assert.deepEqual(await rows(), whole);
  });

  it('is brought by tiles that are looked for where they may lie, where that pays', async () => {
    const small = await readFile(object);
    await enlargeJp2(object, 60e6);
    const before = (await kept()).length;
    assert.equal(await blocks('run-6'), 4);
    assert.deepEqual(await rows(), whole);
    assert.equal((await kept()).length, before + 1);
    await writeFile(object, small);
  });

  it('has nothing kept where TLM tells the places', async () => {
    await writeFile(object, withTileLengths(await readFile(object)));
    const before = (await kept()).length;
    assert.equal(await blocks('run-7'), 4);
    assert.equal((await kept()).length, before);
  });
});

describe('known places', () => {
  const folder = temporaryFolder('known-places');
  const PLACES: BlockPlace[] = [{ block: 0, position: 100, length: 50 }];

  it('are those of so many versions that were used last', async () => {
    const store = new FolderStore(folder);
    const kept = temporaryFolder('known-places-kept');
    const known = new KnownPlaces(kept, 10);
    const parts: PartialObject[] = [];
    for (let i = 0; i < 11; i++) {
      await writeFile(join(folder, `${i}.jp2`), `${i}`);
      const part = await PartialObject.open(
        store,
        (await store.head(`${i}.jp2`))!,
        join(folder, `part-${i}`),
      );
      parts.push(part);
      await writePlaces(part.path, PLACES);
      await known.keep(part);
      // A second apart, since some disks tell no less; the first is used again later than all others.
      const [name] = (await readdir(kept)).filter((one) => one.startsWith(part.version));
      if (name !== undefined) await utimes(join(kept, name), 1000 + i, i === 0 ? 2000 : 1000 + i);
    }
    const left = await readdir(kept);
    const isKept = parts.map(({ version }) => left.includes(`${version}.places`));
    assert.deepEqual(isKept, [true, false, false, ...Array.from({ length: 8 }, () => true)]);
    for (const part of parts) await part.close();
  });
});
