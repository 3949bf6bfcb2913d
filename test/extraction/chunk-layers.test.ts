/** Which layers of a chunk are measured, of which of its parcels. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ChunkLayers } from '../../extraction/chunk-layers.js';

describe('the layers of a chunk', () => {
  it('are all, of all parcels, where nothing of it is stored', () => {
    const layers = new ChunkLayers(undefined);
    assert.equal(layers.has('B04:clear'), true);
    assert.equal(layers.only('B04'), undefined);
    assert.deepEqual(layers.changed(), []);
  });

  it('are those that it lacks, and those that were skipped, of the parcels that have not changed', () => {
    const layers = new ChunkLayers({
      layers: ['B05'],
      skipped: [
        { layers: ['B04', 'B04:clear'], pids: [3, 5, 7] },
        { layers: ['NDV'], pids: [3] },
      ],
      changed: [1, 5],
    });
    assert.deepEqual(
      ['B05', 'B04', 'B04:clear', 'NDV', 'NDV:clear', 'SC'].map((layer) => layers.has(layer)),
      [true, true, true, true, false, false],
    );
    assert.equal(layers.only('B05'), undefined);
    assert.deepEqual(layers.only('B04'), [3, 7]);
    assert.equal(layers.only('B04'), layers.only('B04:clear'), 'one list, so that parcels are found once');
    assert.deepEqual(layers.only('NDV'), [3]);
    assert.deepEqual(layers.changed(), [
      { band: 'B05', reason: 'changed', pids: [1, 5] },
      { band: 'B04', reason: 'changed', pids: [5] },
      { band: 'B04:clear', reason: 'changed', pids: [5] },
    ]);
  });

  it('are of all that were skipped where as many others have changed', () => {
    const skipped = [{ layers: ['B04'], pids: [3, 5] }];
    assert.deepEqual(new ChunkLayers({ layers: ['B05'], skipped, changed: [1, 9] }).only('B04'), [3, 5]);
  });

  it('are those that it lacks, by a plan that a worker of before has written', () => {
    const layers = new ChunkLayers({ layers: ['B05'], changed: [] });
    assert.deepEqual([layers.has('B05'), layers.has('B04')], [true, false]);
  });
});
