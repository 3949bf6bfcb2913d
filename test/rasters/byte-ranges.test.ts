/** Ranges of bytes, against a set of single bytes. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type ByteRange, bytesOf, joined, missing } from '../../rasters/byte-ranges.js';

const RANGES = fc.array(
  fc.tuple(fc.nat(60), fc.nat(9)).map(([from, length]) => ({ from, to: from + length })),
  { maxLength: 12 },
);

function bytes(ranges: readonly ByteRange[]): Set<number> {
  return new Set(ranges.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, i) => from + i)));
}

describe('ranges of bytes', () => {
  it('are joined to sorted ones that lie apart and hold the same bytes', () => {
    fc.assert(
      fc.property(RANGES, (ranges) => {
        const out = joined(ranges);
        assert.deepEqual(bytes(out), new Set([...bytes(ranges)].sort((a, b) => a - b)));
        assert.equal(bytesOf(out), bytes(ranges).size);
        for (const [i, { from, to }] of out.entries()) {
          assert.ok(from < to);
          assert.ok(i === 0 || out[i - 1]!.to < from);
        }
      }),
    );
  });

  it('are joined over gaps that are no wider than is said', () => {
    const two = [
      { from: 0, to: 10 },
      { from: 15, to: 20 },
    ];
    assert.deepEqual(joined(two, 4), two);
    assert.deepEqual(joined(two, 5), [{ from: 0, to: 20 }]);
  });

  it('lack what is in none of the others', () => {
    fc.assert(
      fc.property(RANGES, RANGES, (some, others) => {
        const lacking = missing(joined(some), joined(others));
        const there = bytes(others);
        assert.deepEqual(
          bytes(lacking),
          new Set([...bytes(joined(some))].filter((byte) => !there.has(byte))),
        );
      }),
    );
  });
});
