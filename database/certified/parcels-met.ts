/** What the ledger says of certified scenes: the parcels they have met, and which of them are gaps for which reason. */
import type pg from 'pg';
import { query } from '../session/session.js';
import { chunksOf, type SceneChunks } from './scene-chunks.js';

const DIGEST_OF = (list: string) => `encode(sha256(coalesce(${list}, '')), 'hex')`;

/** $1 results table, $2 scenes and $3 how many chunks of them count. Chunks are fixed once, so a scene's lists have one order. */
const MET = `
  SELECT obsid, coalesce(sum(parcels) FILTER (WHERE counts), 0)::float8 AS parcels,
         coalesce(sum(parcels) FILTER (WHERE NOT counts), 0)::float8 AS later, max(chunk) + 1 AS chunks,
         ${DIGEST_OF(`string_agg(sha256(coalesce(array_send(pids), '')), '' ORDER BY chunk) FILTER (WHERE counts)`)} AS digest,
         to_char(max(stored_at) FILTER (WHERE counts) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "lastStored"
  FROM (
    SELECT l.obsid, l.chunk, l.parcels, l.pids, l.chunk < wanted.chunks AS counts,
           greatest(l.stored_at, (SELECT max(greatest(y.stored_at, y.filled_at)) FROM parcelwise.stored_layer y
                                  WHERE (y.results_table, y.obsid, y.chunk) = (l.results_table, l.obsid, l.chunk))) AS stored_at
    FROM unnest($2::integer[], $3::integer[]) AS wanted (obsid, chunks)
    JOIN parcelwise.ledger l ON l.obsid = wanted.obsid WHERE l.results_table = $1
  ) AS chunk GROUP BY 1 ORDER BY 1`;

export interface ParcelsMet extends SceneChunks {
  /** Of the chunks that count, and of those that came later. */
  readonly parcels: number;
  readonly later: number;
  readonly digest: string;
  /** When rows of them were stored last, UTC. */
  readonly lastStored: string | null;
}

/** The parcels of stored chunks, a line a scene that has some; of all its chunks it says how many they are. */
export function parcelsMet(
  client: pg.ClientBase,
  results: string,
  scenes: readonly SceneChunks[],
): Promise<ParcelsMet[]> {
  return query<ParcelsMet>(client, MET, [results, ...chunksOf(scenes)]);
}

/** $1 results table, $2 and $3 scenes and how many chunks of them count, $4 the layer of each. */
const GAPS = `
  WITH layer AS (SELECT * FROM unnest($2::integer[], $3::integer[], $4::text[]) AS one (obsid, chunks, layer))
  SELECT g.obsid, g.band AS layer, g.reason, sum(cardinality(g.pids))::float8 AS parcels,
         ${DIGEST_OF(`string_agg(sha256(array_send(g.pids)), '' ORDER BY g.chunk)`)} AS digest
  FROM parcelwise.gap g JOIN layer ON (layer.obsid, layer.layer) = (g.obsid, g.band) AND g.chunk < layer.chunks
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
  layers: readonly (SceneChunks & { readonly layer: string })[],
): Promise<GapDigest[]> {
  const names = layers.map(({ layer }) => layer);
  return query<GapDigest>(client, GAPS, [results, ...chunksOf(layers), names]);
}
