/** What staging tells people while it goes on. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { StagingProgress } from '../../../activities/host/staging-progress.js';
import type { NeededPart } from '../../../reading/needed-part.js';

const MB = 1e6;
const B04 = { key: 's3://eodata/B04.jp2', bytes: 100 * MB };
const SCL = { key: 'https://host.example/SCL.jp2?token=planted', bytes: 3 * MB };
const part = (bytes: number, there: number, blocks: number): NeededPart =>
  ({ bytes, blocks, ofBlocks: 121, partial: { bytes: there } }) as unknown as NeededPart;

describe('the progress of staging', () => {
  it('is told phase by phase: what has come, of what is wanted, of what there is', () => {
    const told: object[] = [];
    const progress = new StagingProgress((details) => told.push(details), 103 * MB);
    progress.begin('headers', 3.1 * MB);
    progress.reached(SCL, 3 * MB);
    progress.came(B04, 0.1 * MB);
    progress.begin('finding tiles with parcels');
    progress.beginTiles(3 * MB, new Map([[B04, part(20 * MB, 5 * MB, 24)]]));
    progress.came(B04, 2 * MB);
    assert.deepEqual(told, [
      { phase: 'headers', megabytes: 0, of: 3.1, inStore: 103 },
      { phase: 'headers', megabytes: 3, of: 3.1, inStore: 103, object: 'https://host.example/SCL.jp2' },
      { phase: 'headers', megabytes: 3.1, of: 3.1, inStore: 103, object: B04.key },
      { phase: 'finding tiles with parcels', megabytes: 3.1, of: 3.1, inStore: 103 },
      { phase: 'tiles with parcels', megabytes: 8, of: 23, inStore: 103, tiles: '24 of 121' },
      {
        phase: 'tiles with parcels',
        megabytes: 10,
        of: 23,
        inStore: 103,
        tiles: '24 of 121',
        object: B04.key,
      },
    ]);
  });

  it('is that of whole objects where nothing is wanted in parts', () => {
    const told: object[] = [];
    const progress = new StagingProgress((details) => told.push(details), 103 * MB);
    progress.reached(B04, 7 * MB);
    progress.beginTiles(103 * MB, new Map());
    assert.deepEqual(told, [
      { phase: 'whole objects', megabytes: 7, of: 103, object: B04.key },
      { phase: 'whole objects', megabytes: 7, of: 103 },
    ]);
  });
});
