/** Memory that goes from one scene's planes to the next one's. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PlanePool } from '../../extraction/plane-pool.js';

describe('PlanePool', () => {
  it('gives kept memory of the same size again, to one plane at a time', () => {
    const spare = new PlanePool();
    const used = spare.take(100, 100);
    spare.keep(used, 100);
    assert.equal(spare.take(100, 60), used);
    assert.notEqual(spare.take(100, 60), used);
  });

  it('lets go of planes of other sizes when a size comes that it does not have', () => {
    const spare = new PlanePool();
    const used = spare.take(100, 100);
    spare.keep(used, 100);
    spare.take(200, 200);
    assert.notEqual(spare.take(100, 100), used);
  });

  it('neither keeps nor gives memory for planes that are mostly not decoded, as untouched memory costs nothing', () => {
    const spare = new PlanePool();
    const sparse = spare.take(100, 10);
    spare.keep(sparse, 10);
    assert.notEqual(spare.take(100, 100), sparse);
    const dense = spare.take(100, 100);
    spare.keep(dense, 100);
    assert.notEqual(spare.take(100, 10), dense);
    assert.equal(spare.take(100, 100), dense);
  });
});
