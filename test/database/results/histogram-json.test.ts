import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { histogramJson } from '../../../database/results/histogram-json.js';

describe("a histogram's JSON", () => {
  it('is what JSON.stringify makes of the classes that have pixels, without class 0', () => {
    const counts = fc.uint32Array({ maxLength: 256 });
    const sparse = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 12 })), { maxLength: 256 });
    fc.assert(
      fc.property(fc.oneof(counts, sparse), (pixels) => {
        const classes = Object.fromEntries([...pixels.entries()].filter(([value, n]) => value > 0 && n > 0));
        assert.equal(Buffer.from(histogramJson(pixels)).toString('latin1'), JSON.stringify(classes));
      }),
      { examples: [[[]], [[7]], [Uint32Array.of(1, 9, 10, 99, 100, 4294967295)]] },
    );
  });
});
