/** A scene that lives in this process: what of it is lost on the disk is staged again, as a workflow has it. */
import assert from 'node:assert/strict';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Staged } from '../../activities/contract.js';
import { withTileLengths } from '../../bench/tile-lengths.js';
import { LinesBoard, ProcessScope, stepsHere } from '../../cli/local-scene.js';
import { SceneLife } from '../../workflows/scene-life.js';
import { KEYS, openTestDependencies } from '../activities/dependencies.js';
import { noise } from '../activities/noise.js';
import { skipWithoutServer } from '../database/database.js';

describe('a scene by hand', { skip: skipWithoutServer }, () => {
  it('is staged again, whole, where a part of it turns out not to be there', async () => {
    const bands = { B08: { step: 10, pixel: noise } } as const;
    const test = await openTestDependencies({ order: { bands: ['B08', 'SC'] }, bands });
    try {
      const { task, dependencies } = test;
      const path = join(test.bucket, KEYS.B04.replace('_B04_', '_B08_'));
      await writeFile(path, withTileLengths(await readFile(path)));
      const folder = dependencies.scratch.sceneFolder(task.order.tables.results, task.scene.obsid);
      const staged: Staged[] = [];
      const losing = {
        ...dependencies,
        scenes: Object.assign(Object.create(dependencies.scenes) as typeof dependencies.scenes, {
          // Planned, and about to be extracted.
          get: async (of: string) => {
            const lists = (await readdir(folder)).filter((name) => name.endsWith('.list'));
            for (const name of lists) await rm(join(folder, name));
            return await dependencies.scenes.get(of);
          },
        }),
      };
      const scope = new ProcessScope(new AbortController().signal);
      const steps = stepsHere(scope, losing, { staged: (one) => staged.push(one), marked: () => undefined });
      const lines: string[] = [];
      const board = new LinesBoard((line) => lines.push(line));
      const end = await new SceneLife(steps, board, scope).live(task);
      assert.ok('status' in end && end.status === 'extracted', JSON.stringify(end));
      assert.deepEqual(
        staged.map(({ parts }) => parts !== undefined),
        [true, false],
      );
      assert.match(lines.join(''), /staged again after .*were not fetched/);
    } finally {
      await test.close();
    }
  });
});
