/** Parcels that share ground: pairs that overlap, by the spatial index, and copies of one geometry. */
import type pg from 'pg';
import { polygons, squareMetres } from '../../selection/parcel-rule.js';
import { query } from '../../session/session.js';
import type { Piece } from './blocks.js';
import type { CheckedTable } from './table.js';

export interface OverlapOptions {
  /** Pairs that share less are taken for neighbours that were drawn a little carelessly, square metres. */
  readonly minAreaM2: number;
  /** The search ends with so many pairs. */
  readonly most: number;
  /** So many pairs are named, those that share most. */
  readonly each: number;
}

export interface OverlapPair {
  readonly pids: readonly [string, string];
  readonly areaM2: number;
}

export interface Overlaps {
  readonly pairs: number;
  /** Ground shared by all pairs, square metres. */
  readonly areaM2: number;
  readonly largest: readonly OverlapPair[];
  /** True where the search ended before the last parcel. */
  readonly cut: boolean;
}

/**
 * The pairs whose first parcel lies in a piece of the table. Neighbours meet the same boxes, so interiors are compared
 * (a DE-9IM pattern, OGC 06-103r4 6.1.15) before anything is cut out. LIMIT ends the join itself.
 */
const PAIRS = (table: CheckedTable, where: string) => {
  const selection = { parcels: table };
  const area = squareMetres(selection, 'ST_Intersection(first_shape, second_shape)');
  const usable = (alias: string) =>
    `NOT ST_IsEmpty(${alias}.wkb_geometry) AND ${alias}.ogc_fid NOT IN (SELECT invalid FROM unnest($1::bigint[]) AS invalid)`;
  return `
  WITH pair AS MATERIALIZED (
    SELECT p.ogc_fid AS first, q.ogc_fid AS second, ${polygons(selection, 'p.wkb_geometry')} AS first_shape,
           ${polygons(selection, 'q.wkb_geometry')} AS second_shape
    FROM ${table.key} p JOIN ${table.key} q ON p.wkb_geometry && q.wkb_geometry AND p.ogc_fid < q.ogc_fid
    WHERE ${where} AND ${usable('p')} AND ${usable('q')}
      AND ST_Relate(${polygons(selection, 'p.wkb_geometry')}, ${polygons(selection, 'q.wkb_geometry')}, '2********')
    LIMIT $2
  ), measured AS MATERIALIZED (SELECT first, second, ${area} AS area FROM pair), counted AS (
    SELECT first, second, area FROM measured WHERE area >= $3
  )
  SELECT (SELECT count(*) FROM pair)::int AS looked, (SELECT count(*) FROM counted)::int AS pairs,
         (SELECT coalesce(sum(area), 0) FROM counted) AS area,
         (SELECT json_agg(json_build_object('pids', json_build_array(first::text, second::text), 'areaM2', area))
          FROM (SELECT * FROM counted ORDER BY area DESC, first, second LIMIT $4) AS largest) AS largest`;
};

interface Tally {
  readonly looked: number;
  readonly pairs: number;
  readonly area: number;
  readonly largest: OverlapPair[] | null;
}

/** Needs a spatial index and ids that tell parcels apart; `invalid` ones are left out, since nothing can be cut from them. */
export async function findOverlaps(
  client: pg.ClientBase,
  table: CheckedTable,
  pieces: readonly Piece[],
  invalid: readonly string[],
  { minAreaM2, most, each }: OverlapOptions,
  onShare: (share: number) => void,
): Promise<Overlaps> {
  let [pairs, areaM2, looked] = [0, 0, 0];
  let largest: OverlapPair[] = [];
  for (const { where, share } of pieces) {
    const values = [invalid, most - looked, minAreaM2, each];
    const [tally] = await query<Tally>(client, PAIRS(table, where), values);
    if (tally === undefined) throw new Error('an aggregate without a row');
    looked += tally.looked;
    pairs += tally.pairs;
    areaM2 += tally.area;
    largest = [...largest, ...(tally.largest ?? [])].sort((a, b) => b.areaM2 - a.areaM2).slice(0, each);
    onShare(share);
    if (looked >= most) return { pairs, areaM2, largest, cut: true };
  }
  return { pairs, areaM2, largest, cut: false };
}

/**
 * Geometries that occur more than once. PostGIS's 32-bit hash and a corner stand for the geometry: two of a million
 * that agree in both by chance are not to be expected.
 */
const COPIES = (table: CheckedTable) => `
  WITH shared AS (
    SELECT count(*) AS parcels, (array_agg(ogc_fid::text ORDER BY ogc_fid))[1:5] AS pids, min(ogc_fid) AS lowest
    FROM ${table.key} WHERE NOT ST_IsEmpty(wkb_geometry)
    GROUP BY geometry_hash(wkb_geometry), ST_XMin(wkb_geometry), ST_YMin(wkb_geometry) HAVING count(*) > 1
  )
  SELECT pids, parcels::float8 AS parcels, (sum(parcels) OVER ())::float8 AS total FROM shared ORDER BY lowest LIMIT $1`;

export interface Copies {
  /** Parcels that share their geometry with another. */
  readonly parcels: number;
  readonly first: readonly (readonly string[])[];
}

export async function findCopies(client: pg.ClientBase, table: CheckedTable, each: number): Promise<Copies> {
  const rows = await query<{ pids: string[]; total: number }>(client, COPIES(table), [each]);
  return { parcels: rows[0]?.total ?? 0, first: rows.map(({ pids }) => pids) };
}
