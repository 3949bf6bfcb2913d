/** What the ledger says of certified scenes: the parcels they have met, and which of them are gaps for which reason. */
import type pg from 'pg';
import { query } from '../session/session.js';

const DIGEST_OF = (list: string) => `encode(sha256(coalesce(${list}, '')), 'hex')`;

/** $1 results table, $2 scenes. Chunks are fixed once, so a scene's lists have one order. */
const MET = `
  SELECT l.obsid, sum(l.parcels)::float8 AS parcels,
         ${DIGEST_OF(`string_agg(sha256(coalesce(array_send(l.pids), '')), '' ORDER BY l.chunk)`)} AS digest,
         to_char(max(greatest(l.stored_at, y.stored_at, y.filled_at)) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "lastStored"
  FROM parcelwise.ledger l
  LEFT JOIN LATERAL (
    SELECT max(stored_at) AS stored_at, max(filled_at) AS filled_at FROM parcelwise.stored_layer y
    WHERE (y.results_table, y.obsid, y.chunk) = (l.results_table, l.obsid, l.chunk)
  ) AS y ON true
  WHERE l.results_table = $1 AND l.obsid = ANY ($2::integer[]) GROUP BY 1 ORDER BY 1`;

export interface ParcelsMet {
  readonly obsid: number;
  readonly parcels: number;
  readonly digest: string;
  /** When rows of it were stored last, UTC. */
  readonly lastStored: string;
}

/** The parcels of stored chunks, a line a scene that has some. */
export function parcelsMet(
  client: pg.ClientBase,
  results: string,
  obsids: readonly number[],
): Promise<ParcelsMet[]> {
  return query<ParcelsMet>(client, MET, [results, obsids]);
}

/** $2 and $3 the layers of each scene. */
const GAPS = `
  WITH layer AS (SELECT * FROM unnest($2::integer[], $3::text[]) AS one (obsid, layer))
  SELECT g.obsid, g.band AS layer, g.reason, sum(cardinality(g.pids))::float8 AS parcels,
         ${DIGEST_OF(`string_agg(sha256(array_send(g.pids)), '' ORDER BY g.chunk)`)} AS digest
  FROM parcelwise.gap g JOIN layer ON (layer.obsid, layer.layer) = (g.obsid, g.band)
  WHERE g.results_table = $1 GROUP BY 1, 2, 3 ORDER BY g.obsid, g.band COLLATE "C", g.reason COLLATE "C"`;

export interface GapDigest {
  readonly obsid: number;
  readonly layer: string;
  readonly reason: string;
  readonly parcels: number;
  readonly digest: string;
}

/** Gaps of these layers of scenes, a line a scene, layer and reason. */
export function gapDigests(
  client: pg.ClientBase,
  results: string,
  layers: readonly { readonly obsid: number; readonly layer: string }[],
): Promise<GapDigest[]> {
  const columns = [layers.map(({ obsid }) => obsid), layers.map(({ layer }) => layer)];
  return query<GapDigest>(client, GAPS, [results, ...columns]);
}
