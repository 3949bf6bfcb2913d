/** The catalogue for people: its scenes in a list, and all that is known of one. */
import type { SyncTarget } from './check.js';
import { aoiShape } from './scenes.js';
import { query } from './session.js';
import type { Database } from './session.js';
import type { Scene, Table } from './terms.js';

export interface ListedScene extends Scene {
  readonly baseline: string | null;
  readonly cloudCover: number | null;
}

export interface ListFilter {
  readonly card?: string | undefined;
  readonly status?: string | undefined;
  readonly limit: number;
}

const LIST = ({ catalogue, aoi }: SyncTarget) => `
  SELECT s.id AS obsid, s.reference::text, s.sensor::text, s.card::text, s.status::text,
         to_char(s.obstime, 'YYYY-MM-DD"T"HH24:MI:SS') AS obstime, p.baseline, p.cloud_cover AS "cloudCover"
  FROM ${catalogue.key} s
  LEFT JOIN parcelwise.product p ON (p.catalogue_table, p.obsid, p.reference) = ($1, s.id, s.reference::text)
  WHERE s.obstime BETWEEN $2::timestamp AND $3::timestamp
    AND EXISTS (SELECT FROM ${aoi.key} a WHERE a.${aoi.field} = $4 AND s.footprint && ${aoiShape(aoi, 'a')})
    AND ($5::text IS NULL OR s.card = $5) AND ($6::text IS NULL OR s.status = $6)
  ORDER BY s.obstime DESC, s.id DESC LIMIT $7`;

/** Scenes of the area and period, the latest first. */
export function listCatalogue(
  database: Database,
  target: SyncTarget,
  { card, status, limit }: ListFilter,
): Promise<ListedScene[]> {
  const { catalogue, aoi, period } = target;
  const values = [catalogue.key, period.start, period.end, aoi.name, card ?? null, status ?? null, limit];
  return query<ListedScene>(database, LIST(target), values);
}

/** A scene's product as `parcelwise.product` has it, with its footprint's parts counted. */
export interface KnownProduct {
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
  readonly hrefs: Readonly<Record<string, { readonly href: string }>>;
  readonly parts: number;
}

const TIME = (column: string) => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS')`;

const PRODUCT = `
  SELECT source, item, collection, datatake, tile, baseline, ${TIME('generated_at')} AS generated,
         ${TIME('published_at')} AS published, ${TIME('seen_at')} AS seen, cloud_cover AS "cloudCover",
         offset_applied AS "offsetApplied", hrefs, ST_NumGeometries(footprint) AS parts
  FROM parcelwise.product WHERE (catalogue_table, obsid, reference) = ($1, $2, $3)`;

/** Undefined where no sync has told of the scene. */
export async function knownProduct(
  database: Database,
  catalogue: Table,
  { obsid, reference }: Pick<Scene, 'obsid' | 'reference'>,
): Promise<KnownProduct | undefined> {
  const [row] = await query<KnownProduct>(database, PRODUCT, [catalogue.key, obsid, reference]);
  return row;
}
