/** Every scene over a parcel, and what came of it: which bands have rows, and why the others have none. */
import { AFTER, IN_PERIOD, SCENE_TIME, type SceneCursor, type SceneFilter } from './scene-pages.js';
import type { ServedParcels, ServedRows } from './served-tables.js';
import { queryUnlessAborted } from '../session/give-up.js';
import type { Database } from '../session/session.js';
import type { GapReason, Table } from '../terms.js';

export interface SceneOverParcel {
  readonly obsid: number;
  /** UTC, ISO 8601, to the microsecond. */
  readonly time: string;
  readonly reference: string;
  readonly card: string;
  /** How the scene stands for this table of rows. */
  readonly status: string;
  /** Why it ended in a word that is not `extracted`. */
  readonly reason: string | null;
  /** Whether parcelwise had the scene in hand for this table. */
  readonly known: boolean;
  /** The scene whose rows have taken the place of its own. */
  readonly supersededBy: number | null;
  /** Bands that have a row. */
  readonly bands: readonly string[];
  /** Layers (`B04`, `B04:clear`) without one. */
  readonly gaps: readonly { readonly layer: string; readonly reason: GapReason }[];
}

/**
 * $1 the parcel's number, $2 the table of rows. The plan tells in which chunk of a scene the parcel is, so that the gaps of others,
 * long lists, are not looked through.
 */
const SCENES = (parcels: ServedParcels, rows: ServedRows, catalogue: Table): string => `
  WITH parcel AS MATERIALIZED (
    SELECT ST_Transform(p.${parcels.geometry}, 4326) AS shape FROM ${parcels.key} p WHERE p.${parcels.fid.sql} = $1::integer
  ), stored AS MATERIALIZED (
    SELECT s.obsid, array_agg(rtrim(s.band) ORDER BY s.band) AS bands FROM ${rows.key} s WHERE s.pid = $1::integer GROUP BY s.obsid
  ), scene AS MATERIALIZED (
    SELECT c.* FROM ${catalogue.key} c
    WHERE c.footprint && (SELECT shape FROM parcel) AND ST_Intersects(c.footprint, (SELECT shape FROM parcel))
      AND ${IN_PERIOD(3)} AND ($5::text IS NULL OR c.card = $5) AND ${AFTER(6)}
    ORDER BY c.obstime, c.id LIMIT $8
  )
  SELECT c.id AS obsid, ${SCENE_TIME} AS time, c.reference::text AS reference, rtrim(c.card) AS card,
         coalesce(e.status, c.status)::text AS status, e.reason, e.obsid IS NOT NULL AS known, k.by_obsid AS "supersededBy",
         coalesce(stored.bands, '{}') AS bands, coalesce(lacking.gaps, '[]') AS gaps
  FROM scene c
  LEFT JOIN parcelwise.extraction e ON (e.results_table, e.obsid) = ($2, c.id)
  LEFT JOIN parcelwise.supersession k ON (k.results_table, k.obsid) = ($2, c.id)
  LEFT JOIN stored ON stored.obsid = c.id
  LEFT JOIN LATERAL (
    SELECT json_agg(json_build_object('layer', g.band, 'reason', g.reason) ORDER BY g.band) AS gaps
    FROM parcelwise.plan l
    JOIN parcelwise.gap g ON (g.results_table, g.obsid, g.chunk) = (l.results_table, l.obsid, l.chunk)
    WHERE (l.results_table, l.obsid) = ($2, c.id) AND $1::integer BETWEEN l.first_pid AND l.last_pid AND $1::integer = ANY (g.pids)
  ) AS lacking ON true
  ORDER BY c.obstime, c.id`;

/** @param fid the parcel's number in results. @returns scenes in the order of time; none of a parcel without a geometry. */
export function readScenesOver(
  database: Database,
  { parcels, rows, catalogue }: { parcels: ServedParcels; rows: ServedRows; catalogue: Table },
  fid: string,
  { from, to, card }: Omit<SceneFilter, 'status'>,
  { after, most }: { readonly after: SceneCursor; readonly most: number },
  signal?: AbortSignal,
): Promise<SceneOverParcel[]> {
  const values = [fid, rows.key, from, to, card, ...after, most];
  return queryUnlessAborted(database, SCENES(parcels, rows, catalogue), values, signal);
}
