/** A short fuzz run; `npm run fuzz` is the long one. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fuzz, LIMITS } from '../../bench/fuzz/fuzz.js';
import { Subject } from '../../bench/fuzz/subject.js';
import { fixture } from './made.js';

const RULES = ['centre', 'fraction', 'inside', 'touched'];

describe('300 damaged rasters, hostile geometries, expressions and options', () => {
  it('are read or refused by an error that names them, in bounded time and memory', async () => {
    const { tallies, findings } = await fuzz({ inputs: 300, seed: 20 });
    assert.deepEqual(findings, []);
    assert.deepEqual(
      tallies.map(({ kind }) => kind),
      [...['ENVI', 'expression', 'GeoTIFF', 'JPEG 2000', 'options'], ...RULES.map((rule) => `WKB, ${rule}`)],
    );
    assert.equal(
      tallies.reduce((sum, { read, refused }) => sum + read + refused, 0),
      300,
    );
    for (const { kind, read, refused } of tallies) assert.ok(read > 0 && refused > 0, kind);
  });
});

describe('what tries the inputs', () => {
  it('ends what takes too long, and goes on with the next', async () => {
    const subject = new Subject({ ...LIMITS, seconds: 1 });
    try {
      const slow = await subject.try({ wkb: comb(500) });
      assert.equal(slow.outcome, 'fault');
      assert.match(slow.message, /no answer after/);
      const next = await subject.try({ path: fixture('u16_zstd.tif') });
      assert.deepEqual([next.outcome, next.message], ['read', '']);
    } finally {
      await subject.end();
    }
  });

  it('says that an error is a fault when it is not one of ours', async () => {
    const subject = new Subject(LIMITS);
    try {
      const refused = await subject.try({ path: fixture('u16_jpeg.tif') });
      assert.equal(refused.outcome, 'refused');
      const fault = await subject.try({ wkb: 'no bytes' as unknown as Uint8Array });
      assert.equal(fault.outcome, 'fault');
    } finally {
      await subject.end();
    }
  });
});

/** A polygon with teeth over a whole Sentinel-2 tile: 22 thousand crossings a tooth, seconds to rasterise. */
function comb(teeth: number): Buffer {
  const points = Array.from({ length: 2 * teeth }, (_, i) => [
    600_000 + (i * 109_800) / (2 * teeth),
    i % 2 === 0 ? 5_690_000 : 5_801_000,
  ]);
  const bytes = Buffer.alloc(13 + 32 * teeth);
  [3, 1, 2 * teeth].forEach((value, i) => bytes.writeUInt32LE(value, 1 + 4 * i));
  bytes[0] = 1;
  points.flat().forEach((value, i) => bytes.writeDoubleLE(value, 13 + 8 * i));
  return bytes;
}
