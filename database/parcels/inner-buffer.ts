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
 * for the shape. Empty where nothing is left, NULL where it can't be shrunken (see `inside`) or, by the careful
 * transformation, where PROJ or GEOS refuse it.
 * @param shape an expression of polygons in the parcels' CRS.
 */
export function shrunken(shape: string, metres: number, epsg: number, transform: Transform): string {
  if (isUtm(epsg)) return buffered(inside(`${transform}(${shape}, ${epsg})`), metres, transform);
  const onGround = `${inside(`${transform}(${shape}, 4326)`)}::geography`;
  return `${transform}(${buffered(onGround, metres, transform)}::geometry, ${epsg})`;
}

/** What is left of a sound shape, in metres or a geography. Round joins of 8 segments a quarter circle. */
export function buffered(shape: string, metres: number, transform: Transform): string {
  return `${transform === 'ST_Transform' ? 'ST_Buffer' : 'parcelwise.buffer_or_null'}(${shape}, ${-metres})`;
}

/** No parcel has a longer border, whatever the unit; areas of what has one may overflow. */
const LONGEST_BORDER = 1e13;

/**
 * A sound shape with the inside that the rasteriser sees: by the even-odd rule in each polygon, and polygons united. Left to
 * itself the buffer would lose the lobes of a bow tie that run the other way round; and ST_MakeValid of a whole polygon would fill a
 * hole that shares an edge with its shell. NULL of coordinates that are no numbers or beyond all maps.
 * @param shape an expression of polygons.
 */
export function inside(shape: string): string {
  return `(
      SELECT CASE WHEN ST_IsValid(g) THEN g
                  WHEN ST_Perimeter(g) < ${LONGEST_BORDER} THEN (
                    SELECT ST_Union(${EVEN_ODD('part.geom')}) FROM ST_Dump(g) AS part) END
      FROM (SELECT ${shape} AS g OFFSET 0) AS drawn)`;
}

/** What lies within one ring of a polygon, or three, and so on. */
const EVEN_ODD = (polygon: string) => `(
      WITH RECURSIVE ring AS MATERIALIZED (
        SELECT path[1] AS n, ST_CollectionExtract(ST_MakeValid(geom), 3) AS within FROM ST_DumpRings(${polygon})
      ), counted AS (
        SELECT n, within FROM ring WHERE n = 0
        UNION ALL
        SELECT ring.n, ST_SymDifference(counted.within, ring.within) FROM counted JOIN ring ON ring.n = counted.n + 1
      )
      SELECT within FROM counted ORDER BY n DESC LIMIT 1)`;
