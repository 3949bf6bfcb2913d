/** Parcels of the same crop near a parcel. */
import { isLargeEnough, laeaSquareMetres, MEASURING_SRID } from '../selection/parcel-rule.js';
import { type Database, query } from '../session/session.js';
import type { ServedColumn, ServedParcels } from './served-tables.js';

export interface Peer {
  readonly pid: string;
  /** Metres, in EPSG:3035. */
  readonly distance: number;
}

/** Smaller ones say too little of their crop. Square metres. */
const LEAST_AREA_M2 = 3000;

/**
 * Distances are measured in EPSG:3035, which no index of the parcels knows. So the box of that width is brought into the parcels'
 * own CRS first, its edges cut into pieces that bend by far less than the margin of a hundredth and a metre, and only what lies
 * within it is measured. MATERIALIZED keeps what is known of the parcel from being reckoned anew for each of its neighbours.
 */
const PEERS = ({ key, id, geometry, srid }: ServedParcels, crop: ServedColumn): string => `
  WITH self AS MATERIALIZED (
    SELECT p.${id.sql} AS id, p.${crop.sql} AS crop, ST_Transform(p.${geometry}, ${MEASURING_SRID}) AS shape
    FROM ${key} p WHERE p.${id.sql} = $1::text::${id.type} LIMIT 1
  ), around AS MATERIALIZED (
    SELECT ST_Envelope(ST_Transform(ST_Segmentize(
      ST_Envelope(ST_Expand(shape, $2::float8 * 1.01 + 1)), greatest($2::float8 / 16, 100)), ${srid})) AS box FROM self
  )
  SELECT p.${id.sql}::text AS pid, ST_Distance(laea.shape, self.shape) AS distance
  FROM self, around, ${key} p
  CROSS JOIN LATERAL (SELECT ST_Transform(p.${geometry}, ${MEASURING_SRID}) OFFSET 0) AS laea (shape)
  WHERE p.${geometry} && around.box AND p.${crop.sql} = self.crop AND p.${id.sql} <> self.id
    AND ST_DWithin(laea.shape, self.shape, $2::float8)
    AND ${isLargeEnough(laeaSquareMetres(`p.${geometry}`), String(LEAST_AREA_M2))}
  ORDER BY distance, pid LIMIT $3::int`;

/**
 * The nearest first. A parcel that is not there, or has no crop, has no peers.
 * @param crop the column that is the same for peers.
 */
export function peersOf(
  database: Database,
  parcels: ServedParcels,
  crop: ServedColumn,
  asked: { readonly id: string; readonly metres: number; readonly most: number },
): Promise<Peer[]> {
  return query(database, PEERS(parcels, crop), [asked.id, asked.metres, asked.most]);
}
