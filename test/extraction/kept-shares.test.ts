/** Shares under a mask: each kept pixel has the share that it had. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { KeptShares } from '../../extraction/kept-shares.js';
import { CoverageBuilder, ParcelSetBuilder, type PixelShares, shareAt } from '../../zonal/index.js';
import type { MaskedSpans } from '../../layers/index.js';

const GRID = { width: 40, height: 30, originX: 0, originY: 30, stepX: 1, stepY: -1 };

/** What each pixel of a parcel weighs, in the order of its spans. */
function weights(shares: PixelShares, parcel: number): number[] {
  const { runOffsets, runs, shareOffsets } = shares;
  let place = shareOffsets[parcel]!;
  const all: number[] = [];
  for (let run = runOffsets[parcel]!; run < runOffsets[parcel + 1]!; run++)
    for (let i = 0; i < runs[run]!; i++)
      all.push((run - runOffsets[parcel]!) % 2 === 0 ? 1 : shareAt(shares, place++));
  assert.equal(place, shareOffsets[parcel + 1]);
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
          const kept = new KeptShares(selection.length);
          const expected: number[][] = [];
          for (const k of selection) {
            const before = weights(coverage.shares!, k);
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
            kept.add(k, coverage.shares!, k, coverage, narrowed);
            expected.push(wanted);
          }
          for (const k of selection) assert.deepEqual(weights(kept, k), expected[k]);
          pixels += expected.flat().length;
        },
      ),
      { numRuns: 300 },
    );
    assert.ok(pixels > 1000);
  });

  it('cut runs that are longer than 16 bits', () => {
    const whole: PixelShares = {
      runOffsets: Uint32Array.of(0, 5),
      runs: Uint16Array.of(65_535, 0, 65_535, 0, 10),
      shareOffsets: Uint32Array.of(0, 0),
      fractions: new Uint32Array(0),
      exponents: new Uint8Array(0),
    };
    const spans = { start: Int32Array.of(0, 70_000), length: Uint16Array.of(65_535, 65_535) };
    const kept = new KeptShares(1);
    kept.add(0, whole, 0, { offsets: Uint32Array.of(0, 2), ...spans }, { ...spans, count: 2 });
    assert.deepEqual([...kept.runs.subarray(0, kept.runOffsets[1])], [65_535, 0, 65_535]);
  });
});
