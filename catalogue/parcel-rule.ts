/**
 * Which parcels belong to a scene, in SQL. The rule is CbM's: the parcel's bounding box meets that of the scene's
 * footprint and that of a part of the AOI widened by 1000 m, and its area is above a limit. Areas are taken in square
 * metres whatever the parcels' CRS (the seed took them in the table's units, and so lost every parcel in degrees).
 */
import type { CheckedSelection } from './check.js';
import { aoiShape } from './scenes.js';

type Parcels = Pick<CheckedSelection, 'parcels'>;

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
  const { geographic, metresPerUnit } = selection.parcels.crs;
  const shape = polygons(selection, 'p.wkb_geometry');
  if (geographic) return `ST_Area(${shape}::geography)`;
  return metresPerUnit === 1 ? `ST_Area(${shape})` : `(ST_Area(${shape}) * ${metresPerUnit ** 2})`;
}

/** One row (`box`) a part of the AOI, in the parcels' CRS. Widening is costly, so it is done once a statement. */
export function aoiBoxes(selection: Parcels & Pick<CheckedSelection, 'aoi'>, nameParameter: string): string {
  const { aoi, parcels } = selection;
  const widened = `ST_Buffer(${aoiShape(aoi, 'a')}::geography, ${AOI_MARGIN_METRES})::geometry`;
  return `
  SELECT ST_Envelope(ST_Transform(${widened}, ${parcels.crs.srid})) AS box
  FROM ${aoi.key} a WHERE a.${aoi.field} = ${nameParameter} AND NOT ST_IsEmpty(a.wkb_geometry)`;
}

/** The footprint of a scene in the parcels' CRS. */
export function footprint({ catalogue, parcels }: CheckedSelection, idParameter: string): string {
  return `SELECT ST_Transform(s.footprint, ${parcels.crs.srid}) FROM ${catalogue.key} s WHERE s.id = ${idParameter}`;
}

/** FROM and WHERE of the parcels `p` of a scene. Parameters: $1 scene, $2 name of the AOI, $3 smallest area. */
export function ofScene(selection: CheckedSelection): string {
  return `
  FROM ${selection.parcels.key} p
  WHERE p.wkb_geometry && (${footprint(selection, '$1')})
    AND EXISTS (SELECT FROM aoi WHERE p.wkb_geometry && aoi.box)
    AND ${areaM2(selection)} > $3`;
}

/** The WITH that `ofScene` needs. */
export function withAoi(selection: CheckedSelection): string {
  return `WITH aoi AS MATERIALIZED (${aoiBoxes(selection, '$2')})`;
}
