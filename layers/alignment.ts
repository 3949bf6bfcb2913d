/**
 * How the pixels of a grid lie on those of a finer one of the same ground: Sentinel-2's 20 m pixels are four of its 10 m
 * pixels. A coarser layer is brought to the finer grid by repeating pixels; nothing is ever resampled.
 */
import type { RasterGrid } from '../rasters/index.js';

/** A pixel of the finer grid, column `c`, lies in column `floor((c + shiftX) / across)` of the coarser; rows likewise. */
export interface Alignment {
  /** Finer pixels that lie side by side in a coarser one; 1 where both are the same grid. */
  readonly across: number;
  readonly down: number;
  /** Finer pixels from the coarser grid's left and upper edge to the finer grid's; negative where that begins before. */
  readonly shiftX: number;
  readonly shiftY: number;
}

/** Grids that pixels can't be brought from one to the other of; the message says by how much they miss. */
export class NotAligned extends Error {
  override readonly name = 'NotAligned';
}

/** A layer by its grid, for messages: `{ name: 'B11', grid }`. */
export interface GridOf {
  readonly name: string;
  readonly grid: RasterGrid;
}

/** The share of a finer pixel that grids may be off: headers round their numbers. */
const TOLERANCE = 0.01;

/** @throws NotAligned where the pixels of `coarse` are not made of whole pixels of `fine`. */
export function align(fine: GridOf, coarse: GridOf): Alignment {
  const { grid: f } = fine;
  const { grid: c } = coarse;
  const pair = `${coarse.name} (${sizeOf(c)}) and ${fine.name} (${sizeOf(f)})`;
  if (f.epsg !== c.epsg)
    throw new NotAligned(
      `${pair} have different reference systems, EPSG:${c.epsg} and EPSG:${f.epsg}; nothing is resampled`,
    );
  const across = wholeRatio(c.stepX / f.stepX, f.width);
  const down = wholeRatio(c.stepY / f.stepY, f.height);
  if (across === undefined || down === undefined)
    throw new NotAligned(
      `${pair} don't fit: a pixel of the one is ${ratio(c.stepX / f.stepX)} x ${ratio(c.stepY / f.stepY)} of the other, not a whole number of them`,
    );
  const x = (f.originX - c.originX) / f.stepX;
  const y = (f.originY - c.originY) / f.stepY;
  const [shiftX, shiftY] = [Math.round(x), Math.round(y)];
  if (Math.abs(x - shiftX) > TOLERANCE || Math.abs(y - shiftY) > TOLERANCE)
    throw new NotAligned(
      `the pixels of ${pair} don't lie on each other: the corners are ${ratio(x)} and ${ratio(y)} pixels of ${fine.name} apart`,
    );
  return { across, down, shiftX: shiftX + 0, shiftY: shiftY + 0 };
}

/** The finest of some grids, the first of several; the others' layers are repeated on it. */
export function finest(grids: readonly GridOf[]): GridOf {
  const [first, ...others] = grids;
  if (first === undefined) throw new RangeError('no grid is the finest of none');
  return others.reduce((best, other) => (other.grid.stepX < best.grid.stepX ? other : best), first);
}

/** Undefined where it is none, as far as may be seen at the far edge of the finer grid. */
function wholeRatio(exact: number, finePixels: number): number | undefined {
  const whole = Math.round(exact);
  if (!(whole >= 1) || Math.abs(exact / whole - 1) * finePixels > TOLERANCE) return undefined;
  return whole;
}

const sizeOf = ({ stepX, stepY }: RasterGrid): string =>
  stepX === -stepY ? `pixels of ${stepX}` : `pixels of ${stepX} x ${-stepY}`;

const ratio = (value: number): string => String(Number(value.toPrecision(5)));
