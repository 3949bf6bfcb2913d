/** Parcels by their id, at a point, and under a polygon, with what CbM's API tells of each. */
import { laeaSquareMetres } from '../selection/parcel-rule.js';
import { type Database, query } from '../session/session.js';
import type { ServedColumn, ServedParcels } from './served-tables.js';

export interface ParcelAnswer {
  readonly withGeometry: boolean;
  /** Geometries in longitude and latitude instead of the parcels' own CRS. */
  readonly wgs84: boolean;
}

/** A parcel as the API tells it. Values of the table come as JSON has them: a number stays one. */
export interface ToldParcel {
  readonly pid: string;
  readonly cropname: unknown;
  readonly cropcode: unknown;
  readonly srid: number;
  /** GeoJSON, as a text. */
  readonly geom?: string;
  /** Square metres, in EPSG:3035. */
  readonly area: number;
  /** Centroid, EPSG:4326. */
  readonly clon: number;
  readonly clat: number;
}

/** No more parcels than that are told of a polygon. */
const MOST_IN_POLYGON = 100;

const asJson = (column: ServedColumn | undefined): string =>
  column === undefined ? 'NULL' : `to_json(p.${column.sql})`;

const asText = (column: ServedColumn | undefined): string =>
  column === undefined ? 'NULL' : `p.${column.sql}::text`;

/** Its centroid is taken in the parcels' CRS and transformed, once for both of its numbers. */
const TOLD = (parcels: ServedParcels, answer: ParcelAnswer, cropCode: string): string => `
  SELECT p.${parcels.id.sql}::text AS pid, ${asJson(parcels.cropName)} AS cropname, ${cropCode} AS cropcode,
         ST_SRID(p.${parcels.geometry}) AS srid${GEOMETRY(parcels, answer)},
         ${laeaSquareMetres(`p.${parcels.geometry}`)}::bigint::float8 AS area, ST_X(centre) AS clon, ST_Y(centre) AS clat
  FROM ${parcels.key} p
  CROSS JOIN LATERAL (SELECT ST_Transform(ST_Centroid(p.${parcels.geometry}), 4326) OFFSET 0) AS middle (centre)`;

const GEOMETRY = ({ geometry }: ServedParcels, { withGeometry, wgs84 }: ParcelAnswer): string => {
  if (!withGeometry) return '';
  return `, ST_AsGeoJSON(${wgs84 ? `ST_Transform(p.${geometry}, 4326)` : `p.${geometry}`}) AS geom`;
};

/** The parameter is cast to the column's own type, so that an index on it serves. */
const BY_ID = (parcels: ServedParcels, answer: ParcelAnswer): string => `
  ${TOLD(parcels, answer, asText(parcels.cropCode))} WHERE p.${parcels.id.sql} = $1::text::${parcels.id.type}`;

/** A point on an edge is of both parcels. */
const AT_POINT = (parcels: ServedParcels, answer: ParcelAnswer): string => `
  ${TOLD(parcels, answer, asJson(parcels.cropCode))}
  WHERE ST_Intersects(p.${parcels.geometry}, ST_Transform(ST_SetSRID(ST_MakePoint($1::float8, $2::float8), 4326), ${parcels.srid}))`;

/** What a polygon is written in, and how it is read; in 4326 either way. */
const SHAPES = {
  wkt: 'ST_GeomFromText($1::text, 4326)',
  geojson: 'ST_SetSRID(ST_GeomFromGeoJSON($1::text), 4326)',
} as const;

export interface WrittenShape {
  readonly format: keyof typeof SHAPES;
  readonly text: string;
}

const UNDER = (parcels: ServedParcels, { format }: WrittenShape): string => `
  WHERE ST_Intersects(p.${parcels.geometry}, ST_Transform(${SHAPES[format]}, ${parcels.srid})) LIMIT ${MOST_IN_POLYGON}`;

const IDS = (parcels: ServedParcels, answer: ParcelAnswer): string => `
  SELECT to_json(p.${parcels.id.sql}) AS pid${GEOMETRY(parcels, answer)} FROM ${parcels.key} p`;

/** The parcels of this id: one, unless the table has more of it. */
export function parcelsById(
  database: Database,
  parcels: ServedParcels,
  id: string,
  answer: ParcelAnswer,
): Promise<ToldParcel[]> {
  return query(database, BY_ID(parcels, answer), [id]);
}

/** @param lon degrees, as `lat`. */
export function parcelsAtPoint(
  database: Database,
  parcels: ServedParcels,
  { lon, lat }: { readonly lon: number; readonly lat: number },
  answer: ParcelAnswer,
): Promise<ToldParcel[]> {
  return query(database, AT_POINT(parcels, answer), [lon, lat]);
}

/** Parcels that the shape meets, `MOST_IN_POLYGON` at most, in no order. */
export function parcelsUnder(
  database: Database,
  parcels: ServedParcels,
  shape: WrittenShape,
  answer: ParcelAnswer,
): Promise<ToldParcel[]> {
  const told = TOLD(parcels, answer, asJson(parcels.cropCode));
  return query(database, `${told} ${UNDER(parcels, shape)}`, [shape.text]);
}

/** The same with their ids only, as the table has them, and their geometries where asked for. */
export function parcelIdsUnder(
  database: Database,
  parcels: ServedParcels,
  shape: WrittenShape,
  answer: ParcelAnswer,
): Promise<{ readonly pid: unknown; readonly geom?: string }[]> {
  return query(database, `${IDS(parcels, answer)} ${UNDER(parcels, shape)}`, [shape.text]);
}
