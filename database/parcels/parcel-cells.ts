/** Which cells of a grid hold parcels, by their boxes and without their geometry: never too few, some too many. */
import { aoiBoxes, areaM2, isInArea, isLargeEnough } from '../selection/parcel-rule.js';
import type { CheckedSelection } from '../selection/check.js';
import type { Database } from '../session/session.js';
import { query } from '../session/session.js';
import type { Grid } from '../terms.js';

/** Cells of the grid: so many of its pixels across and down. */
export interface CellSize {
  readonly width: number;
  readonly height: number;
}

/**
 * A cell's place in the parcels' CRS is the box around its bent outline; where that can't be told, it counts. The first parcel
 * found ends the search of a cell.
 */
const CELLS = (selection: CheckedSelection) => `
  WITH aoi AS MATERIALIZED (${aoiBoxes(selection, '$1')}),
  cell AS MATERIALIZED (
    SELECT number, parcelwise.transform_or_null(ST_Segmentize(ST_MakeEnvelope(
             x, greatest(y - $8, $11), least(x + $7, $10), y, $9), greatest($7, $8) / 8), ${selection.parcels.crs.srid}) AS box
    FROM (SELECT row * $5 + col AS number, $3 + col * $7 AS x, $4 - row * $8 AS y
          FROM generate_series(0, $5::integer - 1) AS col, generate_series(0, $6::integer - 1) AS row) AS corner)
  SELECT array_agg(number ORDER BY number) AS cells FROM cell
  WHERE box IS NULL OR EXISTS (
    SELECT FROM ${selection.parcels.key} p
    WHERE p.wkb_geometry && cell.box AND ($12::integer[] IS NULL OR p.ogc_fid = ANY ($12)) AND ${isInArea('p.wkb_geometry')} AND ${isLargeEnough(areaM2(selection), '$2')})`;

/**
 * The numbers of the cells, row by row, ascending.
 * @param only the parcels that count; by default all
 */
export async function cellsWithParcels(
  database: Database,
  selection: CheckedSelection,
  grid: Grid,
  cell: CellSize,
  only?: readonly number[],
): Promise<number[]> {
  const { originX, originY, stepX, stepY, width, height, epsg } = grid;
  const [across, down] = [Math.ceil(width / cell.width), Math.ceil(height / cell.height)];
  const values = [
    ...[selection.aoi.name, selection.minAreaM2, originX, originY, across, down],
    ...[cell.width * stepX, -cell.height * stepY, epsg, originX + width * stepX, originY + height * stepY],
    only ?? null,
  ];
  const [row] = await query<{ cells: number[] | null }>(database, CELLS(selection), values);
  return row?.cells ?? [];
}
