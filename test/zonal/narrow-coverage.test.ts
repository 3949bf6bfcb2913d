/** Coverages without the pixels of some parcels. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Coverage } from '../../zonal/coverage.js';
import { withoutPixelsOf } from '../../zonal/narrow-coverage.js';

const GRID = { width: 50, height: 40, originX: 0, originY: 400, stepX: 10, stepY: -10 };

/** Of parcels with so many spans each, which differ in place and length. */
function coverageOf(spans: readonly number[]): Coverage {
  const made = Coverage.allocate(
    GRID,
    spans.length,
    spans.reduce((sum, count) => sum + count, 0),
  );
  spans.forEach((count, parcel) => {
    made.pids[parcel] = 7 * parcel - 20;
    made.bounds.set([parcel, parcel + 0.1, parcel + 0.2, parcel + 0.3], 4 * parcel);
    made.offsets[parcel + 1] = made.offsets[parcel]! + count;
  });
  made.start.forEach((_, span) => (made.start[span] = 3 * span));
  made.length.forEach((_, span) => (made.length[span] = 1 + (span % 3)));
  return made;
}

/** The spans of each parcel. */
function spansOf({ count, offsets, start, length }: Coverage): number[][][] {
  return Array.from({ length: count }, (_, parcel) => {
    const [from, to] = [offsets[parcel]!, offsets[parcel + 1]!];
    return Array.from({ length: to - from }, (_one, i) => [start[from + i]!, length[from + i]!]);
  });
}

describe('a coverage without the pixels of some parcels', () => {
  it('has all parcels in their places, and the spans of the others', () => {
    const parcels = fc.array(fc.record({ spans: fc.nat(4), isLeft: fc.boolean() }), { maxLength: 20 });
    fc.assert(
      fc.property(parcels, (all) => {
        const coverage = coverageOf(all.map(({ spans }) => spans));
        const narrowed = withoutPixelsOf(
          coverage,
          Uint8Array.from(all, ({ isLeft }) => Number(isLeft)),
        );
        assert.deepEqual([narrowed.grid, narrowed.pids], [coverage.grid, coverage.pids]);
        assert.deepEqual(narrowed.bounds, coverage.bounds);
        const expected = spansOf(coverage).map((spans, parcel) => (all[parcel]!.isLeft ? [] : spans));
        assert.deepEqual(spansOf(narrowed), expected);
        assert.equal(narrowed.start.length, expected.flat().length);
      }),
    );
  });

  it('is the coverage itself where only parcels without a pixel are left out', () => {
    const coverage = coverageOf([2, 0, 1]);
    assert.equal(withoutPixelsOf(coverage, Uint8Array.of(0, 1, 0)), coverage);
  });
});
