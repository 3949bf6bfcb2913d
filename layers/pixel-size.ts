/** How large the pixels of a grid are on the ground, by the row they lie in: distances are metres, whatever the grid counts in. */
import { isGeographic, metresPerUnit, type RasterGrid } from '../rasters/index.js';

/** The sides of a pixel in metres. */
export interface PixelSize {
  readonly x: number;
  readonly y: number;
}

/** That of the pixels of row `row` of a grid. */
export type PixelSizes = (row: number) => PixelSize;

/** WGS 84; the ellipsoids of other systems differ from it by less than a thousandth. */
const SEMI_MAJOR_M = 6_378_137;
const ECCENTRICITY_2 = 0.006_694_379_990_14;

/** A metre of Web Mercator is one at the equator only. */
const WEB_MERCATOR = 3857;

/**
 * Of grids in longitude and latitude, and of those in Web Mercator, the local size in the middle of the row (radii of curvature
 * of the ellipsoid; EPSG guidance note 7-2). In other projections a metre, or what their unit is in metres, is
 * taken for one on the ground: of those that fields are mapped in it is, within a fiftieth.
 */
export function pixelSizes({ epsg, originY, stepX, stepY }: RasterGrid): PixelSizes {
  const middle = (row: number) => originY + (row + 0.5) * stepY;
  if (isGeographic(epsg)) {
    const [across, down] = [radians(stepX), radians(-stepY)];
    return (row) => {
      const { alongParallel, alongMeridian } = radii(radians(middle(row)));
      return { x: across * alongParallel, y: down * alongMeridian };
    };
  }
  if (epsg === WEB_MERCATOR)
    return (row) => {
      // It draws the ellipsoid's latitudes as if they were a sphere's.
      const latitude = Math.asin(Math.tanh(middle(row) / SEMI_MAJOR_M));
      const { alongParallel, alongMeridian } = radii(latitude);
      const shrunken = alongParallel / SEMI_MAJOR_M;
      return { x: stepX * shrunken, y: (-stepY * Math.cos(latitude) * alongMeridian) / SEMI_MAJOR_M };
    };
  const unit = metresPerUnit(epsg);
  const size = { x: stepX * unit, y: -stepY * unit };
  return () => size;
}

/** Metres that a radian is at a latitude; grids of points begin on a pole, where a parallel has no length. */
function radii(latitude: number): { readonly alongParallel: number; readonly alongMeridian: number } {
  const flattened = 1 - ECCENTRICITY_2 * Math.sin(latitude) ** 2;
  const normal = SEMI_MAJOR_M / Math.sqrt(flattened);
  return {
    alongParallel: normal * Math.max(Math.cos(latitude), Number.EPSILON),
    alongMeridian: (normal * (1 - ECCENTRICITY_2)) / flattened,
  };
}

const radians = (degrees: number): number => (degrees * Math.PI) / 180;
