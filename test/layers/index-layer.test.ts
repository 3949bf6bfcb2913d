import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { s2 } from '../../cards/s2.js';
import { PHYSICAL } from '../../layers/input-reader.js';
import { IndexLayer, type Tally } from '../../layers/index-layer.js';
import { findIndex } from '../../layers/indices.js';
import type { PixelWindow } from '../../layers/pixel-window.js';
import { createZonalStatistics, type PixelArray, ROW_LENGTH, threadKernel } from '../../zonal/index.js';
import { ODD_ALIGNMENT, ODD_WINDOW, oddSpans, placeIn } from './odd-windows.js';

const WIDTH = 12;
const HEIGHT = 10;
const HARMONISED = { offset: -1000, scale: 1, unit: 10_000 };
const SAME = { across: 1, down: 1, shiftX: 0, shiftY: 0 };

const whole = (pixels: PixelArray, width = WIDTH): PixelWindow => ({
  pixels,
  column: 0,
  row: 0,
  width,
  height: pixels.length / width,
});

const ndvi = (excluded: readonly number[] = []) =>
  new IndexLayer(
    findIndex('NDVI', s2)!.program,
    [
      { alignment: SAME, calibration: HARMONISED, excluded },
      { alignment: SAME, calibration: HARMONISED, excluded },
    ],
    WIDTH,
  );

/** The index of two stored numbers. */
function ndviOf(b08: number, b04: number): number {
  const [n, r] = [(b08 - 1000) / 10_000, (b04 - 1000) / 10_000];
  return (n - r) / (n + r);
}

describe('an index', () => {
  it('is reckoned of harmonised numbers and measured like a band', () => {
    const b08 = new Uint16Array(WIDTH * HEIGHT).map((_, i) => 3000 + 37 * i);
    const b04 = new Uint16Array(WIDTH * HEIGHT).map((_, i) => 1500 + 11 * i);
    const out = new Float64Array(10).fill(-7);
    const [start, length] = [Int32Array.of(3, 15, 40), Uint16Array.of(4, 6, 8)];
    const layer = ndvi();
    assert.equal(layer.compute([whole(b08), whole(b04)], start, length, 0, 3, out, 1), 18);

    const values: number[] = [];
    start.forEach((from, k) => {
      for (let i = from; i < from + length[k]!; i++) values.push(ndviOf(b08[i]!, b04[i]!));
    });
    const expected = new Float64Array(8);
    createZonalStatistics('float64').compute(
      Float64Array.from(values),
      Int32Array.of(0),
      Int32Array.of(18),
      0,
      1,
      expected,
      0,
    );
    assert.deepEqual([...out], [-7, ...expected, -7]);
    assert.equal(out[4], Math.min(...values));
  });

  it('is the same of parcels larger than a piece, and than the kernel has room for', () => {
    const most = threadKernel().reals.length - 1;
    for (const length of [ROW_LENGTH, ROW_LENGTH + 1, most, most + 1]) {
      const b08 = new Uint16Array(length).map((_, i) => (i % 71 === 0 ? 0 : 2000 + 2 * ((37 * i) % 2500)));
      const b04 = new Uint16Array(length).map((_, i) => 1501 + 2 * ((11 * i) % 1500));
      const values = Float64Array.from(b08, (nir, i) => (nir === 0 ? NaN : ndviOf(nir, b04[i]!)));
      const sources = [whole(b08, length), whole(b04, length)];
      const layer = new IndexLayer(
        findIndex('NDVI', s2)!.program,
        sources.map(() => ({ alignment: SAME, calibration: HARMONISED, excluded: [] })),
        length,
      );
      const tally: Tally = {};
      layer.tally = tally;
      const [start, lengths] = [Int32Array.of(0, 700), Int32Array.of(700, length - 700)];
      const { results, count } = layer.values(sources, start, lengths, 0, 2);
      assert.deepEqual([count, [...results.subarray(0, count)]], [length, [...values]]);
      assert.deepEqual(tally, { 'missing-input': Math.ceil(length / 71) });
      const [out, expected] = [new Float64Array(8), new Float64Array(8)];
      layer.compute(sources, start, lengths, 0, 2, out, 0);
      const plain = createZonalStatistics('float64', [7]);
      plain.compute(values, Int32Array.of(0), Int32Array.of(length), 0, 1, expected, 0);
      assert.deepEqual(out, expected);
    }
  });

  it('keeps its numbers where the last pixel of a piece has no result', () => {
    // More than the kernel has room for: pieces are taken out of a row of their own.
    const length = threadKernel().reals.length;
    const b08 = new Uint16Array(length).map((_, i) => (i % ROW_LENGTH === ROW_LENGTH - 1 ? 1000 : 3000));
    const b04 = new Uint16Array(length).map((_, i) => (i % ROW_LENGTH === ROW_LENGTH - 1 ? 1000 : 2000));
    const sources = [whole(b08, length), whole(b04, length)];
    const inputs = sources.map(() => ({ alignment: SAME, calibration: HARMONISED, excluded: [] }));
    const layer = new IndexLayer(findIndex('NDVI', s2)!.program, inputs, length);
    const tally: Tally = {};
    layer.tally = tally;
    const { results } = layer.values(sources, Int32Array.of(0), Int32Array.of(length), 0, 1);
    assert.deepEqual(
      [...results.subarray(0, length)],
      Array.from(b08, (nir, i) => ndviOf(nir, b04[i]!)),
    );
    assert.deepEqual(tally, { 'zero-denominator': Math.floor(length / ROW_LENGTH) });
  });

  it('counts 0 as a number, and each pixel without a result by its reason', () => {
    const b08 = Uint16Array.of(2000, 2000, 1000, 0, 2000, 65535, 900, 3000);
    const b04 = Uint16Array.of(2000, 1000, 1000, 2000, 0, 2000, 1100, 1000);
    const layer = ndvi([65535]);
    const tally: Tally = {};
    layer.tally = tally;
    const out = new Float64Array(8);
    const sources = [whole(b08, 8), whole(b04, 8)];
    assert.equal(layer.compute(sources, Int32Array.of(0), Uint16Array.of(8), 0, 1, out, 0), 3);
    assert.deepEqual([...out.slice(0, 2), out[3], out[4]], [3, 2 / 3, 0, 1]);
    assert.deepEqual(tally, { 'missing-input': 3, 'zero-denominator': 2 });
    layer.compute(sources, Int32Array.of(0), Uint16Array.of(3), 0, 1, out, 0);
    assert.equal(tally['zero-denominator'], 3);
    layer.tally = undefined;
    layer.compute(sources, Int32Array.of(0), Uint16Array.of(3), 0, 1, out, 0);
    assert.equal(tally['zero-denominator'], 3);
  });

  it('that has no result under a parcel writes the count alone', () => {
    const out = new Float64Array(8).fill(-7);
    const none = whole(new Uint16Array(WIDTH * HEIGHT));
    assert.equal(ndvi().compute([none, none], Int32Array.of(0), Uint16Array.of(5), 0, 1, out, 0), 0);
    assert.deepEqual([...out], [0, -7, -7, -7, -7, -7, -7, -7]);
  });

  it('leaves out NaN, infinities and no-data values of floats', () => {
    const card = { ...s2, indices: { inputs: ['B04'], unit: 1, known: [] } };
    const { program } = findIndex('SUM', card, { SUM: 'B04 + 1' })!;
    const layer = new IndexLayer(
      program,
      [{ alignment: SAME, calibration: PHYSICAL, excluded: [-9999, -1] }],
      WIDTH,
    );
    const tally: Tally = {};
    layer.tally = tally;
    const pixels = Float32Array.of(0.5, NaN, Infinity, -9999, -1, 0, 2);
    const { results, count } = layer.values([whole(pixels, 7)], Int32Array.of(0), Uint16Array.of(7), 0, 1);
    assert.deepEqual([...results.subarray(0, count)], [1.5, NaN, NaN, NaN, NaN, NaN, 3]);
    assert.deepEqual(tally, { 'missing-input': 4, infinite: 1 });
  });

  it('takes scale and offset as the product tells them', () => {
    const { program } = findIndex('SUM', s2, { SUM: 'B04 * 1' })!;
    const calibration = { offset: -500, scale: 0.5, unit: 10_000 };
    const layer = new IndexLayer(program, [{ alignment: SAME, calibration, excluded: [] }], WIDTH);
    const { results } = layer.values(
      [whole(Uint16Array.of(4500), 1)],
      Int32Array.of(0),
      Uint16Array.of(1),
      0,
      1,
    );
    assert.equal(results[0], 0.2);
  });

  it('needs as many inputs as it has bands', () => {
    assert.throws(
      () => new IndexLayer(findIndex('NDVI', s2)!.program, [], WIDTH),
      /2 bands need as many inputs, not 0/,
    );
  });
});

describe('an input of a coarser grid', () => {
  /** Each pixel is its own place: row * 100 + column + 1. */
  const places = (width: number, height: number): Uint16Array =>
    Uint16Array.from({ length: width * height }, (_, i) => 100 * Math.floor(i / width) + (i % width) + 1);

  it('is repeated on the finer one, wherever window and grids begin, and has no data beside the window', () => {
    const { program } = findIndex('SUM', s2, { SUM: 'B11 * 1' })!;
    fc.assert(
      fc.property(ODD_ALIGNMENT, ODD_WINDOW, oddSpans(WIDTH, HEIGHT, 1), (alignment, window, spans) => {
        const layer = new IndexLayer(program, [{ alignment, calibration: PHYSICAL, excluded: [] }], WIDTH);
        const { results, count } = layer.values(
          [{ pixels: places(window.width, window.height), ...window }],
          Int32Array.from([-1, ...spans.map(([start]) => start)]),
          Uint16Array.from([9, ...spans.map(([, length]) => length)]),
          1,
          spans.length + 1,
        );
        const expected = spans.flatMap(([start, length]) =>
          Array.from({ length }, (_, i) => {
            const place = placeIn(window, alignment, start + i, WIDTH);
            return place ? 100 * place.row + place.column + 1 : NaN;
          }),
        );
        assert.deepEqual([...results.subarray(0, count)], expected);
      }),
      { numRuns: 500 },
    );
  });
});
