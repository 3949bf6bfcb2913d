/**
 * Enters scenes that a source tells of into CbM's catalogue, as `ingested`. The row of a scene that is known already is
 * never touched, whatever its status word says; what is known of its product is kept in `parcelwise.product`.
 *
 * The footprint: CbM's column takes one polygon, and its bounding box decides which parcels a scene meets. A footprint of
 * several parts (a split datastrip, or one that crosses the antimeridian, which then reaches from -180 to 180 degrees)
 * gets the convex hull of all parts there, so that no parcel is lost; the parts themselves stand in `parcelwise.product`.
 */
import type pg from 'pg';
import { takeLock } from '../session/advisory-locks.js';
import { keepOrbits, type SceneOrbit } from './orbits.js';
import type { SyncTarget } from '../selection/check.js';
import { meetsAoi, withCorners } from './scenes.js';
import { inTransaction, query } from '../session/session.js';
import type { Database } from '../session/session.js';
import type { Table } from '../terms.js';

/** A scene as a source tells of it. */
export interface NewScene {
  readonly reference: string;
  /** UTC, ISO 8601 without zone. */
  readonly obstime: string;
  readonly sensor: string;
  readonly card: string;
  /** Coordinates of a MultiPolygon. */
  readonly footprint: readonly (readonly (readonly (readonly [number, number])[])[])[];
  /** CRS of the footprint; longitude and latitude where it is left out. */
  readonly epsg?: number | undefined;
  /** Where the source tells of it. */
  readonly orbit?: SceneOrbit | undefined;
  readonly product: {
    readonly item: string;
    readonly collection: string | null;
    readonly datatake: string | null;
    readonly tile: string | null;
    readonly baseline: string | null;
    readonly generated: string | null;
    readonly published: string | null;
    readonly cloudCover: number | null;
    readonly offsetApplied: boolean | null;
    /** Where each band lies: objects as the source's room makes them. */
    readonly bands: object;
  };
}

export interface Entered {
  /** References that are new in the catalogue. */
  readonly entered: readonly string[];
  readonly known: number;
  /** Told of more than once within the batch. */
  readonly doubled: number;
  /** References whose footprint does not meet the area of interest. */
  readonly outside: readonly string[];
}

/** Two syncs that enter the same scene at once: where no unique index keeps them apart, this does. */
const ONE_AT_A_TIME = takeLock('enterScenes', '$1::oid::int');

const UNIQUE_REFERENCE = `
  SELECT EXISTS (
    SELECT FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
    WHERE i.indrelid = $1::oid AND i.indisunique AND i.indisvalid AND i.indnkeyatts = 1 AND i.indpred IS NULL
      AND a.attname = 'reference') AS unique`;

/** The edge of a tile of 110 km, straight in UTM, bends by less than two metres between two of so many corners. */
const FOOTPRINT_CORNERS = 16;

/**
 * One statement, so that footprints are parsed once and nothing of a batch is seen before the rest. Known scenes are left
 * out before ids are drawn: ON CONFLICT alone would use one up for each of them at every sync. Of several sources that
 * tell of a scene the first keeps its product up to date; another one does not overwrite it.
 */
const ENTER = ({ catalogue, aoi }: Pick<SyncTarget, 'catalogue' | 'aoi'>, unique: boolean) => `
  WITH shaped AS (
    SELECT DISTINCT ON (reference) s.*,
           CASE WHEN coalesce(s.epsg, 4326) = 4326 THEN d.shape ELSE ST_Transform(${withCorners('d.shape', FOOTPRINT_CORNERS)}, 4326) END AS parts
    FROM jsonb_to_recordset($1::jsonb) AS s
      (reference text, obstime timestamp, sensor text, card text, footprint jsonb, epsg integer, product jsonb),
      LATERAL (SELECT ST_SetSRID(ST_GeomFromGeoJSON(json_build_object('type', 'MultiPolygon', 'coordinates', s.footprint)),
                                 coalesce(s.epsg, 4326))) AS d (shape)
    ORDER BY reference
  ), given AS MATERIALIZED (
    SELECT g.*, CASE WHEN ST_NumGeometries(parts) = 1 AND ST_IsValid(parts) THEN ST_GeometryN(parts, 1)
                     ELSE ST_ConvexHull(parts) END AS cover
    FROM shaped g
  ), inside AS MATERIALIZED (
    SELECT * FROM given g
    WHERE ${meetsAoi(aoi, 'g.cover', '$2')}
  ), known AS MATERIALIZED (
    SELECT s.id, g.reference FROM ${catalogue.key} s JOIN inside g ON s.reference = g.reference
  ), entered AS (
    INSERT INTO ${catalogue.key} (obstime, reference, sensor, card, status, footprint)
    SELECT obstime, reference, sensor, card, 'ingested', cover FROM inside
    WHERE reference NOT IN (SELECT reference FROM known)
    ORDER BY obstime, reference
    ${unique ? 'ON CONFLICT (reference) DO NOTHING' : ''} RETURNING id, reference::text
  ), kept AS (
    INSERT INTO parcelwise.product AS p
      (catalogue_table, obsid, reference, source, item, collection, datatake, tile, baseline, generated_at,
       published_at, cloud_cover, offset_applied, hrefs, footprint)
    SELECT DISTINCT ON (s.id) $3, s.id, g.reference, $4, t.item, t.collection, t.datatake, t.tile, t.baseline,
           t.generated AT TIME ZONE 'UTC', t.published AT TIME ZONE 'UTC', t."cloudCover", t."offsetApplied", t.bands,
           g.parts
    FROM (SELECT * FROM known UNION ALL SELECT * FROM entered) AS s JOIN inside g USING (reference),
         jsonb_to_record(g.product) AS t
           (item text, collection text, datatake text, tile text, baseline text, generated timestamp,
            published timestamp, "cloudCover" real, "offsetApplied" boolean, bands jsonb)
    ON CONFLICT (catalogue_table, obsid) DO UPDATE SET
      reference = excluded.reference, source = excluded.source, item = excluded.item, collection = excluded.collection,
      datatake = excluded.datatake, tile = excluded.tile, baseline = excluded.baseline,
      generated_at = excluded.generated_at, published_at = excluded.published_at, cloud_cover = excluded.cloud_cover,
      offset_applied = excluded.offset_applied, hrefs = excluded.hrefs, footprint = excluded.footprint
    WHERE p.reference <> excluded.reference
       OR p.source = excluded.source AND (p.item, p.hrefs, p.baseline, p.offset_applied) IS DISTINCT FROM
          (excluded.item, excluded.hrefs, excluded.baseline, excluded.offset_applied)
  )
  SELECT (SELECT count(*)::int FROM given) AS given,
         ARRAY(SELECT reference FROM entered ORDER BY reference) AS entered,
         ARRAY(SELECT reference FROM given EXCEPT SELECT reference FROM inside ORDER BY reference) AS outside`;

/** Which of the references the catalogue has already. */
export async function knownReferences(
  database: Database,
  catalogue: Table,
  references: readonly string[],
): Promise<Set<string>> {
  const rows = await query<{ reference: string }>(
    database,
    `SELECT DISTINCT reference::text FROM ${catalogue.key} WHERE reference = ANY ($1)`,
    [references],
  );
  return new Set(rows.map(({ reference }) => reference));
}

/**
 * Enters the scenes that are new. Asking again, in part or at the same time from elsewhere, enters nothing twice.
 * @param source where the scenes were found, by its address.
 */
export function enterScenes(
  pool: pg.Pool,
  target: Pick<SyncTarget, 'catalogue' | 'aoi'>,
  source: string,
  scenes: readonly NewScene[],
): Promise<Entered> {
  if (scenes.length === 0) return Promise.resolve({ entered: [], known: 0, doubled: 0, outside: [] });
  return inTransaction(pool, async (client) => {
    await client.query(ONE_AT_A_TIME, [target.catalogue.oid]);
    const [index] = await query<{ unique: boolean }>(client, UNIQUE_REFERENCE, [target.catalogue.oid]);
    const [row] = await query<{ given: number; entered: string[]; outside: string[] }>(
      client,
      ENTER(target, index?.unique === true),
      [JSON.stringify(scenes), target.aoi.name, target.catalogue.key, source],
    );
    const { given, entered, outside } = row!;
    const told = scenes.flatMap(({ reference, orbit }) => (orbit ? [{ reference, ...orbit }] : []));
    await keepOrbits(client, target.catalogue, source, told);
    return {
      entered,
      known: given - outside.length - entered.length,
      doubled: scenes.length - given,
      outside,
    };
  });
}
