/** Which parcels a question is about: all, those of some ids, or those of a place. Places are in longitude and latitude (EPSG:4326). */
import type { ServedParcels } from './served-tables.js';

export type AskedParcels =
  | { readonly by: 'all' }
  | { readonly by: 'ids'; readonly ids: readonly string[] }
  /** Those that the point lies in or at the edge of. */
  | { readonly by: 'point'; readonly lon: number; readonly lat: number }
  /** Those that meet the box. */
  | {
      readonly by: 'box';
      readonly west: number;
      readonly south: number;
      readonly east: number;
      readonly north: number;
    }
  /** Those that meet the polygon, a GeoJSON geometry. */
  | { readonly by: 'polygon'; readonly geojson: string };

export interface Condition {
  /** Of parcel `p`; its parameters begin at $1. */
  readonly sql: string;
  readonly values: readonly unknown[];
}

/** The parameters are cast to the column's own type, so that an index on it serves. */
const IDS = ({ id }: ServedParcels): string => `p.${id.sql} = ANY ($1::text[]::${id.type}[])`;

/** The place is brought to the parcels and not they to it, so that their index serves. */
const MEETS = ({ geometry, srid }: ServedParcels, place: string): string =>
  `ST_Intersects(p.${geometry}, ST_Transform(${place}, ${srid}))`;

const POINT = 'ST_SetSRID(ST_MakePoint($1::float8, $2::float8), 4326)';

/** Parallels and meridians are no straight lines in most other systems: edges are cut into pieces that hardly bend. */
const BOX = `ST_Segmentize(ST_MakeEnvelope($1::float8, $2::float8, $3::float8, $4::float8, 4326),
    greatest($3::float8 - $1::float8, $4::float8 - $2::float8, 1e-6) / 64)`;

/** A ring that crosses itself is mended, or it could meet nothing. */
const POLYGON = 'ST_MakeValid(ST_SetSRID(ST_GeomFromGeoJSON($1::text), 4326))';

export function conditionOf(parcels: ServedParcels, asked: AskedParcels): Condition {
  switch (asked.by) {
    case 'all':
      return { sql: 'true', values: [] };
    case 'ids':
      return { sql: IDS(parcels), values: [asked.ids] };
    case 'point':
      return { sql: MEETS(parcels, POINT), values: [asked.lon, asked.lat] };
    case 'box':
      return {
        sql: MEETS(parcels, BOX),
        values: [asked.west, asked.south, asked.east, asked.north],
      };
    case 'polygon':
      return { sql: MEETS(parcels, POLYGON), values: [asked.geojson] };
  }
}
