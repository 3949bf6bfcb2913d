/**
 * Whether BOA_ADD_OFFSET is taken into pixels already. Earth Search says so of an item (`earthsearch:boa_offset_applied`)
 * and means the GeoTIFFs that it made: the JPEG 2000 files beside them are ESA's, and hold ESA's numbers.
 */
import type { BandAsset } from '../band-asset.js';
import type { OffsetFacts } from '../items.js';

type Fields = Readonly<Record<string, unknown>>;

export const offsetFacts: OffsetFacts = {
  ofItem: wordOf,
  ofAsset(itemSays, key, asset) {
    const own = wordOf(asset);
    if (own !== undefined) return { offsetApplied: own };
    return itemSays === true ? { offsetApplied: !isJpeg2000(key, asset) } : {};
  },
  complete(bands, itemSays) {
    if (itemSays !== true) return bands;
    const completed = Object.entries(bands).map(([band, asset]): [string, BandAsset] => {
      return [band, { offsetApplied: !holdsEsaNumbers(asset.href), ...asset }];
    });
    return Object.fromEntries(completed);
  },
  isReflectance: (band) => band.startsWith('B'),
};

function wordOf(fields: Fields): boolean | undefined {
  for (const [name, value] of Object.entries(fields)) {
    if (/^(\w+:)?boa_offset_applied$/.test(name) && typeof value === 'boolean') return value;
  }
  return undefined;
}

function isJpeg2000(key: string, { href, type }: Fields): boolean {
  if (typeof type === 'string' && /^image\/\w/i.test(type))
    return /^image\/(jp2|jpx|j2k|jpeg2000)\b/i.test(type);
  return key.endsWith('-jp2') || (typeof href === 'string' && holdsEsaNumbers(href));
}

/** True of the address of a JPEG 2000 file: nobody but ESA writes these. */
export function holdsEsaNumbers(address: string): boolean {
  return /\.(jp2|j2k)(?=$|[?#])/i.test(address);
}
