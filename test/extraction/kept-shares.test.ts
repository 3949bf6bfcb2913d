/** Shares under a mask: each kept pixel has the share that it had. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { KeptShares } from '../../extraction/kept-shares.js';
import {
  CoverageBuilder,
  ParcelSetBuilder,
  type PixelShares,
  shareAt,
  wholeBefore,
} from '../../zonal/index.js';
import type { MaskedSpans } from '../../layers/index.js';

const GRID = { width: 40, height: 30, originX: 0, originY: 30, stepX: 1, stepY: -1 };

/** What each of a parcel's pixels weighs, in the order of its spans. */
function weights(shares: PixelShares, parcel: number, pixels: number): number[] {
  const all = new Array<number>(pixels).fill(1);
  let next = 0;
  for (let place = shares.offsets[parcel]!; place < shares.offsets[parcel + 1]!; place++) {
    next += wholeBefore(shares, place);
    all[next++] = shareAt(shares, place);
  }
  assert.equal(all.length, pixels);
  return all;
}

/** Triangles, as well-known binary. */
function triangle(points: readonly (readonly [number, number])[]): Uint8Array {
  const wkb = Buffer.alloc(13 + 16 * 4);
  wkb.writeUInt8(1, 0);
  wkb.writeUInt32LE(3, 1);
  wkb.writeUInt32LE(1, 5);
  wkb.writeUInt32LE(4, 9);
  [...points, points[0]!].forEach(([x, y], i) => {
    wkb.writeDoubleLE(x, 13 + 16 * i);
    wkb.writeDoubleLE(y, 21 + 16 * i);
  });
  return wkb;
}

const hundredths = (max: number) => fc.integer({ min: -300, max: 100 * max + 300 }).map((n) => n / 100);
const point = fc.tuple(hundredths(GRID.width), hundredths(GRID.height));

describe('KeptShares', () => {
  it('keep the share of every pixel that a mask keeps, whatever it keeps', () => {
    let pixels = 0;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(point, point, point), { minLength: 1, maxLength: 6 }),
        fc.array(fc.boolean(), { minLength: 1, maxLength: 97 }),
        (triangles, pattern) => {
          const set = new ParcelSetBuilder();
          const nowhere = { minX: 0, minY: 0, maxX: 0, maxY: 0 };
          for (const [pid, points] of triangles.entries()) set.add(pid, nowhere, triangle(points));
          const builder = new CoverageBuilder(GRID, 'fraction');
          builder.add(set.finish());
          const coverage = builder.finish();
          // The last parcel is left out of the selection.
          const selection = [...triangles.keys()].slice(0, -1);
          const kept = new KeptShares();
          const expected: number[][] = [];
          for (const k of selection) {
            const [from, to] = [coverage.offsets[k]!, coverage.offsets[k + 1]!];
            const pixels = coverage.length.subarray(from, to).reduce((sum, length) => sum + length, 0);
            const before = weights(coverage.shares!, k, pixels);
            const spans = { start: [] as number[], length: [] as number[] };
            const wanted: number[] = [];
            let at = 0;
            for (let span = coverage.offsets[k]!; span < coverage.offsets[k + 1]!; span++) {
              let isOpen = false;
              for (let i = 0; i < coverage.length[span]!; i++, at++) {
                const pixel = coverage.start[span]! + i;
                const keeps = pattern[pixel % pattern.length]!;
                if (keeps) wanted.push(before[at]!);
                if (keeps && isOpen) spans.length.push(spans.length.pop()! + 1);
                if (keeps && !isOpen) {
                  spans.start.push(pixel);
                  spans.length.push(1);
                }
                isOpen = keeps;
              }
            }
            const narrowed: Pick<MaskedSpans, 'start' | 'length' | 'count'> = {
              start: Int32Array.from(spans.start),
              length: Uint16Array.from(spans.length),
              count: spans.start.length,
            };
            kept.add(coverage.shares!, k, coverage, narrowed);
            expected.push(wanted);
          }
          for (const k of selection)
            assert.deepEqual(weights(kept.view(), k, expected[k]!.length), expected[k]);
          pixels += expected.flat().length;
        },
      ),
      { numRuns: 300 },
    );
    assert.ok(pixels > 1000);
  });

  it('tell of more whole pixels than a byte can', () => {
    // Of a thousand pixels the last one has a share of 2; a mask leaves out the 100 before the last 10.
    const whole: PixelShares = {
      offsets: Uint32Array.of(0, 4),
      fractions: Uint32Array.of(0, 0, 0, 0),
      steps: Uint16Array.of((200 << 8) | 255, (200 << 8) | 255, (200 << 8) | 255, (201 << 8) | 231),
    };
    const kept = new KeptShares();
    const spans = { start: Int32Array.of(0), length: Uint16Array.of(1000) };
    const narrowed = { start: Int32Array.of(0, 990), length: Uint16Array.of(890, 10), count: 2 };
    kept.add(whole, 0, { offsets: Uint32Array.of(0, 1), ...spans }, narrowed);
    assert.deepEqual(weights(kept.view(), 0, 900), [...new Array<number>(899).fill(1), 2]);
  });
});
