import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { statisticsOfBins } from '../../zonal/byte-statistics.js';
import { Histogram } from '../../zonal/histogram.js';
import { KERNEL_REALS } from '../../zonal/kernel.js';
import { RealStatistics } from '../../zonal/real-statistics.js';
import { createZonalStatistics } from '../../zonal/statistics.js';
import { type PixelArray, type PixelType } from '../../zonal/pixels.js';
import { slowStatistics } from './slow-statistics.js';

/** Of the pixels that count. */
function expectedStatistics(pixels: Iterable<number>, ...excluded: (number | undefined)[]): number[] {
  const valid = [...pixels].filter((v) => v !== 0 && !Number.isNaN(v) && !excluded.includes(v));
  return valid.length === 0 ? [0] : [...slowStatistics(valid)];
}

function statistics(type: PixelType, pixels: PixelArray, ...excluded: (number | undefined)[]): number[] {
  const out = new Float64Array(10).fill(-7);
  const measure = createZonalStatistics(type, excluded);
  // The pixels come as several spans, between pixels that don't belong.
  const spread = pixels.slice(0, 0).constructor as new (length: number) => PixelArray;
  const padded = new spread(pixels.length + 30).fill(99);
  const start: number[] = [];
  const length: number[] = [];
  for (let at = 0, to = 3, size = 1; at < pixels.length; at += size, to += size + 1, size = size * 3 + 1) {
    const piece = pixels.subarray(at, at + size);
    padded.set(piece, to);
    start.push(to);
    length.push(piece.length);
  }
  const spans = [Int32Array.from([0, ...start]), Int32Array.from([3, ...length])] as const;
  for (let run = 0; run < 2; run++) {
    const count = measure.compute(padded, ...spans, 1, start.length + 1, out, 1);
    assert.equal(count, out[1]);
  }
  assert.deepEqual([out[0], out[9]], [-7, -7]);
  return [...(out[1] === 0 ? out.subarray(1, 2) : out.subarray(1, 9))];
}

function assertClose(actual: number[], expected: number[], relative = 1e-12): void {
  assert.equal(actual.length, expected.length);
  const scale = Math.max(...expected.slice(3).map(Math.abs));
  actual.forEach((value, i) => {
    const exact = i === 0 || i === 3 || i === 4;
    const near = Math.abs(value - expected[i]!) <= relative * scale;
    assert.ok(exact ? value === expected[i] : near, `statistic ${i}: ${value}, not ${expected[i]}`);
  });
}

const ARRAYS = {
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  uint32: Uint32Array,
  int32: Int32Array,
  float32: Float32Array,
  float64: Float64Array,
};
const LIMITS: Record<PixelType, [number, number]> = {
  uint8: [0, 255],
  int8: [-128, 127],
  uint16: [0, 65_535],
  int16: [-32_768, 32_767],
  uint32: [0, 2 ** 32 - 1],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  float32: [-1000, 1000],
  float64: [-1000, 1000],
};

/** Ways in which 16-bit pixels may be spread, out of numbers between 0 and 1. */
const SPREADS: Record<string, (a: number, b: number) => number> = {
  'about normally': (a, b) => 1500 + 80 * Math.sqrt(-2 * Math.log(1 - a)) * Math.cos(2 * Math.PI * b),
  evenly: (a) => 65_535 * a,
  'between the smallest and the largest': (a) => (a < 0.6 ? 1 : 65_535),
  'in two heaps': (a, b) => (a < 0.5 ? 500 : 60_000) + 40 * b,
  'with a long tail': (a) => 200 / (1 - a),
  'on few values': (a) => 32_766 + 4 * a,
  'mostly over nothing': (a, b) => (a < 0.9 ? 0 : 3000 * b),
  'over one value and an outlier': (a, b) => (a < 0.998 ? 9 : 65_535 * b),
};

function spread(count: number, how: string, seed: number): Uint16Array {
  let state = seed;
  const random = (): number => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
  return new Uint16Array(count).map(() => Math.min(65_535, Math.round(SPREADS[how]!(random(), random()))));
}

describe('zonal statistics', () => {
  for (const type of Object.keys(ARRAYS) as PixelType[]) {
    it(`of ${type} pixels equal those by definition, whatever their range and number`, () => {
      const [least, most] = LIMITS[type];
      const span = most - least;
      const pixels = fc
        .record({
          low: fc.double({ min: 0, max: 1, noNaN: true }),
          range: fc.constantFrom(0, 1e-4, 0.003, 0.02, 0.06, 0.0626, 0.3, 1),
          shares: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 400, size: 'max' }),
          zeros: fc.array(fc.nat(400), { maxLength: 20 }),
        })
        .map(({ low, range, shares, zeros }) => {
          const values = shares.map((share) => least + (low * (1 - range) + share * range) * span);
          for (const at of zeros) if (at < values.length) values[at] = 0;
          return ARRAYS[type].from(type.startsWith('float') ? values : values.map(Math.round));
        });
      fc.assert(
        fc.property(pixels, fc.array(fc.nat(400), { maxLength: 3 }), (values, places) => {
          const excluded = places.map((at) => values[at]);
          assertClose(statistics(type, values, ...excluded), expectedStatistics(values, ...excluded));
        }),
        { numRuns: 300 },
      );
    });
  }

  it('of 16-bit pixels equal those by definition, however many there are and however they are spread', () => {
    const count = fc.oneof(
      { arbitrary: fc.nat(70), weight: 40 },
      { arbitrary: fc.nat(3000), weight: 40 },
      // From so many on, each value is counted.
      { arbitrary: fc.constantFrom(2 ** 18 - 1, 2 ** 18, 2 ** 18 + 1), weight: 2 },
    );
    const places = fc.array(fc.nat(3000), { maxLength: 3 });
    fc.assert(
      fc.property(
        ...[count, fc.constantFrom(...Object.keys(SPREADS)), fc.nat(), places],
        (many, how, seed, excludedAt) => {
          const pixels = spread(many, how, seed);
          const excluded = excludedAt.map((at) => pixels[at]);
          const actual = statistics('uint16', pixels, ...excluded);
          const expected = expectedStatistics(pixels, ...excluded);
          // Sums of so many doubles lose a digit by definition.
          assertClose(actual, expected, 1e-11);
          assert.deepEqual(actual.slice(3), expected.slice(3));
        },
      ),
      { numRuns: 600 },
    );
  });

  it('of numbers that are no pixels have 0 among them, and no NaN', () => {
    const measure = new RealStatistics([]);
    const number = fc.oneof(fc.double({ min: -2, max: 2, noNaN: true }), fc.constantFrom(0, -0, NaN, 0.5));
    fc.assert(
      fc.property(fc.array(number, { maxLength: 300, size: 'max' }), fc.nat(5), (numbers, more) => {
        const out = new Float64Array(8);
        measure.room(numbers.length).set([...numbers, ...Array<number>(more).fill(9)]);
        const count = measure.measure(numbers.length, out, 0);
        const finite = numbers.filter((value) => Number.isFinite(value));
        assert.equal(count, finite.length);
        if (count === 0) return;
        // Moved so that 0 is no no-data: all but count and spread move with it.
        const moved = expectedStatistics(finite.map((value) => value + 10));
        const expected = moved.map((value, which) => (which === 0 || which === 2 ? value : value - 10));
        out.forEach((value, which) => {
          assert.ok(
            Math.abs(value - expected[which]!) < 1e-13,
            `statistic ${which}: ${value}, not ${expected[which]!}`,
          );
        });
      }),
    );
  });

  it('of doubles equal those by definition, however many there are and however they are spread', () => {
    const count = fc.oneof(
      { arbitrary: fc.nat(70), weight: 40 },
      { arbitrary: fc.nat(3000), weight: 40 },
      // From so many on, the kernel has no room for them.
      { arbitrary: fc.constantFrom(KERNEL_REALS - 1, KERNEL_REALS, KERNEL_REALS + 1), weight: 2 },
    );
    const form = fc.constantFrom<(word: number) => number>(
      (word) => word,
      (word) => -word / 7,
      (word) => 1 / (word - 1000.5),
      (word) => 1e150 * Math.sin(word),
      (word) => (word % 5 === 0 ? NaN : word / 3),
      (word) => 3e-308 * (word % 3),
    );
    fc.assert(
      fc.property(count, fc.constantFrom(...Object.keys(SPREADS)), form, fc.nat(), (many, how, to, seed) => {
        const pixels = Float64Array.from(spread(many, how, seed), (word) => (word === 0 ? 0 : to(word)));
        const actual = statistics('float64', pixels, 9);
        const expected = expectedStatistics(pixels, 9);
        assertClose(actual, expected, 1e-11);
      }),
      { numRuns: 600 },
    );
  });

  it('of a parcel of 17 million 16-bit pixels are exact', () => {
    const pixels = new Uint16Array(2 ** 24 + 2 ** 16).map((_, i) => i);
    const [count, mean, std, ...others] = statistics('uint16', pixels);
    assert.deepEqual([count, mean], [257 * 65_535, 32_768]);
    assert.ok(Math.abs(std! - Math.sqrt((65_535 ** 2 - 1) / 12)) < 1e-9, String(std));
    assert.deepEqual(others, [1, 65_535, 16_384, 32_768, 49_152]);
  });

  it('of 16-bit pixels are the same in the strip and elsewhere, however many spans there are', () => {
    const measures = [undefined, 1400, 1500].map((noData) => createZonalStatistics('uint16', [noData, 1550]));
    const strip = measures[0]!.strip!;
    strip.pixels.set(spread(strip.pixels.length, 'about normally', 1));
    const image = strip.pixels.slice();
    const span = fc.record({ gap: fc.nat(90), length: fc.integer({ min: 1, max: 60 }) });
    const lists = fc.oneof(
      { arbitrary: fc.array(span, { maxLength: 60 }), weight: 20 },
      {
        arbitrary: fc
          .constantFrom(4095, 4096, 4097)
          .map((n) => Array.from({ length: n }, () => ({ gap: 1, length: 2 }))),
        weight: 1,
      },
      // Of five, each value is counted.
      {
        arbitrary: fc
          .constantFrom(4, 5)
          .map((n) => Array.from({ length: n }, () => ({ gap: 0, length: 65_535 }))),
        weight: 1,
      },
    );
    fc.assert(
      fc.property(lists, fc.boolean(), fc.constantFrom(...measures), (spans, atEnd, measure) => {
        const lengths = spans.map(({ length }) => length);
        const total = spans.reduce((sum, { gap, length }) => sum + gap + length, 0);
        let next = atEnd ? image.length - total : 0;
        const starts = spans.map(({ gap, length }) => (next += gap + length) - length);
        const [there, elsewhere] = [new Float64Array(8), new Float64Array(8)];
        const isInStrip = spans.length <= strip.start.length;
        const start = isInStrip ? strip.start : new Int32Array(spans.length);
        const length = isInStrip ? strip.length : new Uint16Array(spans.length);
        start.set(starts);
        length.set(lengths);
        const rest = [0, spans.length] as const;
        measure.compute(strip.pixels, start, length, ...rest, there, 0);
        measure.compute(image, start.slice(), length.slice(), ...rest, elsewhere, 0);
        assert.deepEqual(there, elsewhere);
      }),
      { numRuns: 200 },
    );
  });

  it('of 16-bit pixels at the end of an image read nothing beyond it', () => {
    for (let count = 1; count < 10; count++) {
      const pixels = new Uint16Array(20).fill(7).subarray(0, count + 3);
      const out = new Float64Array(8);
      const measure = createZonalStatistics('uint16');
      measure.compute(pixels, Int32Array.of(0, 3), Int32Array.of(3, count), 0, 2, out, 0);
      assert.deepEqual([...out], [count + 3, 7, 0, 7, 7, 7, 7, 7]);
    }
  });

  it('of one pixel are that pixel', () => {
    for (const type of Object.keys(ARRAYS) as PixelType[]) {
      assert.deepEqual(statistics(type, ARRAYS[type].of(101)), [1, 101, 0, 101, 101, 101, 101, 101]);
    }
  });

  it('of equal pixels have no deviation, however many and large', () => {
    const many = 300_001;
    const expected = (v: number) => [many, v, 0, v, v, v, v, v];
    assert.deepEqual(statistics('uint8', new Uint8Array(many).fill(255)), expected(255));
    assert.deepEqual(statistics('uint16', new Uint16Array(many).fill(65_535)), expected(65_535));
    assert.deepEqual(statistics('uint32', new Uint32Array(many).fill(2 ** 32 - 1)), expected(2 ** 32 - 1));
    const tenth = Math.fround(0.1);
    assert.deepEqual(statistics('float32', new Float32Array(many).fill(0.1)), expected(tenth));
  });

  it('of saturated and of smallest pixels side by side keep their digits', () => {
    const pixels = new Uint16Array(200_000).map((_, i) => (i % 2 === 0 ? 65_535 : 1));
    assert.deepEqual(statistics('uint16', pixels), [200_000, 32_768, 32_767, 1, 65_535, 1, 32_768, 65_535]);
  });

  it('of a small spread on a large offset keep their digits', () => {
    const pixels = new Float64Array(99_999).map((_, i) => 1e9 + (i % 3));
    const [count, mean, std, ...others] = statistics('float64', pixels);
    assert.deepEqual([count, mean, ...others], [99_999, 1e9 + 1, 1e9, 1e9 + 2, 1e9, 1e9 + 1, 1e9 + 2]);
    assert.ok(Math.abs(std! - Math.sqrt(2 / 3)) < 1e-12, String(std));
  });

  it('of floats are exact where one value lies far from the others', () => {
    const pixels = new Float32Array(1000).map((_, i) => (i === 500 ? 1e30 : Math.sin(i) * 1e-6));
    assertClose(statistics('float32', pixels), expectedStatistics(pixels));
    assert.deepEqual(statistics('float32', pixels).slice(5), expectedStatistics(pixels).slice(5));
  });

  it('leave out 0, -0, NaN and the no-data value of the file, in the precision of the pixels', () => {
    const expected = [2, 2, 1, 1, 3, 1.5, 2, 2.5];
    const lowest = -3.40282306074e38;
    assert.deepEqual(statistics('float32', Float32Array.of(0, 1, NaN, -0, 3, lowest), lowest), expected);
    assert.deepEqual(statistics('float64', Float64Array.of(0, 1, NaN, -0, 3, -9999), -9999), expected);
    assert.deepEqual(statistics('uint16', Uint16Array.of(0, 1, 65_535, 3), 65_535), expected);
    assert.deepEqual(statistics('uint8', Uint8Array.of(0, 1, 255, 3), 255), expected);
    assert.deepEqual(statistics('int16', Int16Array.of(0, 1, -32_768, 3), -32_768), expected);
  });

  it('leave out each value of the set, none in place of another', () => {
    const expected = [2, 2, 1, 1, 3, 1.5, 2, 2.5];
    assert.deepEqual(statistics('uint16', Uint16Array.of(1, 9, 65_535, 3), 65_535, 9), expected);
    assert.deepEqual(
      statistics('uint16', Uint16Array.of(1, 9, 65_535, 3, 8), 9, undefined, 65_535, 8),
      expected,
    );
    assert.deepEqual(statistics('uint8', Uint8Array.of(1, 9, 255, 3), 255, 9), expected);
    assert.deepEqual(statistics('int16', Int16Array.of(1, 9, 32_767, 3), 65_535, 9, 32_767), expected);
    assert.deepEqual(
      statistics('float32', Float32Array.of(1, 0.1, NaN, 3, -Infinity), 0.1, -Infinity),
      expected,
    );
    assert.deepEqual(statistics('uint16', Uint16Array.of(9, 65_535), 65_535, 9), [0]);
  });

  it('take no notice of a no-data value that no pixel can have', () => {
    for (const noData of [NaN, -9999, 1e30, 1.5]) {
      assert.equal(statistics('uint8', Uint8Array.of(1, 3), noData)[0], 2);
      assert.equal(statistics('uint16', Uint16Array.of(1, 3), noData)[0], 2);
      assert.equal(statistics('float32', Float32Array.of(1, 3), noData)[0], 2);
    }
  });

  it('of no valid pixel are a count of 0', () => {
    assert.deepEqual(statistics('uint8', new Uint8Array(9)), [0]);
    assert.deepEqual(statistics('uint16', new Uint16Array(0)), [0]);
    assert.deepEqual(statistics('float32', new Float32Array(9).fill(NaN)), [0]);
  });
});

describe('a histogram', () => {
  const spans = [Int32Array.of(0, 4), Uint16Array.of(3, 2)] as const;

  it('counts each class under the spans afresh, no-data too', () => {
    const histogram = new Histogram();
    for (const pixels of [Uint8Array.of(4, 4, 0, 9, 255, 9), Uint16Array.of(4, 4, 0, 9, 255, 9)]) {
      assert.equal(histogram.count(pixels, ...spans, 0, 2), 5);
      const counted = [...histogram.bins.entries()].filter(([, n]) => n > 0);
      assert.deepEqual(counted, [[0, 1], [4, 2], [9, 1], [255, 1]]); // prettier-ignore
    }
  });

  it('gives the statistics of its pixels', () => {
    const histogram = new Histogram();
    const out = new Float64Array(8);
    histogram.count(Uint8Array.of(4, 4, 0, 9, 255, 9), ...spans, 0, 2);
    histogram.leaveOut([255, -1, 256, 0.5]);
    assert.equal(statisticsOfBins(histogram.bins, out, 0), 3);
    assertClose([...out], expectedStatistics([4, 4, 9]));
  });

  it('refuses 16-bit values that have no bin', () => {
    assert.throws(
      () => new Histogram().count(Uint16Array.of(1, 256, 3, 4, 5, 6), ...spans, 0, 2),
      /above 255/,
    );
  });
});
