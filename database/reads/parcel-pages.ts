/** Parcels page by page, in the order of their numbers in results, each page by what the one before ended with. */
import { type AskedParcels, conditionOf } from './asked-parcels.js';
import type { ServedColumn, ServedParcels } from './served-tables.js';
import { laeaSquareMetres } from '../selection/parcel-rule.js';
import { queryUnlessAborted } from '../session/give-up.js';
import type { Database } from '../session/session.js';

export interface ReadParcel {
  readonly id: string;
  /** Its number in results, `pid`. */
  readonly fid: string;
  readonly cropName: unknown;
  readonly cropCode: unknown;
  /** Square metres, in EPSG:3035; null without a geometry. */
  readonly area: number | null;
  /** Centroid, EPSG:4326. */
  readonly lon: number | null;
  readonly lat: number | null;
  /** GeoJSON, EPSG:4326, as a text; null where it has none, or none was asked for. */
  readonly geometry: string | null;
}

/** About a centimetre. */
const DECIMALS = 7;

const asJson = (column: ServedColumn | undefined): string =>
  column === undefined ? 'NULL' : `to_json(p.${column.sql})`;

/** What is told of a parcel is reckoned of those of the page alone. */
const PAGE = (
  { key, fid, id, geometry, cropName, cropCode }: ServedParcels,
  { condition, next, withGeometry }: { condition: string; next: number; withGeometry: boolean },
): string => `
  SELECT p.id, p.fid, p."cropName", p."cropCode", ${laeaSquareMetres('p.shape')}::float8 AS area,
         ST_X(centre) AS lon, ST_Y(centre) AS lat,
         ${withGeometry ? `ST_AsGeoJSON(ST_Transform(p.shape, 4326), ${DECIMALS})` : 'NULL'} AS geometry
  FROM (
    SELECT p.${id.sql}::text AS id, p.${fid.sql}::text AS fid, ${asJson(cropName)} AS "cropName",
           ${asJson(cropCode)} AS "cropCode", p.${geometry} AS shape
    FROM ${key} p WHERE ${condition} AND p.${fid.sql} > $${next}::bigint ORDER BY p.${fid.sql} LIMIT $${next + 1}::integer
  ) AS p
  CROSS JOIN LATERAL (SELECT ST_Transform(ST_Centroid(p.shape), 4326) OFFSET 0) AS middle (centre)
  ORDER BY p.fid::bigint`;

/** Smaller than any. */
const BEFORE_ALL = String(-(2n ** 63n));

/**
 * @param page `after` is the `fid` of the last parcel of the page before.
 * @param signal the statement is given up with it.
 */
export function readParcelPage(
  database: Database,
  parcels: ServedParcels,
  asked: AskedParcels,
  page: { readonly after?: string | undefined; readonly most: number; readonly withGeometry: boolean },
  signal?: AbortSignal,
): Promise<ReadParcel[]> {
  const { sql, values } = conditionOf(parcels, asked);
  const { after = BEFORE_ALL, most, withGeometry } = page;
  const statement = PAGE(parcels, { condition: sql, next: values.length + 1, withGeometry });
  return queryUnlessAborted(database, statement, [...values, after, most], signal);
}

/** Names of a parcel: the one that people know, and its number in results. */
export interface ParcelNames {
  readonly id: string;
  readonly fid: string;
}

const NAMES = ({ key, fid, id }: ServedParcels, condition: string, next: number): string => `
  SELECT p.${id.sql}::text AS id, p.${fid.sql}::text AS fid FROM ${key} p
  WHERE ${condition} ORDER BY p.${fid.sql} LIMIT $${next}::integer`;

/** Which parcels are meant, the first so many. */
export function readParcelNames(
  database: Database,
  parcels: ServedParcels,
  asked: AskedParcels,
  most: number,
  signal?: AbortSignal,
): Promise<ParcelNames[]> {
  const { sql, values } = conditionOf(parcels, asked);
  const statement = NAMES(parcels, sql, values.length + 1);
  return queryUnlessAborted(database, statement, [...values, most], signal);
}
