/**
 * `bs`: Sentinel-1 geocoded backscatter (CARD-BS), linear gamma0 as ENVI files, one a polarisation; where a STAC item tells
 * the addresses, as GeoTIFFs too.
 *
 * Keys: `Sentinel-1/SAR/CARD-BS/<day of obstime>/<ref>/<ref>.data/Gamma0_VV.img` and `.hdr`, the same for VH.
 */
import type { ObjectStore } from '../store/object-store.js';
import { locateByAssets } from './by-assets.js';
import { SceneIncomplete, type BandNames, type BandSource, type CardType, type SceneKey } from './card.js';
import { enviOutline } from './raster-outline.js';
import { radarOrbit } from './radar-orbit.js';
import { parseRadarName } from './radar-name.js';
import { S1_INDICES } from './s1-indices.js';
import { dayFolder, isPlainReference, listProduct, unknownBand } from './product-path.js';
import type { ProductAssets } from './band-asset.js';

export const bs: CardType = {
  code: 'bs',
  bands: ['VV', 'VH'],
  defaultBands: ['VV', 'VH'],
  bytesASecond: 100e6,
  orbit: radarOrbit,
  decibels: true,
  indices: { inputs: ['VV', 'VH'], unit: 1, known: S1_INDICES },

  parseBand(name: string): string {
    const [, band] = /^(V[VH])B?$/.exec(name.trim().toUpperCase()) ?? [];
    if (band === undefined) throw unknownBand('bs', name, bs.defaultBands);
    return band;
  },

  bandName(band: string, names: BandNames): string {
    return names === 'scripts' ? band : `${band}b`;
  },

  parseName: (name) => parseRadarName(name, 'bs', 'BS'),

  async locate(scene: SceneKey, bands: readonly string[], _names: BandNames, store: ObjectStore) {
    const assets = scene.assets && withHeaders(scene.assets);
    return await locateByAssets({ ...scene, assets }, store, {
      parts: bands.flatMap((band) => (assets?.bands[headerOf(band)] ? [band, headerOf(band)] : [band])),
      statusOf: (part) => (part.endsWith(HEADER) ? `No S3 ${part}` : `No S3 ${part} img`),
      sources: (found) =>
        found
          .filter(({ band }) => !band.endsWith(HEADER))
          .map(({ band, object, asset }): BandSource => {
            const header = found.find((other) => other.band === headerOf(band));
            const objects = header ? [object, header.object] : [object];
            return { band, objects, rasterBand: asset.rasterBand ?? 1, classes: false, asset };
          }),
      byLayout: () => locateByLayout(scene, bands, store),
    });
  },

  listing: {
    roots: () => Promise.resolve([ROOT]),
    outline: ({ prefix, name }, store, signal) =>
      enviOutline([keyOf(prefix, name, 'VV', 'hdr'), keyOf(prefix, name, 'VH', 'hdr')], store, signal),
  },
  items: { assets: { files: { VV: 'VV', VH: 'VH' }, bandsOfFile: () => [] } },
};

const ROOT = 'Sentinel-1/SAR/CARD-BS/';

/** @param prefix of the product's folder, with the slash */
const keyOf = (prefix: string, name: string, band: string, kind: string): string =>
  `${prefix}${name}.data/Gamma0_${band}.${kind}`;

const HEADER = ' hdr';
const headerOf = (band: string): string => `${band}${HEADER}`;

/** An ENVI image can't be read without its header, which lies beside it whether the item tells of it or not. */
function withHeaders(assets: ProductAssets): ProductAssets {
  const headers = Object.entries(assets.bands).flatMap(([band, { href, https, s3 }]) => {
    const beside = headerBeside(href);
    if (beside === undefined) return [];
    const others = { https: headerBeside(https), s3: headerBeside(s3) };
    const known = Object.entries(others).filter(([, address]) => address !== undefined);
    return [[headerOf(band), { href: beside, ...Object.fromEntries(known) }] as const];
  });
  return { ...assets, bands: { ...assets.bands, ...Object.fromEntries(headers) } };
}

/** `…/Gamma0_VV.hdr` of `…/Gamma0_VV.img`, and of `…/Gamma0_VV.img?token`. */
function headerBeside(address: string | undefined): string | undefined {
  return address !== undefined && ENVI.test(address) ? address.replace(ENVI, '.hdr') : undefined;
}

const ENVI = /\.img(?=$|\?)/i;

async function locateByLayout(
  { reference, obstime }: SceneKey,
  bands: readonly string[],
  store: ObjectStore,
): Promise<BandSource[]> {
  const known = isPlainReference(reference);
  const folder = `${ROOT}${dayFolder(obstime)}/${reference}/`;
  const objects = known ? await listProduct(store, `${folder}${reference}.data/`) : [];
  return bands.map((band): BandSource => {
    const [img, hdr] = ['img', 'hdr'].map((kind) => {
      const key = keyOf(folder, reference, band, kind);
      const object = objects.find((found) => found.key === key);
      if (object !== undefined) return object;
      const reason = known ? `there is no object ${key}` : `'${reference}' is not the name of a product`;
      throw new SceneIncomplete(`No S3 ${band} ${kind}`, reason);
    });
    return { band, objects: [img!, hdr!], rasterBand: 1, classes: false };
  });
}
