/** Which asset of an item is which band: ESA's names, the common names of Earth Search, and file names decide. */
import type { BandAsset } from '../cards/band-asset.js';
import { fieldsOf, listOf } from './json-values.js';
import { noDataFact } from './no-data.js';
import { offsetFact } from './offset-applied.js';

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

/** Native resolution of each Sentinel-2 L2A band in metres: of several files of a band this one is taken. */
const NATIVE: Readonly<Record<string, number>> = {
  ...{ B01: 60, B02: 10, B03: 10, B04: 10, B05: 20, B06: 20, B07: 20, B08: 10, B8A: 20, B09: 60 },
  ...{ B11: 20, B12: 20, SC: 20, AOT: 10, WVP: 10 },
};

/** Common names, as Earth Search and stactools call assets. */
const COMMON: Readonly<Record<string, string>> = {
  ...{ coastal: 'B01', blue: 'B02', green: 'B03', red: 'B04', rededge1: 'B05', rededge2: 'B06' },
  ...{ rededge3: 'B07', nir: 'B08', nir08: 'B8A', nir09: 'B09', swir16: 'B11', swir22: 'B12' },
  ...{ scl: 'SC', aot: 'AOT', wvp: 'WVP', vv: 'VV', vh: 'VH' },
};

/** `T31UFS_20240623T104619_B04_10m.jp2`, `R10m/B04.jp2`, `B04.tif`, `Gamma0_VV.img`. */
const FILE = /(?:^|[/_])(B\d[\dA]|SCL|AOT|WVP|V[VH])(?:_(\d\d)m)?\.(?:jp2|tiff?|img)$/i;
const FOLDER = /\/R(\d\d)m\//;
/** `red_20m`, `B04_10m`, `red-jp2`. */
const KEY = /^(\w+?)(?:_(\d\d)m)?(-jp2)?$/;

/** CARD-COH6 as the layout of keys has it: one file, band 1 VV, band 2 VH. */
const COHERENCE = /CARD[_-]COH6\.tiff?$/i;
/** A band within a file of several: `VV`, `coherence_VH`. */
const POLARISATION = /(?:^|_)(V[VH])$/i;

interface Candidate {
  readonly band: string;
  readonly penalty: number;
  readonly found: BandAsset;
}

/**
 * The item's bands by the product's names (`B04`, `SC`, `VV`).
 * @param base the address of the item, for relative ones
 * @param offsetApplied whether the item says that BOA_ADD_OFFSET is taken into the pixels
 */
export function bandAssets(
  assets: unknown,
  base: string | undefined,
  offsetApplied?: boolean,
): Record<string, BandAsset> {
  const best = new Map<string, Candidate>();
  for (const [key, written] of Object.entries(fieldsOf(assets))) {
    const asset = fieldsOf(written);
    for (const one of candidates(key, asset, base)) {
      const other = best.get(one.band);
      if (other !== undefined && one.penalty >= other.penalty) continue;
      best.set(one.band, { ...one, found: { ...one.found, ...offsetFact(offsetApplied, key, asset) } });
    }
  }
  return Object.fromEntries([...best].sort().map(([band, { found }]) => [band, found]));
}

function candidates(key: string, asset: Asset, base: string | undefined): Candidate[] {
  if (!isAddress(asset.href)) return [];
  const href = resolved(asset.href, base);
  const path = href.replace(/[?#].*$/, '');
  const one = candidate(key, asset, href, path);
  return one ? [one] : polarisations(asset, href, path);
}

/** Of a file with both: by the names of its bands, else, for a CARD product, in the order of its kind. */
function polarisations(asset: Asset, href: string, path: string): Candidate[] {
  if (isPicture(asset)) return [];
  const listed = listOf(asset.bands ?? asset['eo:bands']).map((band) => {
    const { name } = fieldsOf(band);
    return typeof name === 'string' ? POLARISATION.exec(name)?.[1]?.toUpperCase() : undefined;
  });
  const names = listed.length === 0 && COHERENCE.test(path) ? ['VV', 'VH'] : listed;
  const file = assetOf(asset, href);
  return names.flatMap((band, i) =>
    band === undefined ? [] : [{ band, penalty: 0, found: { ...file, rasterBand: i + 1 } }],
  );
}

function candidate(key: string, asset: Asset, href: string, path: string): Candidate | undefined {
  const file = FILE.exec(path);
  const named = KEY.exec(key);
  const band = bandOf(file?.[1]) ?? bandOf(named?.[1]);
  // A picture for people lies beside the bands, and may be called after one of them.
  if (band === undefined || isPicture(asset)) return undefined;
  const metres = Number(file?.[2] ?? FOLDER.exec(path)?.[1] ?? named?.[2] ?? NATIVE[band]);
  const penalty = (metres === NATIVE[band] || !(band in NATIVE) ? 0 : metres) + (named?.[3] ? 1 : 0);
  return { band, penalty, found: assetOf(asset, href) };
}

function bandOf(name: string | undefined): string | undefined {
  if (name === undefined) return undefined;
  const upper = name.toUpperCase();
  if (upper === 'SCL') return 'SC';
  return upper in NATIVE || upper === 'VV' || upper === 'VH' ? upper : COMMON[name.toLowerCase()];
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
