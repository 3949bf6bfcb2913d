/**
 * From a STAC item to the facts the catalogue keeps of a scene. Items of Copernicus Data Space, Earth Search (v0, v1) and
 * stactools are understood, with old and new extensions (`proj:epsg` and `proj:code`, `eo:bands` and `bands`,
 * `raster:bands` and `raster:scale`).
 */
import type { BandAsset } from '../cards/band-asset.js';
import type { CardType } from '../cards/card.js';
import type { ItemRules } from '../cards/items.js';
import { orbitOf, orbitTold, storedOrbit } from '../cards/orbit.js';
import { parseProductName, type ProductName } from '../cards/product-name.js';
import { bandAssets } from './bands.js';
import { type Footprint, footprintOf } from './footprint.js';
import { fieldsOf, textOf } from './json-values.js';
import { linksOf } from './links.js';

/** All fields of an item that are read. Everything may be missing: sources differ. */
export interface StacItem {
  readonly id?: unknown;
  readonly type?: unknown;
  readonly collection?: unknown;
  readonly geometry?: unknown;
  readonly properties?: Readonly<Record<string, unknown>> | null;
  readonly assets?: unknown;
  readonly links?: unknown;
}

export interface SceneFacts {
  readonly card: string;
  readonly reference: string;
  readonly sensor: string;
  /**
   * Start of sensing, UTC, ISO 8601 without zone. For Sentinel-2 always the datatake's, as in the product's name: some
   * sources give the tile's own time, some minutes later, and a scene has one time wherever it was found.
   */
  readonly obstime: string;
  readonly footprint: Footprint;
  /** Where the item tells any of it; what it leaves open is filled by the product's name. */
  readonly orbit?: ReturnType<typeof storedOrbit>;
  readonly product: {
    readonly item: string;
    readonly collection: string | null;
    readonly datatake: string | null;
    readonly tile: string | null;
    /** As the item says, else as the product's name does: `05.10`. */
    readonly baseline: string | null;
    /** When the product was made, and when the source published it; UTC, ISO 8601. */
    readonly generated: string | null;
    readonly published: string | null;
    /** Per cent. */
    readonly cloudCover: number | null;
    readonly epsg: number | null;
    /**
     * True where the pixels of reflectances that are read have BOA_ADD_OFFSET taken in already (GeoTIFFs of Earth Search's
     * `sentinel-2-l2a`), null where nobody says; each band has it too.
     */
    readonly offsetApplied: boolean | null;
    readonly bands: Readonly<Record<string, BandAsset>>;
  };
}

/** Why an item is no scene that could be extracted. */
export type Refusal = 'not a STAC item' | 'not a product of a CARD type' | 'no footprint' | 'no time';

export type Reading = { readonly scene: SceneFacts } | { readonly refused: Refusal };

/**
 * @param cards the CARD types there are: the first whose name stands in the item is its type
 * @param address where the item was read, for relative addresses of its assets; its own `self` link comes first
 */
export function sceneFacts(found: unknown, cards: readonly CardType[], address?: string): Reading {
  if (typeof found !== 'object' || found === null || Array.isArray(found))
    return { refused: 'not a STAC item' };
  const item = found as StacItem;
  const properties = fieldsOf(item.properties);
  const name = productName(item, properties, cards);
  const type = cards.find(({ code }) => code === name?.card);
  const rules = type?.items;
  if (name === undefined || rules === undefined) return { refused: 'not a product of a CARD type' };
  const footprint = footprintOf(item.geometry);
  if (footprint === undefined) return { refused: 'no footprint' };
  const sensed = text(properties.start_datetime) ?? text(properties.datetime);
  const obstime = obstimeOf(name, sensed === undefined ? undefined : utc(sensed));
  const { card, reference, sensor } = name;
  const offsetApplied = rules.offset?.ofItem(properties);
  const bands = bandAssets(item.assets, rules, selfLink(item.links) ?? address, offsetApplied);
  const orbit = orbitByItem(type, reference, properties, footprint);
  return {
    scene: {
      card,
      reference,
      sensor,
      obstime,
      footprint,
      ...(orbit && { orbit }),
      product: {
        item: text(item.id) ?? reference,
        collection: text(item.collection) ?? null,
        datatake: name.datatake ?? null,
        tile: name.tile ?? null,
        baseline: (name.baseline && baselineOf(properties, rules)) ?? name.baseline ?? null,
        generated: firstTime(properties, ...(rules.generated ?? []), 'processing:datetime'),
        published: firstTime(properties, 'published', 'created'),
        cloudCover: percent(properties['eo:cloud_cover']),
        epsg: epsgOf(properties, item.assets),
        offsetApplied: anyApplied(bands, rules) ?? offsetApplied ?? null,
        bands,
      },
    },
  };
}

/** Undefined where the item says nothing of it that can be believed. */
function orbitByItem(
  type: CardType | undefined,
  reference: string,
  properties: Readonly<Record<string, unknown>>,
  footprint: Footprint,
): SceneFacts['orbit'] {
  if (type?.orbit === undefined) return undefined;
  const found = orbitOf(type.orbit, reference, orbitTold(properties), middleOf(footprint));
  const isTold = found.relative?.source === 'item' || found.pass?.source === 'item';
  return isTold ? storedOrbit(found) : undefined;
}

/** The longitude of the middle of the first part, degrees. */
function middleOf([part]: Footprint): number | undefined {
  const longitudes = part?.[0]?.map(([longitude]) => longitude) ?? [];
  return longitudes.length === 0 ? undefined : (Math.min(...longitudes) + Math.max(...longitudes)) / 2;
}

function productName(
  item: StacItem,
  properties: Readonly<Record<string, unknown>>,
  cards: readonly CardType[],
): ProductName | undefined {
  const fields = [...cards.flatMap(({ items }) => items.names ?? []), 'title'];
  const names = [...fields.map((field) => properties[field]), item.id];
  for (const name of names) {
    const parsed = typeof name === 'string' ? parseProductName(name, cards) : undefined;
    if (parsed) return parsed;
  }
  return undefined;
}

/** The item's own time where it only adds a fraction to the name's. */
function obstimeOf({ obstime }: ProductName, sensed: string | undefined): string {
  return sensed?.startsWith(obstime) === true ? sensed : obstime;
}

/** PostgreSQL has no year 0, and ISO 8601 another form beyond four digits. */
const YEARS = [Date.parse('0001-01-01T00:00:00Z'), Date.parse('9999-12-31T23:59:59.999Z')] as const;

/** A time of any offset in UTC, without zone, to the microsecond at most; undefined where it is none. */
function utc(time: string): string | undefined {
  const match = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.(\d+))?(?:[Zz]|[+-]\d\d:?\d\d)$/.exec(time.trim());
  const milliseconds = Date.parse(time);
  const isKnown = milliseconds >= YEARS[0] && milliseconds <= YEARS[1];
  if (!match || !isKnown) return undefined;
  // Date keeps three digits; an offset has whole minutes, so the fraction itself stays as written.
  const fraction = (match[1] ?? '').slice(0, 6).replace(/0+$/, '');
  const seconds = new Date(Math.floor(milliseconds / 1000) * 1000).toISOString().slice(0, 19);
  return fraction === '' ? seconds : `${seconds}.${fraction}`;
}

function firstTime(properties: Readonly<Record<string, unknown>>, ...fields: string[]): string | null {
  for (const field of fields) {
    const time = utc(text(properties[field]) ?? '');
    if (time !== undefined) return time;
  }
  return null;
}

/** Whether a band of reflectance has it taken in; undefined where no asset says. */
function anyApplied(bands: Readonly<Record<string, BandAsset>>, { offset }: ItemRules): boolean | undefined {
  const said = Object.entries(bands)
    .filter(([band, { offsetApplied }]) => offset?.isReflectance(band) && offsetApplied !== undefined)
    .map(([, { offsetApplied }]) => offsetApplied);
  return said.length === 0 ? undefined : said.includes(true);
}

function baselineOf(
  properties: Readonly<Record<string, unknown>>,
  { baselines = [] }: ItemRules,
): string | undefined {
  return baselines
    .map((field) => text(properties[field]))
    .find((value) => value && /^\d\d\.\d\d$/.test(value));
}

/** `proj:code` ("EPSG:32631") or `proj:epsg`, on the item, else on an asset. */
function epsgOf(properties: Readonly<Record<string, unknown>>, assets: unknown): number | null {
  for (const found of [properties, ...Object.values(fieldsOf(assets))]) {
    const { 'proj:code': code, 'proj:epsg': epsg } = fieldsOf(found);
    const written = typeof code === 'string' ? /^EPSG:(\d{4,6})$/i.exec(code)?.[1] : undefined;
    if (written !== undefined) return Number(written);
    if (typeof epsg === 'number' && Number.isInteger(epsg) && epsg > 0 && epsg < 1e6) return epsg;
  }
  return null;
}

/** The item's own absolute address. */
function selfLink(links: unknown): string | undefined {
  const [self] = linksOf(links, 'self');
  return typeof self?.href === 'string' && URL.canParse(self.href) ? self.href : undefined;
}

/** Longer names and times are none. */
const text = (value: unknown): string | undefined => {
  const found = textOf(value);
  return found !== undefined && found.length <= 1024 ? found : undefined;
};
const percent = (value: unknown): number | null =>
  typeof value === 'number' && value >= 0 && value <= 100 ? value : null;
