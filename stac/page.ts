/** What a STAC source is asked, and what it answers, page by page. Plain data, so that a search can be taken up elsewhere. */
import type { StacItem } from './scene-facts.js';

export type Bbox = readonly [west: number, south: number, east: number, north: number];

export interface Search {
  /** Collection ids; none means all. */
  readonly collections: readonly string[];
  readonly bbox: Bbox;
  /** Both ends included, UTC, ISO 8601 without zone. */
  readonly period: { readonly start: string; readonly end: string };
  /** Items a page, as far as the source goes along. */
  readonly limit: number;
}

/** Where to read on: the next request of an API, or how many items of a static catalogue have been looked at. */
export type Cursor =
  | {
      readonly kind: 'request';
      readonly url: string;
      readonly method: 'GET' | 'POST';
      readonly body?: Readonly<Record<string, unknown>>;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'position'; readonly items: number };

/** An item, and the address it was read from. */
export interface FoundItem {
  readonly item: StacItem;
  readonly address: string;
}

export interface Page {
  readonly items: readonly FoundItem[];
  /** Items the source says the whole search has; null where it doesn't say. */
  readonly matched: number | null;
  /** Null after the last page. */
  readonly next: Cursor | null;
}
