/**
 * A campaign's order: which scenes and parcels, which bands, how the work is cut. Pure types but for two functions, so that
 * workflow code may import them.
 *
 * Terms. *Request*: what was asked for, see options.ts. *Order*: all of it, filled up by the worker's db_config.json.
 * *Selection*: the scenes and parcels of an order. *Waiting*: of a scene, that it is ingested and in the selection.
 */
import type { CardCode, RadiometryMode } from '../cards/card.js';
import type { SaidBandNames } from './former-names.js';
import type { DatabaseId } from '../database/session/database-id.js';
import type { ClearRule, PixelRule, Selection } from '../database/terms.js';

export type Period = Selection['period'];

/** A campaign's order: which scenes and parcels, which bands, how to cut the work. Tables are canonical (`public.sigs`). */
export interface Order extends Selection {
  readonly card: CardCode;
  /** The database of whoever prepared the campaign: workers of another one refuse its scenes. */
  readonly database?: DatabaseId | undefined;
  /** When it was prepared: tables may be others than at any campaign before, under the same names. */
  readonly prepared?: string | undefined;
  /** Bands by their names in the results table: B04, SC, VVb. */
  readonly bands: readonly string[];
  /** Of orders made before, by a former name too. */
  readonly bandNames: SaidBandNames;
  readonly radiometry: RadiometryMode;
  /** Those of the bands that have clear rows too: what the claim says. */
  readonly clearBands?: readonly string[] | undefined;
  /** Which pixels a parcel has; left out where they are those whose centre it holds. */
  readonly pixels?: PixelRule | undefined;
  /** Parcels shrink by so much before raw rows are measured, metres; left out where they don't. */
  readonly innerBufferM?: number | undefined;
  /** Which pixels are clear; left out where nothing but the default holds. */
  readonly clear?: ClearRule | undefined;
  /** Parcels without a clear pixel are measured in no band but the map of classes. */
  readonly skipCloudy?: true | undefined;
  /** People's own indices, expressions of bands by name; left out where there are none. */
  readonly indices?: Readonly<Record<string, string>> | undefined;
  /** Parcels per chunk. */
  readonly chunkParcels: number;
  /** What all workers together may ask of the object store's account. */
  readonly limits?: Limits | undefined;
  /** Extract only parcels that were added or redrawn since their scenes were extracted. */
  readonly changedOnly?: boolean | undefined;
  /** Extract, of scenes already extracted, the layers that they lack, and parcels that were skipped for clouds (unless `skipCloudy`). */
  readonly add?: boolean | undefined;
}

/** A provider's quota, or a part of it. */
export interface Limits {
  /** Megabits (1,000,000 bits) a second. */
  readonly downloadMbps?: number | undefined;
  readonly requestsPerSecond?: number | undefined;
}

/** A scene as it travels through histories. */
export interface SceneRef {
  readonly obsid: number;
  readonly reference: string;
  readonly obstime: string;
}

/** A selection, the database that its tables are in, and since when they are as they are, where the order says so. */
export type PreparedSelection = Selection & Pick<Order, 'database' | 'prepared'>;

/** The order's selection, as the database's functions take it. */
export function selectionOf(order: Order): PreparedSelection {
  return toSelection(order);
}

/** No more of it than makes the selection. */
export function toSelection({
  tables,
  aoi,
  period,
  card,
  minAreaM2,
  statusIn = 'catalogue',
  database,
  prepared,
}: PreparedSelection): PreparedSelection {
  return { tables, aoi, period, card, minAreaM2, statusIn, database, prepared };
}
