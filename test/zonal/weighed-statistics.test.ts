/** Statistics of pixels that weigh their shares, and those beyond the eight, by their definitions. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { PixelShares } from '../../zonal/pixel-shares.js';
import { ShareList } from '../../zonal/pixel-shares.js';
import { createZonalStatistics, EXTENDED_STATISTICS, STATISTICS } from '../../zonal/statistics.js';
import type { PixelArray, PixelType } from '../../zonal/pixels.js';

interface Pixel {
  readonly value: number;
  readonly share: number;
}

const QUANTILES = [0.25, 0.5, 0.75, 0.05, 0.1, 0.9, 0.95];

/** EXTENDED_STATISTICS by definition. */
function slow(pixels: readonly Pixel[], isWeighted: boolean, excluded: readonly number[]): number[] {
  const counts = ({ value }: Pixel): boolean =>
    value !== 0 && !Number.isNaN(value) && !excluded.includes(value);
  const valid = pixels.filter(counts).sort((a, b) => a.value - b.value);
  const sum = (of: readonly number[]): number => of.reduce((total, x) => total + x, 0);
  const count = sum(valid.map(({ share }) => share));
  if (valid.length === 0) return [0];
  const average = (f: (value: number) => number): number =>
    sum(valid.map(({ value, share }) => share * f(value))) / count;
  const rough = average((v) => v);
  const mean = rough + average((v) => v - rough);
  const std = Math.sqrt(average((v) => (v - mean) ** 2));
  const [least, most] = [valid[0]!.value, valid[valid.length - 1]!.value];
  const quantiles = QUANTILES.map((q) => (isWeighted ? weighted(valid, q) : ranked(valid, q)));
  const skew = least === most ? NaN : average((v) => ((v - mean) / std) ** 3);
  const valids = count / sum(pixels.map(({ share }) => share));
  return [count, mean, least === most ? 0 : std, least, most, ...quantiles, skew, valids];
}

/** numpy's percentile. */
function ranked(sorted: readonly Pixel[], q: number): number {
  const rank = (sorted.length - 1) * q;
  const low = sorted[Math.floor(rank)]!.value;
  return low + (sorted[Math.ceil(rank)]!.value - low) * (rank % 1);
}

/** exactextract's quantile: values, each once, stand at places that their weights give. */
function weighted(sorted: readonly Pixel[], q: number): number {
  const weights = new Map<number, number>();
  for (const { value, share } of sorted) weights.set(value, (weights.get(value) ?? 0) + share);
  const values = [...weights.keys()];
  const last = values.length - 1;
  let sum = 0;
  const places = values.map((value, i) => {
    const weight = weights.get(value)!;
    sum += weight;
    return i * weight + last * (sum - weight);
  });
  const target = q * last * sum;
  const right = places.findIndex((place) => place > target);
  if (right < 0) return values[last]!;
  const [from, to] = [places[right - 1]!, places[right]!];
  return values[right - 1]! + ((target - from) / (to - from)) * (values[right]! - values[right - 1]!);
}

/** The shares of one parcel, as a coverage has them. */
function sharesOf(pixels: readonly Pixel[]): PixelShares {
  const list = new ShareList();
  const bits = new DataView(new ArrayBuffer(8));
  const fractions: number[] = [];
  const steps: number[] = [];
  let whole = 0;
  for (const { share } of pixels) {
    if (share === 1 && whole < 255) {
      whole++;
      continue;
    }
    bits.setFloat64(0, share);
    const word = bits.getBigUint64(0);
    fractions.push(Number((word >> 20n) & 0xffffffffn));
    steps.push(((Number(word >> 52n) - 823) << 8) | whole);
    whole = 0;
  }
  list.append(Uint32Array.from(fractions), Uint16Array.from(steps));
  list.endParcel();
  return list.view();
}

const ARRAYS = {
  uint8: Uint8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  float32: Float32Array,
  float64: Float64Array,
};
type Type = keyof typeof ARRAYS;

function measure(
  type: Type,
  pixels: readonly Pixel[],
  isWeighted: boolean,
  isExtended: boolean,
  excluded: number[],
): number[] {
  const shares = isWeighted ? sharesOf(pixels) : undefined;
  const zonal = createZonalStatistics(type as PixelType, excluded, { isExtended, shares });
  // The pixels come as spans of up to seven, each after three that don't belong.
  const start: number[] = [];
  const length: number[] = [];
  const spread: number[] = [];
  for (let at = 0; at < pixels.length; at += 7) {
    const piece = pixels.slice(at, at + 7).map(({ value }) => value);
    start.push(spread.length + 3);
    length.push(piece.length);
    spread.push(99, 99, 99, ...piece);
  }
  const image: PixelArray = ARRAYS[type].from(spread);
  const size = isExtended ? EXTENDED_STATISTICS.length : STATISTICS.length;
  const out = new Float64Array(size + 2).fill(-7);
  for (let run = 0; run < 2; run++) {
    const count = zonal.compute(
      image,
      Int32Array.from(start),
      Uint16Array.from(length),
      0,
      start.length,
      out,
      1,
      0,
    );
    assert.equal(count, out[1]);
  }
  assert.deepEqual([out[0], out[size + 1]], [-7, -7]);
  return [...out.subarray(1, out[1] === 0 ? 2 : size + 1)];
}

function assertClose(actual: number[], expected: number[], pixels: readonly Pixel[]): void {
  const scale = pixels.reduce((most, { value }) => Math.max(most, Math.abs(value || 0)), 0);
  actual.forEach((value, i) => {
    const name = EXTENDED_STATISTICS[i]!;
    const exact = expected[i]!;
    const tolerance =
      name === 'count'
        ? 1e-12 * exact
        : name === 'valid'
          ? 1e-12
          : name === 'skew'
            ? 1e-6 * (1 + Math.abs(exact))
            : 1e-9 * scale;
    const isNear = Number.isNaN(exact) ? Number.isNaN(value) : Math.abs(value - exact) <= tolerance;
    assert.ok(name === 'min' || name === 'max' ? value === exact : isNear, `${name}: ${value}, not ${exact}`);
  });
}

/** A share as a coverage keeps it. */
const share = fc
  .oneof(
    fc.constant(1),
    fc.constant(1),
    fc.double({ min: 1e-9, max: 1, noNaN: true }),
    fc.double({ min: 0.1, max: 2.5, noNaN: true }),
  )
  .map((part) => {
    const bits = new DataView(new ArrayBuffer(8));
    bits.setFloat64(0, part);
    bits.setBigUint64(0, (bits.getBigUint64(0) >> 20n) << 20n);
    return bits.getFloat64(0);
  });

describe('weighed statistics', () => {
  const values: Record<Type, fc.Arbitrary<number>> = {
    uint8: fc.nat(255),
    uint16: fc.oneof(fc.nat(65_535), fc.integer({ min: 900, max: 990 })),
    int16: fc.integer({ min: -300, max: 300 }),
    float32: fc.oneof(
      fc.constant(NaN),
      fc.double({ min: -9, max: 9, noNaN: true }).map((v) => Math.fround(Math.round(v * 1e5) / 1e5)),
    ),
    // Squares of smaller ones are 0.
    float64: fc.double({ min: -9, max: 9, noNaN: true }).map((v) => Math.round(v * 1e9) / 1e9),
  };
  for (const type of Object.keys(ARRAYS) as Type[]) {
    it(`of ${type} pixels equal those by definition, with shares and without`, () => {
      const pixels = fc.array(fc.record({ value: values[type], share }), { maxLength: 300, size: 'max' });
      const places = fc.array(fc.nat(300), { maxLength: 3 });
      fc.assert(
        fc.property(pixels, places, fc.boolean(), fc.boolean(), (drawn, at, isWeighted, isExtended) => {
          const all = isWeighted ? drawn : drawn.map(({ value }) => ({ value, share: 1 }));
          if (!isWeighted && !isExtended) return;
          const excluded = at.flatMap((place) => all[place]?.value ?? []);
          const expected = slow(all, isWeighted, excluded);
          const actual = measure(type, all, isWeighted, isExtended, excluded);
          if (actual.length > 1) assert.equal(actual.length, isExtended ? 14 : 8);
          assertClose(actual, expected, all);
        }),
        { numRuns: 200 },
      );
    });
  }

  it('of more 16-bit pixels than the kernel holds are the same', () => {
    const many = Array.from({ length: 2 ** 18 + 5 }, (_, i) => ({
      value: (i * 7919) % 5000,
      share: i % 3 === 0 ? 0.25 : 1,
    }));
    assertClose(measure('uint16', many, true, true, [17]), slow(many, true, [17]), many);
  });

  it('of values far apart leave nothing behind for the next parcel', () => {
    const far = [1, 40_000, 60_000, 0, 65_535].map((value) => ({ value, share: 0.5 }));
    const near = Array.from({ length: 300 }, (_, i) => ({ value: i % 60, share: i % 4 === 0 ? 0.5 : 1 }));
    for (const noData of [1, 40_000, 65_535])
      for (const pixels of [far, near, far, near])
        assertClose(measure('uint16', pixels, true, true, [noData]), slow(pixels, true, [noData]), pixels);
  });

  it('of one value have no deviation, and no skewness', () => {
    const pixels = [0.25, 1, 0.5].map((part) => ({ value: 7, share: part }));
    for (const type of Object.keys(ARRAYS) as Type[])
      assert.deepEqual(measure(type, pixels, true, true, []), [
        1.75,
        7,
        0,
        7,
        7,
        7,
        7,
        7,
        7,
        7,
        7,
        7,
        NaN,
        1,
      ]);
  });

  it('keep their digits where next to nothing of a pixel is covered', () => {
    const pixels = [
      { value: 1000, share: 1 },
      { value: 60_000, share: 2 ** -40 },
    ];
    const [, mean, std, , max] = measure('uint16', pixels, true, false, []);
    assert.equal(max, 60_000);
    assert.ok(Math.abs(mean! - 1000 - 59_000 * 2 ** -40) < 1e-12);
    assert.ok(Math.abs(std! / (59_000 * 2 ** -20) - 1) < 1e-9, String(std));
  });
});
