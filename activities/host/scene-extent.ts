/** Checks that bands of a scene have one extent, and that it meets the footprint in the catalogue. */
import { basename } from 'node:path';
import type { Box } from '../../database/selection/box.js';
import { comparePlaces } from '../../database/scenes/raster-place.js';
import type { CheckedSelection } from '../../database/selection/check.js';
import type { Database } from '../../database/session/session.js';
import type { Image } from '../../extraction/image.js';
import type { RasterGrid } from '../../rasters/index.js';
import { BadScene } from '../failures.js';

type Placed = Pick<Image, 'path' | 'grid'>;

/** Coordinates in degrees are no round numbers in binary: so much of a pixel is nothing. */
const ROUNDING = 1e-6;

/**
 * Bands of one scene show the same ground: the sides of any two agree to within one of the coarser band's pixels.
 * @throws BadScene naming two that do not.
 */
export function checkSameExtent(images: readonly Placed[]): void {
  for (const [i, one] of images.entries()) {
    const other = images.slice(i + 1).find(({ grid }) => !showSame(one.grid, grid));
    if (other === undefined) continue;
    throw new BadScene(`the bands do not show the same ground: ${describe(one)}, but ${describe(other)}`);
  }
}

function showSame(a: RasterGrid, b: RasterGrid): boolean {
  if (a.epsg !== b.epsg) return false;
  const toleranceX = Math.max(a.stepX, b.stepX) * (1 + ROUNDING);
  const toleranceY = Math.max(-a.stepY, -b.stepY) * (1 + ROUNDING);
  return (
    Math.abs(a.originX - b.originX) <= toleranceX &&
    Math.abs(a.originX + a.width * a.stepX - (b.originX + b.width * b.stepX)) <= toleranceX &&
    Math.abs(a.originY - b.originY) <= toleranceY &&
    Math.abs(a.originY + a.height * a.stepY - (b.originY + b.height * b.stepY)) <= toleranceY
  );
}

/**
 * A raster lies where the catalogue says that its scene does.
 * @throws BadScene naming both places where they share no ground.
 */
export async function checkFootprint(
  database: Database,
  selection: Pick<CheckedSelection, 'catalogue'>,
  obsid: number,
  image: Placed,
): Promise<void> {
  const found = await comparePlaces(database, selection, obsid, image.grid);
  if (found === undefined || found.meets) return;
  const place =
    found.raster === null
      ? 'which is no place on the earth'
      : `which is ${degrees(found.raster)} (longitude, latitude)`;
  throw new BadScene(
    `the raster lies nowhere near its scene's footprint: ${describe(image)}, ${place}; the footprint is ${degrees(found.footprint)}`,
  );
}

function degrees({ minX, minY, maxX, maxY }: Box): string {
  const [west, south, east, north] = [minX, minY, maxX, maxY].map((degree) => Number(degree.toFixed(2)));
  return `${west!} to ${east!}, ${south!} to ${north!}`;
}

function describe({ path, grid }: Placed): string {
  const { epsg, width, height, originX, originY, stepX } = grid;
  return `${basename(path)} has ${width} x ${height} pixels of ${stepX} from (${originX}, ${originY}) in EPSG:${epsg}`;
}
