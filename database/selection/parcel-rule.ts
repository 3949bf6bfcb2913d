/**
 * Which parcels belong to a scene, in SQL. The rule is CbM's: the parcel's bounding box meets that of the scene's
 * footprint and that of a row of the AOI widened by 1000 m (boxes that only touch meet), and its area is above a limit.
 * Areas are taken in square metres whatever the parcels' CRS (CbM's scripts take them in the table's units, and so lose every
 * parcel in degrees); boxes are those of the outlines as they are drawn in longitude and latitude (CbM's scripts take those of
 * their projected corners, and so lost the parcels along an edge).
 */
import type { CheckedSelection } from './check.js';
import { boxAround, type Transform } from './projected-box.js';
import { aoiShape } from '../scenes/scenes.js';

type Parcels = Pick<CheckedSelection, 'parcels'>;

/** Changes whenever the same tables would give a scene other parcels. */
export const PARCEL_RULE = 'outlines-1';

/** How far beyond the AOI parcels still belong to it. */
const AOI_MARGIN_METRES = 1000;

/**
 * A parcel's polygons in two dimensions. Arcs become chords; points and lines of a collection have no area. Rings are not
 * mended: what is inside an invalid polygon is for the rasteriser to say.
 */
export function polygons({ parcels }: Parcels, column: string): string {
  return parcels.plain ? column : `ST_CollectionExtract(ST_CurveToLine(ST_Force2D(${column})), 3)`;
}

/** The area of parcel `p` in square metres. */
export function areaM2(selection: Parcels): string {
  return squareMetres(selection, polygons(selection, 'p.wkb_geometry'));
}

/** The area of a shape in the parcels' CRS, in square metres. */
export function squareMetres({ parcels }: Parcels, shape: string): string {
  const { geographic, metresPerUnit } = parcels.crs;
  if (geographic) return ellipsoidSquareMetres(shape);
  return metresPerUnit === 1 ? `ST_Area(${shape})` : `(ST_Area(${shape}) * ${metresPerUnit ** 2})`;
}

/** The area of a shape in degrees, in square metres on the ellipsoid. */
export function ellipsoidSquareMetres(shape: string): string {
  return `ST_Area(${shape}::geography)`;
}

/** ETRS89 / LAEA Europe: true to area all over Europe, and what CbM's API measures distances in as well. */
export const MEASURING_SRID = 3035;

/** The area of a shape in square metres as CbM's API tells it. */
export function laeaSquareMetres(shape: string): string {
  return `ST_Area(ST_Transform(${shape}, ${MEASURING_SRID}))`;
}

/** Whether an area is above the limit, both in square metres: a parcel of exactly the limit is left out. */
export function isLargeEnough(area: string, limit: string): string {
  return `${area} > ${limit}`;
}

/** Whether a parcel belongs to the area whose boxes (`aoiBoxes`) are the rows of `aoi`. */
export function isInArea(column: string, aoi = 'aoi'): string {
  return `EXISTS (SELECT FROM ${aoi} WHERE ${column} && aoi.box)`;
}

/** One row (`box`) a row of the AOI, in the parcels' CRS. Widening is costly, so it is done once a statement. */
export function aoiBoxes(
  { aoi, parcels }: Parcels & Pick<CheckedSelection, 'aoi'>,
  nameParameter: string,
  transform: Transform = 'parcelwise.transform_or_null',
): string {
  return `
  SELECT ${boxAround('part.shape', parcels.crs.srid, AOI_MARGIN_METRES, transform)} AS box
  FROM (SELECT ${aoiShape(aoi, 'a')} FROM ${aoi.key} a WHERE a.${aoi.field} = ${nameParameter} AND NOT ST_IsEmpty(a.wkb_geometry) OFFSET 0) AS part (shape)`;
}

/** The box, in the parcels' CRS, around a footprint of the catalogue; an expression. */
export function footprintBox({ parcels }: Parcels, column: string): string {
  return boxAround(column, parcels.crs.srid, 0, 'parcelwise.transform_or_null');
}

/** The box of a scene's footprint in the parcels' CRS; NULL where it has none. */
export function footprint(selection: CheckedSelection, idParameter: string): string {
  const { catalogue } = selection;
  return `SELECT ${footprintBox(selection, 's.footprint')} AS box FROM ${catalogue.key} s WHERE s.id = ${idParameter}`;
}

/** FROM and WHERE of the parcels `p` of a scene. Parameters: $1 scene, $2 name of the AOI, $3 smallest area. */
export function ofScene(selection: CheckedSelection): string {
  return `
  FROM ${selection.parcels.key} p
  WHERE p.wkb_geometry && (${footprint(selection, '$1')})
    AND ${isInArea('p.wkb_geometry')}
    AND ${isLargeEnough(areaM2(selection), '$3')}`;
}

/** The WITH that `ofScene` needs. */
export function withAoi(selection: CheckedSelection): string {
  return `WITH aoi AS MATERIALIZED (${aoiBoxes(selection, '$2')})`;
}
