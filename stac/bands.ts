/** Which asset of an item is which band: the words of the CARD type in file names and keys decide. */
import type { BandAsset } from '../cards/band-asset.js';
import type { AssetNames, ItemRules } from '../cards/items.js';
import { fieldsOf, listOf } from './json-values.js';
import { noDataFact } from './no-data.js';

interface Alternate {
  readonly href?: unknown;
  readonly 'auth:refs'?: unknown;
}

interface Asset extends Readonly<Record<string, unknown>> {
  readonly href?: unknown;
  readonly roles?: unknown;
  readonly alternate?: unknown;
  readonly 'file:size'?: unknown;
  readonly 'raster:scale'?: unknown;
  readonly 'raster:offset'?: unknown;
  readonly nodata?: unknown;
  readonly 'eo:bands'?: unknown;
  readonly 'raster:bands'?: unknown;
  readonly bands?: unknown;
}

/** `T31UFS_20240623T104619_B04_10m.jp2`, `R10m/B04.jp2`, `B04.tif`, `Gamma0_VV.img`. */
const FILE = /(?:^|[/_])([A-Z0-9]+)(?:_(\d\d)m)?\.(?:jp2|tiff?|img)$/i;
const FOLDER = /\/R(\d\d)m\//;
/** `red_20m`, `B04_10m`, `red-jp2`. */
const KEY = /^(\w+?)(?:_(\d\d)m)?(-jp2)?$/;
/** A band within a file of several: `VV`, `coherence_VH`. */
const WITHIN = /(?:^|_)([A-Z0-9]+)$/i;

interface Candidate {
  readonly band: string;
  readonly penalty: number;
  readonly found: BandAsset;
}

/**
 * The item's bands by the product's names (`B04`, `SC`, `VV`).
 * @param rules of the CARD type whose product it is
 * @param base the address of the item, for relative ones
 * @param offsetApplied whether the item says that BOA_ADD_OFFSET is taken into the pixels
 */
export function bandAssets(
  assets: unknown,
  { assets: names, offset }: ItemRules,
  base: string | undefined,
  offsetApplied?: boolean,
): Record<string, BandAsset> {
  const best = new Map<string, Candidate>();
  for (const [key, written] of Object.entries(fieldsOf(assets))) {
    const asset = fieldsOf(written);
    for (const one of candidates(key, asset, base, names)) {
      const other = best.get(one.band);
      if (other !== undefined && one.penalty >= other.penalty) continue;
      best.set(one.band, { ...one, found: { ...one.found, ...offset?.ofAsset(offsetApplied, key, asset) } });
    }
  }
  return Object.fromEntries([...best].sort().map(([band, { found }]) => [band, found]));
}

function candidates(key: string, asset: Asset, base: string | undefined, names: AssetNames): Candidate[] {
  // A picture for people lies beside the bands, and may be called after one of them.
  if (!isAddress(asset.href) || isPicture(asset)) return [];
  const href = resolved(asset.href, base);
  const path = href.replace(/[?#].*$/, '');
  const one = candidate(key, asset, href, path, names);
  return one ? [one] : bandsWithin(asset, href, path, names);
}

/** Of a file with several: by the names the item gives them, else in the order of the type's files. */
function bandsWithin(
  asset: Asset,
  href: string,
  path: string,
  { files, bandsOfFile }: AssetNames,
): Candidate[] {
  if (bandsOfFile === undefined) return [];
  const listed = listOf(asset.bands ?? asset['eo:bands']).map((band) => {
    const { name } = fieldsOf(band);
    return typeof name === 'string' ? entryOf(files, WITHIN.exec(name)?.[1]?.toUpperCase()) : undefined;
  });
  const bands = listed.length === 0 ? bandsOfFile(path) : listed;
  const file = assetOf(asset, href);
  return bands.flatMap((band, i) =>
    band === undefined ? [] : [{ band, penalty: 0, found: { ...file, rasterBand: i + 1 } }],
  );
}

function candidate(
  key: string,
  asset: Asset,
  href: string,
  path: string,
  { files, common, metres }: AssetNames,
): Candidate | undefined {
  const [, word, pixel] = FILE.exec(path) ?? [];
  const ofFile = entryOf(files, word?.toUpperCase());
  const [, called, pixelCalled, jpeg2000] = KEY.exec(key) ?? [];
  const band = ofFile ?? entryOf(files, called?.toUpperCase()) ?? entryOf(common, called?.toLowerCase());
  if (band === undefined) return undefined;
  const native = entryOf(metres, band);
  const size = Number((ofFile && pixel) ?? FOLDER.exec(path)?.[1] ?? pixelCalled ?? native);
  const penalty = (native === undefined || size === native ? 0 : size) + (jpeg2000 ? 1 : 0);
  return { band, penalty, found: assetOf(asset, href) };
}

/** Words are a stranger's: `constructor` is none of ours. */
function entryOf<T>(
  entries: Readonly<Record<string, T>> | undefined,
  word: string | undefined,
): T | undefined {
  return entries && word !== undefined && Object.hasOwn(entries, word) ? entries[word] : undefined;
}

const PICTURES: readonly unknown[] = ['visual', 'thumbnail', 'overview'];

function isPicture({ roles }: Asset): boolean {
  return Array.isArray(roles) && roles.some((role) => PICTURES.includes(role));
}

/**
 * STAC 1.1 has scale, offset and no-data value on the asset or its one band, the raster extension before 2.0 in
 * `raster:bands`. Nothing is said by a no-data value of 0, which is one everywhere.
 */
function assetOf(asset: Asset, href: string): BandAsset {
  const old = fieldsOf(listOf(asset['raster:bands'])[0]);
  const own = fieldsOf(listOf(asset.bands)[0]);
  const scale = asset['raster:scale'] ?? own['raster:scale'] ?? old.scale;
  const offset = asset['raster:offset'] ?? own['raster:offset'] ?? old.offset;
  const noData = noDataFact(asset.nodata ?? own.nodata ?? old.nodata);
  const alternate = fieldsOf(asset.alternate);
  const https = open(fieldsOf(alternate.https));
  const s3 = open(fieldsOf(alternate.s3));
  const bytes = asset['file:size'];
  return {
    href,
    ...(https !== undefined && https !== href && { https }),
    ...(s3 !== undefined && s3 !== href && { s3 }),
    ...(typeof bytes === 'number' && { bytes }),
    ...(typeof scale === 'number' && { scale }),
    ...(typeof offset === 'number' && { offset }),
    ...(noData !== undefined && { noData }),
  };
}

/** The address of an alternate, unless a login of another kind stands before it (Copernicus Data Space's https). */
function open({ href, 'auth:refs': logins }: Alternate): string | undefined {
  const wantsLogin = Array.isArray(logins) && logins.some((login) => login !== 's3');
  return isAddress(href) && !wantsLogin ? href : undefined;
}

/** A band's address goes through a workflow with all others; those with a signature have up to some thousand letters. */
const MAX_ADDRESS = 16 << 10;

const isAddress = (href: unknown): href is string => typeof href === 'string' && href.length <= MAX_ADDRESS;

function resolved(href: string, base: string | undefined): string {
  return base !== undefined && URL.canParse(href, base) ? new URL(href, base).href : href;
}
