/**
 * `bs`: Sentinel-1 geocoded backscatter (CARD-BS), linear gamma0 as ENVI files, one a polarisation.
 *
 * Keys: `Sentinel-1/SAR/CARD-BS/<day of obstime>/<ref>/<ref>.data/Gamma0_VV.img` and `.hdr`, the same for VH.
 */
import type { ObjectStore } from '../store/object-store.js';
import { SceneIncomplete, type BandNames, type BandSource, type CardType, type SceneKey } from './card.js';
import { dayFolder, isPlainReference, listProduct, unknownBand } from './product-path.js';

export const bs: CardType = {
  code: 'bs',
  defaultBands: ['VV', 'VH'],

  parseBand(name: string): string {
    const [, band] = /^(V[VH])B?$/.exec(name.trim().toUpperCase()) ?? [];
    if (band === undefined) throw unknownBand('bs', name, bs.defaultBands);
    return band;
  },

  bandName(band: string, names: BandNames): string {
    return names === 'seed' ? band : `${band}b`;
  },

  async locate(scene: SceneKey, bands: readonly string[], _names: BandNames, store: ObjectStore) {
    const { reference, obstime } = scene;
    const known = isPlainReference(reference);
    const folder = `Sentinel-1/SAR/CARD-BS/${dayFolder(obstime)}/${reference}/${reference}.data/`;
    const objects = known ? await listProduct(store, folder) : [];
    return bands.map((band): BandSource => {
      const [img, hdr] = ['img', 'hdr'].map((kind) => {
        const key = `${folder}Gamma0_${band}.${kind}`;
        const object = objects.find((found) => found.key === key);
        if (object !== undefined) return object;
        const reason = known ? `there is no object ${key}` : `'${reference}' is not the name of a product`;
        throw new SceneIncomplete(`No S3 ${band} ${kind}`, reason);
      });
      return { band, objects: [img!, hdr!], rasterBand: 1, classes: false };
    });
  },
};
