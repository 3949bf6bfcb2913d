/** Scenes of a catalogue, page by page in the order of time, each page by what the one before ended with. */
import { queryUnlessAborted } from '../session/give-up.js';
import { type Database, query } from '../session/session.js';
import type { Table } from '../terms.js';

export interface ReadScene {
  readonly obsid: number;
  /** UTC, ISO 8601, to the microsecond. */
  readonly time: string;
  readonly reference: string;
  readonly sensor: string;
  readonly card: string;
  /** The word that stands in the catalogue. */
  readonly status: string;
}

export interface SceneFilter {
  /** Days, UTC, which belong to the period; null for no bound. */
  readonly from: string | null;
  readonly to: string | null;
  readonly card: string | null;
  readonly status: string | null;
}

/** `time` and `obsid` of the last scene of a page. */
export type SceneCursor = readonly [time: string | null, obsid: string | null];

/** Before the first. */
const BEGINNING: SceneCursor = [null, null];

/** Time of scene `c`. Sessions are in UTC, so that one with a zone reads the same. */
export const SCENE_TIME = `to_char(c.obstime, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

const SHOWN = `c.id AS obsid, ${SCENE_TIME} AS time, c.reference::text AS reference, rtrim(c.sensor) AS sensor,
         rtrim(c.card) AS card, c.status::text AS status`;

/** Scenes `c` of a period, whose first parameter is $`first`. */
export const IN_PERIOD = (first: number): string => `
  ($${first}::date IS NULL OR c.obstime >= $${first}::date) AND ($${first + 1}::date IS NULL OR c.obstime < $${first + 1}::date + 1)`;

/** Scenes `c` after a page's last, whose time is $`first`. */
export const AFTER = (first: number): string => `
  ($${first}::timestamp IS NULL OR (c.obstime, c.id) > ($${first}::timestamp, $${first + 1}::integer))`;

const PAGE = ({ key }: Table): string => `
  SELECT ${SHOWN} FROM ${key} c
  WHERE ${IN_PERIOD(1)} AND ($3::text IS NULL OR c.card = $3) AND ($4::text IS NULL OR c.status = $4) AND ${AFTER(5)}
  ORDER BY c.obstime, c.id LIMIT $7`;

export function readScenePage(
  database: Database,
  catalogue: Table,
  { from, to, card, status }: SceneFilter,
  { after = BEGINNING, most }: { readonly after?: SceneCursor | undefined; readonly most: number },
  signal?: AbortSignal,
): Promise<ReadScene[]> {
  const values = [from, to, card, status, ...after, most];
  return queryUnlessAborted(database, PAGE(catalogue), values, signal);
}

const ONE = ({ key }: Table): string => `
  SELECT ${SHOWN}, ST_AsGeoJSON(c.footprint) AS footprint FROM ${key} c WHERE c.id = $1`;

/** A scene with its footprint, GeoJSON as a text; null where it has none. */
export async function readScene(
  database: Database,
  catalogue: Table,
  obsid: string,
): Promise<(ReadScene & { readonly footprint: string | null }) | undefined> {
  type Row = ReadScene & { readonly footprint: string | null };
  return (await query<Row>(database, ONE(catalogue), [obsid]))[0];
}
