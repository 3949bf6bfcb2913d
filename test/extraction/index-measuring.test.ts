/** An index is the same from planes in memory and from windows of files, and has every statistic that a band has. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type AlignedSource, visitAligned } from '../../extraction/aligned-pixels.js';
import { IndexStatistics } from '../../extraction/index-statistics.js';
import { findIndex, type IndexInput, IndexLayer, PHYSICAL } from '../../layers/index.js';
import { cardType } from '../../cards/card-types.js';
import type { Raster, Window } from '../../rasters/index.js';
import { Coverage, EXTENDED_STATISTICS, STATISTICS } from '../../zonal/index.js';

const [WIDTH, HEIGHT] = [12, 8];
const FINE = Float32Array.from({ length: WIDTH * HEIGHT }, (_, i) => 1 + ((i * 7) % 11));
const COARSE = Float32Array.from({ length: 24 }, (_, i) => 2 + ((i * 5) % 7));
const SAME = { across: 1, down: 1, shiftX: 0, shiftY: 0 };
const DOUBLED = { across: 2, down: 2, shiftX: 0, shiftY: 0 };

/** Parcels 1 and 2 in opposite corners, and 3 without a pixel; 1 begins within a coarser pixel. */
function coverage(): Coverage {
  const grid = { width: WIDTH, height: HEIGHT, originX: 0, originY: 0, stepX: 10, stepY: -10 };
  const made = Coverage.allocate(grid, 3, 4);
  made.pids.set([1, 2, 3]);
  made.offsets.set([0, 2, 4, 4]);
  made.start.set([1 * WIDTH + 1, 2 * WIDTH + 1, 6 * WIDTH + 8, 7 * WIDTH + 9]);
  made.length.set([3, 4, 4, 2]);
  return made;
}

function planeOf(pixels: Float32Array, width: number): AlignedSource['from'] {
  const shared = new SharedArrayBuffer(pixels.byteLength);
  new Float32Array(shared).set(pixels);
  const height = pixels.length / width;
  return { pixels: shared, pixelType: 'float32', width, height, blockWidth: width, blockHeight: height };
}

function fileOf(all: Float32Array, width: number, windows: Window[]): AlignedSource['from'] {
  const readWindow: Raster['readWindow'] = (_band, window, { pixels, offset, stride }) => {
    windows.push(window);
    for (let row = 0; row < window.height; row++) {
      const from = (window.row + row) * width + window.column;
      pixels.set(all.subarray(from, from + window.width), offset + row * stride);
    }
    return Promise.resolve();
  };
  const grid = { width, height: all.length / width };
  return { raster: { grid, pixelType: 'float32', readWindow } as unknown as Raster, rasterBand: 1 };
}

function layerOf(expression: string): IndexLayer {
  const { program } = findIndex('OWN', cardType('s2'), { OWN: expression })!;
  const input = (alignment: IndexInput['alignment']) => ({ alignment, calibration: PHYSICAL, excluded: [] });
  return new IndexLayer(program, [input(SAME), input(DOUBLED)], WIDTH);
}

async function measured(from: readonly AlignedSource['from'][], expression: string, isExtended = false) {
  const by = coverage();
  const pixels = { windows: [] as Parameters<Parameters<typeof visitAligned>[3]>[1] };
  const statistics = new IndexStatistics(layerOf(expression), pixels, { isExtended });
  const width = (isExtended ? EXTENDED_STATISTICS : STATISTICS).length;
  const out = new Float64Array(3 * width);
  const sources = [
    { alignment: SAME, from: from[0]! },
    { alignment: DOUBLED, from: from[1]! },
  ];
  await visitAligned(sources, by, Int32Array.of(0, 1, 2), (k, windows) => {
    pixels.windows = windows;
    const [first, end] = [by.offsets[k]!, by.offsets[k + 1]!];
    statistics.compute(FINE, by.start, by.length, first, end, out, width * k, k);
  });
  return out;
}

/** The numbers under the spans of parcel 1, of the finer band and the coarser. */
const UNDER_1 = [
  ...[1, 2, 3].map((column) => [1, column] as const),
  ...[1, 2, 3, 4].map((column) => [2, column] as const),
].map(([row, column]) => [
  FINE[row * WIDTH + column]!,
  COARSE[Math.floor(row / 2) * 6 + Math.floor(column / 2)]!,
]);

describe('an index in the extraction', () => {
  it('is reckoned of the pixels that lie under each other, from planes, from files and from both', async () => {
    const inMemory = await measured([planeOf(FINE, WIDTH), planeOf(COARSE, 6)], 'B08 - B11');
    const values = UNDER_1.map(([fine, coarse]) => fine! - coarse!);
    assert.equal(inMemory[0], values.length);
    assert.ok(Math.abs(inMemory[1]! - values.reduce((sum, one) => sum + one, 0) / values.length) < 1e-12);
    assert.deepEqual([inMemory[3], inMemory[4]], [Math.min(...values), Math.max(...values)]);
    assert.deepEqual([inMemory[8], inMemory[16]], [6, 0]);
    const windows: Window[] = [];
    const file = fileOf(COARSE, 6, windows);
    assert.deepEqual(await measured([planeOf(FINE, WIDTH), file], 'B08 - B11'), inMemory);
    assert.deepEqual(await measured([fileOf(FINE, WIDTH, []), file], 'B08 - B11'), inMemory);
    assert.deepEqual(
      windows.map(({ column, row, width, height }) => [column, row, width, height]),
      Array(2).fill([0, 0, 6, 4]),
    );
  });

  it('is that of the pixels of the plane, in a strip of it, over its end, and behind it', async () => {
    // So wide that strips have six rows, and so many parcels in the first that it is worth copying them.
    const [width, height, small] = [1 << 18, 12, 8000];
    const pixels = new Float32Array(width * height).map((_, i) => 1 + (i % 1009));
    const grid = { width, height, originX: 0, originY: 0, stepX: 10, stepY: -10 };
    const by = Coverage.allocate(grid, small + 2, small + 7);
    by.pids.set(by.pids.map((_, k) => k));
    const spans = Array.from({ length: small }, (_, k) => 2 * k);
    for (const row of [3, 4, 5, 6, 7, 9, 10]) spans.push(row * width + 17 * row);
    by.start.set(spans);
    by.length.fill(3);
    by.offsets.set([...Array(small + 1).keys(), small + 5, small + 7]);
    const windows = { windows: [] as Parameters<Parameters<typeof visitAligned>[3]>[1] };
    const { program } = findIndex('OWN', cardType('s2'), { OWN: 'B08 * 1' })!;
    const input = { alignment: SAME, calibration: PHYSICAL, excluded: [] };
    const statistics = new IndexStatistics(new IndexLayer(program, [input], width), windows, {});
    const seen = new Set<number>();
    const sources = [{ alignment: SAME, from: planeOf(pixels, width) }];
    await visitAligned(sources, by, Int32Array.from(by.pids), (k, found) => {
      windows.windows = found;
      seen.add(found[0]!.height);
      const [first, end] = [by.offsets[k]!, by.offsets[k + 1]!];
      const out = new Float64Array(8);
      statistics.compute(pixels, by.start, by.length, first, end, out, 0, k);
      const values = spans.slice(first, end).flatMap((start) => [...pixels.subarray(start, start + 3)]);
      assert.deepEqual([out[0], out[3], out[4]], [values.length, Math.min(...values), Math.max(...values)]);
    });
    assert.deepEqual([...seen], [6, height]);
  });

  it('has the further statistics too, of which 0 is a number, and of what has no result only the share', async () => {
    const planes = [planeOf(FINE, WIDTH), planeOf(COARSE, 6)];
    const of = (out: Float64Array, name: (typeof EXTENDED_STATISTICS)[number]) =>
      out[EXTENDED_STATISTICS.indexOf(name)];
    const zeros = await measured(planes, '0 * B08 * B11', true);
    for (const name of ['mean', 'std', 'min', 'max', 'p05', 'p50', 'p95'] as const)
      assert.equal(of(zeros, name), 0, name);
    assert.deepEqual([of(zeros, 'count'), of(zeros, 'valid')], [7, 1]);
    const some = await measured(planes, 'log10(B08 - 5) + 0 * B11', true);
    const left = UNDER_1.filter(([fine]) => fine! > 5).length;
    assert.ok(left > 0 && left < 7);
    assert.deepEqual([of(some, 'count'), of(some, 'valid')], [left, left / 7]);
  });
});
