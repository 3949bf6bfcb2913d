/**
 * `c6`: Sentinel-1 six-day coherence (CARD-COH6), one GeoTIFF, band 1 VV, band 2 VH; where a STAC item tells the
 * addresses, one GeoTIFF a polarisation too.
 *
 * Key: `Sentinel-1/SAR/CARD-COH6/<day of obstime>/<ref>/<ref>.tif`.
 */
import type { ObjectStore } from '../store/object-store.js';
import { locateByAssets } from './by-assets.js';
import { SceneIncomplete, type BandNames, type BandSource, type CardType, type SceneKey } from './card.js';
import { radarOrbit } from './radar-orbit.js';
import { parseRadarName } from './radar-name.js';
import { tiffOutline } from './raster-outline.js';
import { dayFolder, isPlainReference, listProduct, unknownBand } from './product-path.js';

export const c6: CardType = {
  code: 'c6',
  bands: ['VV', 'VH'],
  defaultBands: ['VV', 'VH'],
  bytesASecond: 100e6,
  orbit: radarOrbit,
  indices: { inputs: ['VV', 'VH'], unit: 1, known: [] },

  parseBand(name: string): string {
    const [, band] = /^(V[VH])C?$/.exec(name.trim().toUpperCase()) ?? [];
    if (band === undefined) throw unknownBand('c6', name, c6.defaultBands);
    return band;
  },

  bandName(band: string, names: BandNames): string {
    return names === 'scripts' ? band : `${band}c`;
  },

  parseName: (name) => parseRadarName(name, 'c6', 'COH6'),

  async locate(scene: SceneKey, bands: readonly string[], _names: BandNames, store: ObjectStore) {
    return await locateByAssets(scene, store, {
      parts: bands,
      statusOf: () => 'No S3 C6 img',
      sources: (found) =>
        found.map(({ band, object, asset }): BandSource => {
          const rasterBand = asset.rasterBand ?? 1;
          return { band, objects: [object], rasterBand, classes: false, asset };
        }),
      byLayout: () => locateByLayout(scene, bands, store),
    });
  },

  listing: {
    roots: () => Promise.resolve([ROOT]),
    outline: ({ prefix, name }, store, signal) => tiffOutline(`${prefix}${name}.tif`, store, signal),
  },
  items: {
    assets: {
      files: { VV: 'VV', VH: 'VH' },
      // As the layout of keys has it: band 1 VV, band 2 VH.
      bandsOfFile: (path) => (/CARD[_-]COH6\.tiff?$/i.test(path) ? ['VV', 'VH'] : []),
    },
  },
};

const ROOT = 'Sentinel-1/SAR/CARD-COH6/';

async function locateByLayout(
  { reference, obstime }: SceneKey,
  bands: readonly string[],
  store: ObjectStore,
): Promise<BandSource[]> {
  if (!isPlainReference(reference)) {
    throw new SceneIncomplete('C6_nopath', `'${reference}' is not the name of a product`);
  }
  const folder = `${ROOT}${dayFolder(obstime)}/${reference}/`;
  const objects = await listProduct(store, folder);
  if (objects.length === 0) throw new SceneIncomplete('C6_nopath', `there is nothing below ${folder}`);
  const key = `${folder}${reference}.tif`;
  const image = objects.find((object) => object.key === key);
  if (image === undefined) {
    throw new SceneIncomplete(
      'No S3 C6 img',
      `there is no object ${key}, only ${objects.length} others beside it`,
    );
  }
  return bands.map((band): BandSource => ({
    band,
    objects: [image],
    rasterBand: band === 'VV' ? 1 : 2,
    classes: false,
  }));
}
