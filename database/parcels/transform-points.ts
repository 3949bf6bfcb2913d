/** Where PROJ, as this PostGIS has it, puts points of the parcels' CRS in another one. */
import type { CheckedSelection } from '../selection/check.js';
import { isRefusedByProj } from '../session/errors.js';
import { type Database, query } from '../session/session.js';

/** As one line and in binary, because a row a point costs more than its transformation. */
const TRANSFORM = ({ parcels }: CheckedSelection) =>
  `SELECT ST_AsBinary(ST_Transform(ST_GeomFromWKB($1, ${parcels.crs.srid}), $2::integer), 'NDR') AS line`;

/** Well-known binary of a line: byte order (1: little-endian), type (2) and number of points; then x and y of each. */
const HEADER_BYTES = 9;

/**
 * @param points x and y alternately, in the CRS of the selection's parcels.
 * @returns the same points in EPSG:`epsg`; undefined where PROJ can't transform one of them.
 */
export async function transformPoints(
  database: Database,
  selection: CheckedSelection,
  points: Float64Array,
  epsg: number,
): Promise<Float64Array | undefined> {
  const line = Buffer.alloc(HEADER_BYTES + points.byteLength);
  line.writeUInt8(1, 0);
  line.writeUInt32LE(2, 1);
  line.writeUInt32LE(points.length / 2, 5);
  points.forEach((value, i) => line.writeDoubleLE(value, HEADER_BYTES + 8 * i));
  try {
    const [row] = await query<{ line: Buffer }>(database, TRANSFORM(selection), [line, epsg]);
    return points.map((_, i) => row!.line.readDoubleLE(HEADER_BYTES + 8 * i));
  } catch (error) {
    if (isRefusedByProj(error)) return undefined;
    throw error;
  }
}
