import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describeRows } from '../../terminal/rows-bar.js';

describe('the progress of rows', () => {
  it('tells how many of how many, and the time left by the time taken', () => {
    assert.equal(
      describeRows(1_200_000, 6_000_000, 12),
      '[######------------------------] 1,200,000 of 6,000,000 rows, 12 s, about 48 s left',
    );
  });

  it('tells no time left before the first row, at the end, and where nobody knows the end', () => {
    assert.equal(describeRows(0, 10, 1), `[${'-'.repeat(30)}] 0 of 10 rows, 1 s`);
    assert.equal(describeRows(10, 10, 61), `[${'#'.repeat(30)}] 10 of 10 rows, 1 min 1 s`);
    assert.equal(describeRows(1_000, undefined, 2), '1,000 rows, 2 s');
  });

  it('stays whole where there are more rows than were counted', () => {
    assert.equal(describeRows(12, 10, 1), `[${'#'.repeat(30)}] 12 of 10 rows, 1 s`);
  });
});
