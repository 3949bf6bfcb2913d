/**
 * Where the season takes place: a piece of the Noordoostpolder, 10.98 km square, at the pixels of Sentinel-2 tile T31UFU.
 * All coordinates of the season are UTM zone 31 north (EPSG:32631), metres; parcels reach the database in RD New.
 */
import type { RasterGrid } from '../../rasters/index.js';

/** East and north, metres. */
export type Point = readonly [number, number];
/** Closed: the last point is the first. */
export type Ring = readonly Point[];
/** The outer ring, then its holes. */
export type Polygon = readonly Ring[];

export const UTM_31N = 32631;
/** Amersfoort / RD New, the Dutch national CRS. */
export const RD_NEW = 28992;
export const TILE = 'T31UFU';

/** The Sentinel-2 grid at 10 m: a tenth of a tile's side, corners on the tile's own pixels. */
export const GRID_10M: RasterGrid = {
  epsg: UTM_31N,
  width: 1098,
  height: 1098,
  originX: 676_000,
  originY: 5_844_040,
  stepX: 10,
  stepY: -10,
};
export const GRID_20M: RasterGrid = { ...GRID_10M, width: 549, height: 549, stepX: 20, stepY: -20 };
export const SIDE_METRES = 10_980;
export const CENTRE: Point = [GRID_10M.originX + SIDE_METRES / 2, GRID_10M.originY - SIDE_METRES / 2];

/** The outline of a grid's outer pixel corners. */
export function outline(grid: RasterGrid): Ring {
  const right = grid.originX + grid.width * grid.stepX;
  const bottom = grid.originY + grid.height * grid.stepY;
  return [
    [grid.originX, grid.originY],
    [right, grid.originY],
    [right, bottom],
    [grid.originX, bottom],
    [grid.originX, grid.originY],
  ];
}

/**
 * Where a slanted line, the edge of a satellite's swath, leaves data: east of it (`keep` 1) or west of it (-1). `at` is
 * its easting at the area's middle, `lean` how many metres it goes east for each to the north.
 */
export interface SwathEdge {
  readonly at: number;
  readonly lean: number;
  readonly keep: 1 | -1;
}

/** Metres inside the swath; negative outside. */
export function insideSwath(edge: SwathEdge, x: number, y: number): number {
  return edge.keep * (x - edge.at - edge.lean * (y - CENTRE[1]));
}

/** A ring cut off at a swath's edge (Sutherland and Hodgman's rule for one side; the ring is convex). */
export function clipToSwath(ring: Ring, edge: SwathEdge): Ring {
  const kept: Point[] = [];
  for (let i = 0; i + 1 < ring.length; i++) {
    const [from, to] = [ring[i]!, ring[i + 1]!];
    const a = insideSwath(edge, ...from);
    const b = insideSwath(edge, ...to);
    if (a >= 0) kept.push(from);
    if (a >= 0 !== b >= 0) {
      const t = a / (a - b);
      kept.push([from[0] + t * (to[0] - from[0]), from[1] + t * (to[1] - from[1])]);
    }
  }
  return kept.length > 0 ? [...kept, kept[0]!] : [];
}
