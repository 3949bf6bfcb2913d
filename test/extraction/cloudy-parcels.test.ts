/** Which parcels are cloudy, beside what looking at each of their pixels tells. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { cloudyParcels } from '../../extraction/cloudy-parcels.js';
import { SAME_GRID } from '../../extraction/masking.js';
import { keepsAllBut, type Mask } from '../../layers/index.js';
import { Coverage, withoutPixelsOf } from '../../zonal/index.js';
import { ODD_ALIGNMENT, ODD_WINDOW, oddSpans, placeIn } from '../layers/odd-windows.js';

const UNCLEAR = [0, 8, 9];
const [WIDTH, HEIGHT] = [12, 10];
const PLACE = { originX: 0, originY: 0, stepX: 10, stepY: -10 };

type Span = readonly [start: number, length: number];

function coverageOf(
  parcels: readonly { readonly pid: number; readonly spans: readonly Span[] }[],
  { width, height } = { width: WIDTH, height: HEIGHT },
): Coverage {
  const all = parcels.flatMap(({ spans }) => spans);
  const coverage = Coverage.allocate({ ...PLACE, width, height }, parcels.length, all.length);
  coverage.pids.set(parcels.map(({ pid }) => pid));
  coverage.bounds.set(parcels.flatMap(({ pid }) => [pid, pid, pid + 1, pid + 1]));
  let spans = 0;
  coverage.offsets.set(
    parcels.map((parcel) => (spans += parcel.spans.length)),
    1,
  );
  coverage.start.set(all.map(([start]) => start));
  coverage.length.set(all.map(([, length]) => length));
  return coverage;
}

function maskOf(classes: readonly number[], width: number): Mask {
  return {
    source: { pixels: Uint8Array.from(classes), column: 0, row: 0, width, height: classes.length / width },
    keeps: keepsAllBut(UNCLEAR),
  };
}

const pixelsOf = (spans: readonly Span[]): number[] =>
  spans.flatMap(([start, length]) => Array.from({ length }, (_, i) => start + i));

describe('cloudy parcels', () => {
  it('are those of whose pixels none is clear, on any grid, by whichever coverage they are measured', () => {
    const parcels = fc.array(oddSpans(WIDTH, HEIGHT), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(
        ODD_ALIGNMENT,
        ODD_WINDOW,
        fc.infiniteStream(fc.constantFrom(0, 8, 9, 9, 9, 4)),
        parcels,
        parcels,
        fc.nat(12),
        (alignment, window, classes, raw, clear, cut) => {
          const pixels = Uint8Array.from({ length: window.width * window.height }, () =>
            Number(classes.next().value),
          );
          const mask = { source: { pixels, ...window }, keeps: keepsAllBut(UNCLEAR) };
          const isClear = (pixel: number): boolean => {
            const place = placeIn(window, alignment, pixel, WIDTH);
            return place !== undefined && !UNCLEAR.includes(pixels[place.row * window.width + place.column]!);
          };
          // The second has other parcels too, and lacks some.
          const lists = [
            raw.map((spans, i) => ({ pid: 2 * i, spans })),
            clear.map((spans, i) => ({ pid: 3 * i, spans })),
          ];
          const coverages = lists.map((list) => coverageOf(list));
          const pieces = [
            { first: -Infinity, last: cut - 1 },
            { first: cut, last: Infinity },
          ].map((pids) => cloudyParcels(mask, { alignment, isCoarser: false }, coverages, pids));
          const expected = lists.map((list) =>
            list.map(({ pid, spans }) => {
              const all = lists.flatMap((one) =>
                one.filter((other) => other.pid === pid).flatMap((other) => pixelsOf(other.spans)),
              );
              return pixelsOf(spans).length > 0 && !all.some(isClear) ? 1 : 0;
            }),
          );
          assert.deepEqual(
            coverages.map((_, i) => pieces.flatMap((found) => [...found[i]!])),
            expected,
          );
        },
      ),
    );
  });

  it('have one clear pixel too few: at the first, the last and none of their pixels', () => {
    const coverage = coverageOf([
      { pid: 1, spans: [[0, 4]] },
      { pid: 2, spans: [[4, 4]] },
      { pid: 3, spans: [[8, 4]] },
      { pid: 4, spans: [] },
    ]);
    const row = [4, 9, 9, 9, 9, 9, 9, 4, 9, 9, 9, 9];
    const mask = maskOf([...row, ...Array<number>(WIDTH * (HEIGHT - 1)).fill(4)], WIDTH);
    const [cloudy] = cloudyParcels(mask, { alignment: SAME_GRID, isCoarser: false }, [coverage]);
    assert.deepEqual([...cloudy!], [0, 0, 1, 0]);
  });

  it('are cloudy under pixels of 60 m where none of these is clear in all of it', () => {
    const alignment = { across: 3, down: 3, shiftX: 0, shiftY: 0 };
    const coarse = coverageOf(
      [
        { pid: 1, spans: [[0, 1]] },
        { pid: 2, spans: [[1, 1]] },
      ],
      { width: 2, height: 1 },
    );
    const classes = Array<number>(18).fill(4);
    classes[5] = 9;
    const [cloudy] = cloudyParcels(maskOf(classes, 6), { alignment, isCoarser: true }, [coarse]);
    assert.deepEqual([...cloudy!], [0, 1]);
  });

  it('leave a coverage with the pixels of the others', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(oddSpans(WIDTH, HEIGHT), fc.boolean()), { maxLength: 8 }), (parcels) => {
        const list = parcels.map(([spans], i) => ({ pid: 5 * i, spans }));
        const whole = coverageOf(list);
        const narrowed = withoutPixelsOf(
          whole,
          Uint8Array.from(parcels, ([, isLeft]) => (isLeft ? 1 : 0)),
        );
        const expected = coverageOf(list.map((one, i) => (parcels[i]![1] ? { ...one, spans: [] } : one)));
        assert.deepEqual(new Uint8Array(narrowed.buffer), new Uint8Array(expected.buffer));
      }),
    );
  });
});
