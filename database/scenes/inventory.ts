/** The catalogue for people: its scenes in a list, and all that is known of one. */
import type { SyncTarget } from '../selection/check.js';
import { meetsAoi } from './scenes.js';
import { query } from '../session/session.js';
import type { Database } from '../session/session.js';
import type { Scene, Table } from '../terms.js';

export interface ListedScene extends Scene {
  readonly baseline: string | null;
  readonly cloudCover: number | null;
}

export interface ListFilter {
  readonly card?: string | undefined;
  readonly status?: string | undefined;
  readonly limit: number;
}

/** Scenes of the period and area, of one card where one is given. */
const IN_TARGET = ({ aoi }: SyncTarget) => `
  s.obstime BETWEEN $1::timestamp AND $2::timestamp
  AND ${meetsAoi(aoi, 's.footprint', '$3')}
  AND ($4::text IS NULL OR s.card = $4)`;

const LIST = (target: SyncTarget) => `
  SELECT s.id AS obsid, s.reference::text, s.sensor::text, s.card::text, s.status::text,
         to_char(s.obstime, 'YYYY-MM-DD"T"HH24:MI:SS') AS obstime, p.baseline, p.cloud_cover AS "cloudCover"
  FROM ${target.catalogue.key} s
  LEFT JOIN parcelwise.product p ON (p.catalogue_table, p.obsid, p.reference) = ($5, s.id, s.reference::text)
  WHERE ${IN_TARGET(target)} AND ($6::text IS NULL OR s.status = $6)
  ORDER BY s.obstime DESC, s.id DESC LIMIT $7`;

const COUNT = (target: SyncTarget) => `
  SELECT s.status::text, count(*)::int AS count FROM ${target.catalogue.key} s
  WHERE ${IN_TARGET(target)} GROUP BY s.status ORDER BY s.status`;

/** Scenes of the area and period, the latest first. */
export function listCatalogue(
  database: Database,
  target: SyncTarget,
  { card, status, limit }: ListFilter,
): Promise<ListedScene[]> {
  const values = [...targetValues(target, card), target.catalogue.key, status ?? null, limit];
  return query<ListedScene>(database, LIST(target), values);
}

/** How many of them bear each status word, whatever the list leaves out. */
export async function countCatalogue(
  database: Database,
  target: SyncTarget,
  card: string | undefined,
): Promise<Record<string, number>> {
  const rows = await query<{ status: string; count: number }>(
    database,
    COUNT(target),
    targetValues(target, card),
  );
  return Object.fromEntries(rows.map(({ status, count }) => [status, count]));
}

function targetValues({ period, aoi }: SyncTarget, card: string | undefined): unknown[] {
  return [period.start, period.end, aoi.name, card ?? null];
}

/** A scene's product as `parcelwise.product` has it, with its footprint's parts counted; assets as the sync stored them. */
export interface KnownProduct<Asset = unknown> {
  readonly source: string;
  readonly item: string;
  readonly collection: string | null;
  readonly datatake: string | null;
  readonly tile: string | null;
  readonly baseline: string | null;
  readonly generated: string | null;
  readonly published: string | null;
  readonly seen: string;
  readonly cloudCover: number | null;
  readonly offsetApplied: boolean | null;
  readonly hrefs: Readonly<Record<string, Asset>>;
  readonly parts: number;
}

const TIME = (column: string) => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS')`;

const PRODUCT = `
  SELECT source, item, collection, datatake, tile, baseline, ${TIME('generated_at')} AS generated,
         ${TIME('published_at')} AS published, ${TIME('seen_at')} AS seen, cloud_cover AS "cloudCover",
         offset_applied AS "offsetApplied", hrefs, ST_NumGeometries(footprint) AS parts
  FROM parcelwise.product WHERE (catalogue_table, obsid, reference) = ($1, $2, $3)`;

/** Undefined where no sync has entered or met the scene. */
export async function knownProduct<Asset>(
  database: Database,
  catalogue: Pick<Table, 'key'>,
  { obsid, reference }: Pick<Scene, 'obsid' | 'reference'>,
): Promise<KnownProduct<Asset> | undefined> {
  const [row] = await query<KnownProduct<Asset>>(database, PRODUCT, [catalogue.key, obsid, reference]);
  return row;
}
