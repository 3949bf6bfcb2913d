/** What workflows and activities say to each other about syncing the catalogue with a source. Pure types. */
import type { Period } from '../campaigns/order.js';
import type { SourceRequest, SyncInput } from '../campaigns/sync-options.js';

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
  prepareSync(request: SyncInput): Promise<SyncOrder>;
  /** Reads one page of a search and enters what is new. */
  syncPage(order: SyncOrder, search: SyncSearch, cursor: SyncCursor | null): Promise<SyncPage>;
  /** Remembers that the whole period was read. */
  concludeSync(order: SyncOrder): Promise<void>;
}
