/**
 * Boxes around longitude and latitude shapes in another CRS, in SQL. A straight edge bends when it is projected (a box drawn
 * over France by 18 km), so outlines are given corners in between before anything is transformed, and the margin around
 * them is laid by the map's own scale at each of these corners.
 */

/** Transforms a geometry; the second gives NULL where PROJ gives an error, and takes a plpgsql call and the schema. */
export type Transform = 'ST_Transform' | 'parcelwise.transform_or_null';

/** What bends between two corners this far apart, in degrees, is less than a third of a metre; more than so many cost time. */
const STEP_DEGREES = 0.05;
const MOST_CORNERS = 4000;

/**
 * Of a shape this wide, in degrees, the outline alone can't tell: a projection may have a hole or an end within it (the
 * other side of the globe in LAEA, the edge of a transverse Mercator). So many points across it are looked at, too.
 */
const WIDE_DEGREES = 60;
const INSIDE = 24;

/** Metres of a degree of latitude, and of one of longitude at the equator (WGS 84), to a fraction of a per cent. */
const DEGREE = {
  latitude: '(111132.95 - 559.85 * cos(2 * radians(lat)))',
  longitude: '(111412.88 * greatest(cos(radians(lat)), 0.01) - 93.5 * cos(3 * radians(lat)))',
};

/**
 * The smallest box in CRS `srid` around all that lies within so many metres of a shape, as an expression; NULL of a shape
 * that is NULL, empty, or wholly outside the CRS's domain. Parts outside it are left out: no parcel can lie there.
 * @param shape an expression of the statement, EPSG:4326.
 */
export function boxAround(shape: string, srid: number, marginMetres: number, transform: Transform): string {
  const east = `${marginMetres} / ${DEGREE.longitude}`;
  const north = `${marginMetres} / ${DEGREE.latitude}`;
  const star =
    marginMetres === 0
      ? '(VALUES (0, 0, 0))'
      : `(VALUES (0, 0, 0), (1, ${east}, 0), (2, -${east}, 0), (3, 0, ${north}), (4, 0, -${north}))`;
  const rays = marginMetres === 0 ? 1 : 5;
  const at = (axis: string, ray: number) => `max(ST_${axis}(point)) FILTER (WHERE ray = ${ray})`;
  // Of a small disc the map makes an ellipse, which reaches so far along an axis of the CRS.
  const reach = (axis: string) =>
    marginMetres === 0
      ? '0'
      : `coalesce(sqrt((${at(axis, 1)} - ${at(axis, 2)}) ^ 2 + (${at(axis, 3)} - ${at(axis, 4)}) ^ 2) / 2, 0)`;
  return `(
    WITH corner AS (
      SELECT ST_X(geom) AS lon, ST_Y(geom) AS lat
      FROM ST_DumpPoints(ST_Segmentize(${shape}, greatest(${STEP_DEGREES}, ST_Perimeter(${shape}) / ${MOST_CORNERS})))
      UNION ALL
      SELECT lon, lat FROM (
        SELECT ST_XMin(e) + (ST_XMax(e) - ST_XMin(e)) * i / ${INSIDE} AS lon, ST_YMin(e) + (ST_YMax(e) - ST_YMin(e)) * j / ${INSIDE} AS lat
        FROM (SELECT ST_Envelope(${shape}) AS e) AS extent, generate_series(1, ${INSIDE - 1}) AS i, generate_series(1, ${INSIDE - 1}) AS j
        WHERE greatest(ST_XMax(e) - ST_XMin(e), ST_YMax(e) - ST_YMin(e)) > ${WIDE_DEGREES}
      ) AS inside WHERE ST_Intersects(${shape}, ST_SetSRID(ST_MakePoint(lon, lat), 4326))
    ), numbered AS (
      SELECT row_number() OVER () AS n, lon, lat FROM corner
    ), drawn AS (
      SELECT ST_Collect(ST_SetSRID(ST_MakePoint(lon + east, greatest(-90, least(90, lat + north))), 4326) ORDER BY n, ray) AS points
      FROM numbered, LATERAL ${star} AS star (ray, east, north)
    ), projected AS MATERIALIZED (
      SELECT points, whole, coalesce(ST_XMin(whole) > '-Infinity' AND ST_YMin(whole) > '-Infinity'
                                     AND ST_XMax(whole) < 'Infinity' AND ST_YMax(whole) < 'Infinity', false) AS good
      FROM (SELECT points, ${transform}(points, ${srid}) AS whole FROM drawn OFFSET 0) AS tried
    ), placed AS (
      SELECT (path[1] - 1) / ${rays} AS n, (path[1] - 1) % ${rays} AS ray, geom AS point FROM projected, ST_DumpPoints(whole) WHERE good
      UNION ALL
      SELECT n, ray, point FROM (
        SELECT (path[1] - 1) / ${rays} AS n, (path[1] - 1) % ${rays} AS ray, ${transform}(geom, ${srid}) AS point
        FROM projected, ST_DumpPoints(points) WHERE NOT good OFFSET 0
      ) AS one WHERE abs(ST_X(point)) < 'Infinity' AND abs(ST_Y(point)) < 'Infinity'
    ), reached AS (
      SELECT ${at('X', 0)} AS x, ${at('Y', 0)} AS y, ${reach('X')} AS dx, ${reach('Y')} AS dy FROM placed GROUP BY n
    )
    SELECT ST_MakeEnvelope(min(x - dx), min(y - dy), max(x + dx), max(y + dy), ${srid}) FROM reached
  )`;
}
