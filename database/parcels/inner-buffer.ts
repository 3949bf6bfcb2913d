/** Parcels that shrink by metres, in SQL: what is left of them keeps its distance from the neighbours' pixels. */
import type { Transform } from '../selection/projected-box.js';

/** Zones of UTM by their EPSG codes: WGS 84 north and south, ETRS89, NAD83, WGS 72 north and south. */
const UTM_ZONES = [
  [32601, 32660],
  [32701, 32760],
  [25828, 25838],
  [26901, 26923],
  [32201, 32260],
  [32301, 32360],
] as const;

/** A unit of these is a metre on the ground, to within a thousandth. */
function isUtm(epsg: number): boolean {
  return UTM_ZONES.some(([first, last]) => first <= epsg && epsg <= last);
}

/**
 * The shape in EPSG:`epsg`, shrunken by so many metres: in the raster's own UTM zone, else in the zone that PostGIS finds best
 * for the shape. Round joins of 8 segments a quarter circle; empty where nothing is left.
 * @param shape an expression of polygons in the parcels' CRS.
 */
export function shrunken(shape: string, metres: number, epsg: number, transform: Transform): string {
  if (isUtm(epsg)) return `ST_Buffer(${transform}(${shape}, ${epsg}), ${-metres})`;
  return `${transform}(ST_Buffer(${transform}(${shape}, 4326)::geography, ${-metres})::geometry, ${epsg})`;
}
