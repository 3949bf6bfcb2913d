/** Spans of a plane, and a window of another grid that holds what lies under them: of any pitch, begun anywhere. */
import fc from 'fast-check';
import type { Alignment } from '../../layers/alignment.js';
import type { PixelWindow } from '../../layers/pixel-window.js';

type Place = Omit<PixelWindow, 'pixels'>;
type Span = readonly [start: number, length: number];

const factor = fc.integer({ min: 1, max: 3 });
const shift = fc.integer({ min: -5, max: 5 });

export const ODD_ALIGNMENT: fc.Arbitrary<Alignment> = fc.record({
  across: factor,
  down: factor,
  shiftX: shift,
  shiftY: shift,
});

export const ODD_WINDOW: fc.Arbitrary<Place> = fc.record({
  column: fc.nat(3),
  row: fc.nat(3),
  width: fc.integer({ min: 1, max: 9 }),
  height: fc.integer({ min: 1, max: 9 }),
});

/** Up to four spans, each within its row of a plane of that size; they may overlap. */
export function oddSpans(width: number, height: number, minLength = 0): fc.Arbitrary<Span[]> {
  const span = fc
    .tuple(fc.nat(width - 1), fc.nat(height - 1), fc.integer({ min: 1, max: width }))
    .map(([column, row, length]): Span => [row * width + column, Math.min(length, width - column)]);
  return fc.array(span, { minLength, maxLength: 4 });
}

/** Where a pixel of a plane lies in the window, told the slow and obvious way; nowhere beside it. */
export function placeIn(
  window: Place,
  { across, down, shiftX, shiftY }: Alignment,
  pixel: number,
  planeWidth: number,
): { column: number; row: number } | undefined {
  const column = Math.floor(((pixel % planeWidth) + shiftX) / across) - window.column;
  const row = Math.floor((Math.floor(pixel / planeWidth) + shiftY) / down) - window.row;
  const isInside = column >= 0 && row >= 0 && column < window.width && row < window.height;
  return isInside ? { column, row } : undefined;
}
