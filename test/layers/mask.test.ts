import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Alignment } from '../../layers/alignment.js';
import { coarsenMask } from '../../layers/coarsen.js';
import { KEEPS_ALL_BUT_0, keepsAllBut, type Mask, MaskedSpans } from '../../layers/mask.js';
import { reaches, widenMask } from '../../layers/widen.js';
import { Coverage } from '../../zonal/index.js';
import { ODD_ALIGNMENT, ODD_WINDOW, oddSpans, placeIn } from './odd-windows.js';

const WIDTH = 12;
const HEIGHT = 10;
const PLACE = { originX: 0, originY: 0, stepX: 60, stepY: -60 };
/** Clouds and their kin in Sentinel-2's scene classification. */
const UNCLEAR = [0, 1, 3, 8, 9, 10, 11];

describe('spans under a mask', () => {
  it('are those of the pixels that it keeps', () => {
    const classes = Uint8Array.of(4, 9, 4, 4, 5, 0);
    const mask = {
      source: { pixels: classes, column: 0, row: 0, width: 3, height: 2 },
      keeps: keepsAllBut(UNCLEAR),
    };
    const spans = new MaskedSpans({ across: 2, down: 2, shiftX: 0, shiftY: 0 }, 6);
    spans.take(mask, Int32Array.of(0, 7, 19), Uint16Array.of(6, 3, 5), 0, 3);
    assert.deepEqual([...spans.start.subarray(0, spans.count)], [0, 4, 7, 19]);
    assert.deepEqual([...spans.length.subarray(0, spans.count)], [2, 2, 1, 3]);
    assert.deepEqual([spans.kept, spans.total], [8, 14]);
    spans.take(mask, Int32Array.of(2), Uint16Array.of(2), 0, 1);
    assert.deepEqual([spans.count, spans.kept, spans.total], [0, 0, 2]);
  });

  it('hold each pixel that is kept once and no other, on any grid, from any window', () => {
    fc.assert(
      fc.property(
        ODD_ALIGNMENT,
        ODD_WINDOW,
        fc.infiniteStream(fc.integer({ min: 0, max: 11 })),
        oddSpans(WIDTH, HEIGHT),
        (alignment, window, classes, spans) => {
          const pixels = Uint8Array.from({ length: window.width * window.height }, () =>
            Number(classes.next().value),
          );
          const masked = new MaskedSpans(alignment, WIDTH);
          masked.take(
            { source: { pixels, ...window }, keeps: keepsAllBut(UNCLEAR) },
            Int32Array.from(spans, ([start]) => start),
            Uint16Array.from(spans, ([, length]) => length),
            0,
            spans.length,
          );
          const expected = spans.flatMap(([start, length]) =>
            Array.from({ length }, (_, i) => start + i).filter((pixel) => {
              const place = placeIn(window, alignment, pixel, WIDTH);
              return (
                place !== undefined && !UNCLEAR.includes(pixels[place.row * window.width + place.column]!)
              );
            }),
          );
          const kept = Array.from({ length: masked.count }, (_, k) =>
            Array.from({ length: masked.length[k]! }, (_, i) => masked.start[k]! + i),
          ).flat();
          assert.deepEqual(kept, expected);
          assert.equal(masked.kept, expected.length);
          assert.equal(
            masked.total,
            spans.reduce((sum, [, length]) => sum + length, 0),
          );
        },
      ),
      { numRuns: 500 },
    );
  });

  it('may be thousands', () => {
    const pixels = Uint8Array.from({ length: 9000 }, (_, i) => i % 2);
    const spans = new MaskedSpans({ across: 1, down: 1, shiftX: 0, shiftY: 0 }, 9000);
    const mask = { source: { pixels, column: 0, row: 0, width: 9000, height: 1 }, keeps: KEEPS_ALL_BUT_0 };
    spans.take(mask, Int32Array.of(0), Int32Array.of(9000), 0, 1);
    assert.equal(spans.count, 4500);
    assert.ok(spans.start.subarray(0, 4500).every((start, k) => start === 2 * k + 1));
    assert.ok(spans.length.subarray(0, 4500).every((length) => length === 1));
  });
});

describe('a mask that is widened', () => {
  /** What scipy's exact distances say: fixtures/widen_cases.py. */
  const cases = JSON.parse(
    readFileSync(new URL('../../../test/layers/fixtures/widen-cases.json', import.meta.url), 'utf8'),
  ) as [width: number, x: number, y: number, metres: number, clear: string, widened: string][];

  it('leaves out what scipy finds within the distance, on planes of all densities and pixels of all shapes', () => {
    assert.equal(cases.length, 96);
    for (const [width, x, y, metres, clear, widened] of cases) {
      const pixels = Uint8Array.from(clear, Number);
      const out = widenMask(pixels, width, pixels.length / width, KEEPS_ALL_BUT_0, () => ({ x, y }), metres);
      assert.equal(out.join(''), widened, `${width} wide, pixels of ${x} x ${y} m, by ${metres} m`);
    }
  });

  it('leaves out what lies within the distance by plain reckoning, of classes too', () => {
    const keeps = keepsAllBut(UNCLEAR);
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 14 }),
        fc.array(fc.constantFrom(4, 4, 4, 4, 4, 4, 5, 6, 9, 3), { minLength: 1, maxLength: 150 }),
        fc.record({ x: fc.constantFrom(1, 3, 10, 20), y: fc.constantFrom(1, 4, 10, 20) }),
        fc.oneof(fc.integer({ min: 0, max: 60 }), fc.double({ min: 0, max: 60, noNaN: true })),
        (width, classes, size, metres) => {
          const height = Math.ceil(classes.length / width);
          const pixels = new Uint16Array(width * height).fill(4);
          pixels.set(classes);
          const out = widenMask(pixels, width, height, keeps, () => size, metres);
          const left = [...pixels.keys()].filter((i) => keeps[pixels[i]!] === 0);
          const expected = [...pixels.keys()].map((i) => {
            const isNear = left.some((j) => {
              const dx = ((i % width) - (j % width)) * size.x;
              const dy = (Math.floor(i / width) - Math.floor(j / width)) * size.y;
              return dx * dx + dy * dy <= metres * metres;
            });
            return isNear ? 0 : 1;
          });
          assert.deepEqual([...out], expected);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('reaches a pixel whose centre lies at the distance, and none a hair beyond', () => {
    assert.deepEqual([...reaches({ x: 20, y: 20 }, 100)], [5, 4, 4, 4, 3, 0]);
    assert.deepEqual([...reaches({ x: 20, y: 20 }, 99.999999)], [4, 4, 4, 3, 2]);
    assert.deepEqual([...reaches({ x: 20, y: 20 }, 19.99)], [0]);
    // Where a root or a quotient is rounded to the wrong side.
    assert.equal(reaches({ x: 26.9, y: 26.9 }, 12 * 26.9)[0], 12);
    assert.equal(reaches({ x: 22.2, y: 22.2 }, 669.3217163666512)[3], 29);
  });

  it('is widened by any distance', () => {
    const plane = new Uint8Array(1000).fill(1);
    plane[0] = 0;
    const out = widenMask(plane, 1, 1000, KEEPS_ALL_BUT_0, () => ({ x: 10, y: 10 }), 5000);
    assert.equal(out.indexOf(1), 501);
    const beside = widenMask(plane, 1000, 1, KEEPS_ALL_BUT_0, () => ({ x: 1e-9, y: 10 }), 5000);
    assert.equal(beside.indexOf(1), -1);
    assert.throws(() => reaches({ x: 20, y: 20 }, -1), RangeError);
    assert.throws(() => reaches({ x: 20, y: 20 }, NaN), RangeError);
  });

  it('is widened in each row by the size that its own pixels have', () => {
    const rows = [30, 20, 10].map((x, row) => ({ x, y: 10 + row }));
    const plane = Uint8Array.from('111111011111111111111', Number);
    const out = widenMask(plane, 7, 3, KEEPS_ALL_BUT_0, (row) => rows[row]!, 30);
    // From the last pixel of the first row: 30 m are one pixel there, one in the next row (20 m beside 11 down), one in the last.
    assert.deepEqual(out.join('').match(/.{7}/g), ['1111100', '1111100', '1111100']);
    const wider = widenMask(plane, 7, 3, KEEPS_ALL_BUT_0, (row) => rows[row]!, 45);
    assert.deepEqual(wider.join('').match(/.{7}/g), ['1111100', '1111000', '1110000']);
  });

  it('may lie in memory that threads share', () => {
    const shared = new Uint8Array(new SharedArrayBuffer(4));
    const out = widenMask(
      Uint8Array.of(0, 1, 1, 1),
      4,
      1,
      KEEPS_ALL_BUT_0,
      () => ({ x: 20, y: 20 }),
      20,
      shared,
    );
    assert.equal(out, shared);
    assert.deepEqual([...shared], [0, 0, 1, 1]);
  });
});

describe('a mask for larger pixels', () => {
  /** Under a parcel of each row of `width` pixels, and one of none. */
  const coarsened = (mask: Mask, alignment: Alignment, width: number, height: number) => {
    const rows = Coverage.allocate({ ...PLACE, width, height }, height + 1, height);
    rows.offsets.set(Array.from({ length: height + 2 }, (_, i) => Math.min(i, height)));
    rows.start.set(Array.from({ length: height }, (_, row) => row * width));
    rows.length.fill(width);
    const { source, keeps } = coarsenMask(
      mask,
      alignment,
      rows,
      Int32Array.from(rows.offsets.keys()).subarray(0, -1),
    );
    return Array.from(source.pixels, (pixel) => keeps[pixel]);
  };
  const pixels = Uint8Array.of(4, 4, 4, 4, 4, 4, 4, 9, 5, 5, 6, 7);
  const mask = { source: { pixels, column: 0, row: 0, width: 6, height: 2 }, keeps: keepsAllBut(UNCLEAR) };
  const alignment = { across: 2, down: 2, shiftX: 0, shiftY: 0 };

  it('keeps those of which every part is kept', () => {
    assert.deepEqual(coarsened(mask, alignment, 4, 2), [0, 1, 1, 0, 0, 0, 0, 0]);
    assert.deepEqual(coarsened(mask, { ...alignment, shiftX: 1 }, 4, 1), [0, 0, 1, 0]);
    const small = {
      ...mask,
      source: { ...mask.source, pixels: new Uint8Array(8).fill(4), width: 2, height: 4 },
    };
    assert.deepEqual(coarsened(small, { ...alignment, shiftX: 1 }, 2, 2), [0, 0, 0, 0]);
  });

  it('is made under the parcels that are asked for only', () => {
    const two = Coverage.allocate({ ...PLACE, width: 3, height: 1 }, 2, 2);
    two.offsets.set([0, 1, 2]);
    two.start.set([1, 2]);
    two.length.set([1, 1]);
    const under = (parcel: number) => [
      ...coarsenMask(mask, alignment, two, Int32Array.of(parcel)).source.pixels,
    ];
    assert.deepEqual(
      [under(0), under(1)],
      [
        [0, 1, 0],
        [0, 0, 1],
      ],
    );
  });
});
