/** What workflows and activities say to each other about syncing the catalogue with a source. Pure types. */
import type { CardCode } from '../cards/card.js';
import type { DatabaseId } from '../database/session/database-id.js';
import type { Period } from '../campaigns/order.js';

/** What a sync asks for; the worker's own db_config.json fills what is left out. */
export interface SyncRequest {
  readonly source: SourceRequest;
  /** The database that was meant; any other is refused. */
  readonly database?: DatabaseId | undefined;
  readonly tables?:
    { readonly catalogue?: string | undefined; readonly aois?: string | undefined } | undefined;
  readonly aoi?: { readonly field?: string | undefined; readonly name?: string | undefined } | undefined;
  readonly period?: { readonly start?: string | undefined; readonly end?: string | undefined } | undefined;
  /** Scenes with more clouds than this, per cent, are left out. */
  readonly cloud?: number | undefined;
  readonly pageSize?: number | undefined;
  /** Look at the last days of the period only, where the whole of it was read within `sweepHours`. */
  readonly lookbackDays?: number | undefined;
  readonly sweepHours?: number | undefined;
}

export type SourceRequest =
  /** A preset, a URL, or the path of a static STAC catalog on the worker's machine. */
  | { readonly stac: string; readonly collection?: string | undefined }
  /** The worker's bucket, listed by day for products of one CARD type; of those with tiles in their names these only. */
  | { readonly listing: CardCode; readonly tiles?: readonly string[] | undefined };

/** One search of a sync. */
export interface SyncSearch {
  /** Degrees: west, south, east, north. */
  readonly box: readonly [number, number, number, number];
  readonly period: Period;
}

/** A sync whose names are found. */
export interface SyncOrder {
  readonly source: SourceRequest;
  /** The source as people and `parcelwise.product` know it. */
  readonly label: string;
  readonly tables: { readonly catalogue: string; readonly aois: string };
  readonly aoi: { readonly field: string; readonly name: string };
  readonly period: Period;
  readonly cloud?: number | undefined;
  readonly pageSize: number;
  readonly searches: readonly SyncSearch[];
  /** Names the search when this sync reads the whole period; null when it looks at the latest days. */
  readonly sweep: string | null;
}

/** Where to read on within a search; made and read by the source's activity. */
export type SyncCursor = Readonly<Record<string, unknown>>;

/** What became of the items read. `received` = entered + known + doubled + all that were refused. */
export interface SyncCounts {
  readonly received: number;
  readonly entered: number;
  readonly known: number;
  readonly doubled: number;
  /** By reason. */
  readonly refused: Readonly<Record<string, number>>;
  /** Some of the refused, with their reason, for people. */
  readonly examples: readonly string[];
}

export interface SyncPage extends SyncCounts {
  /** Items the source says the search has; null where it doesn't say. */
  readonly matched: number | null;
  readonly next: SyncCursor | null;
}

/** Activities of the queue `parcelwise`. */
export interface SyncActivities {
  prepareSync(request: SyncRequest): Promise<SyncOrder>;
  /** Reads one page of a search and enters what is new. */
  syncPage(order: SyncOrder, search: SyncSearch, cursor: SyncCursor | null): Promise<SyncPage>;
  /** Remembers that the whole period was read. */
  concludeSync(order: SyncOrder): Promise<void>;
}
