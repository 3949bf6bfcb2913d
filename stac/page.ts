/** What a STAC source is asked, and what it answers, page by page. Plain data, so that a search can be taken up elsewhere. */
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

/** Where to read on: the next request of an API, or how many items of a static catalog have been looked at. */
export type Cursor =
  | {
      readonly kind: 'request';
      readonly url: string;
      readonly method: 'GET' | 'POST';
      readonly body?: Readonly<Record<string, unknown>>;
      readonly headers?: Readonly<Record<string, string>>;
      /** What was seen on the way here, so that a search without an end is noticed. */
      readonly trail?: Trail;
    }
  | { readonly kind: 'position'; readonly items: number };

/** Of the pages of a search so far. */
export interface Trail {
  readonly pages: number;
  /** Pages without an item, in a row up to now. */
  readonly empty: number;
  /** Digests of a page's request and of its items, kept since page `since`. */
  readonly request: string;
  readonly items: string;
  readonly since: number;
}

/** An item as it was written, and the address it was read from. */
export interface FoundItem {
  readonly item: unknown;
  readonly address: string;
  /** Why it was not read at all. */
  readonly refused?: string;
}

export interface Page {
  readonly items: readonly FoundItem[];
  /** Items the source says the whole search has; null where it doesn't say. */
  readonly matched: number | null;
  /** Null after the last page. */
  readonly next: Cursor | null;
}
