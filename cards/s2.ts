/**
 * `s2`: Sentinel-2 Level-2A, surface reflectance as SAFE folders of JPEG 2000 files, or as GeoTIFFs, one a band.
 *
 * Where a STAC item tells the addresses of the bands, these are taken: `s3://` (where there is nothing, the layouts of
 * sentinel2/layout.ts are tried too: other stores keep copies of the same archive) and `https://`.
 */
import type { ObjectStore } from '../store/object-store.js';
import { locateByAssets } from './by-assets.js';
import type { BandNames, CardType, SceneKey } from './card.js';
import { unknownBand } from './product-path.js';
import { bandName, CLASS_BAND, notFound, RESOLUTION_M, sourceOf } from './sentinel2/bands.js';
import { baselineOffset } from './sentinel2/baseline.js';
import { S2_INDICES } from './sentinel2/indices.js';
import { items } from './sentinel2/items.js';
import { archiveRoots, locateByLayout } from './sentinel2/layout.js';
import { findMetadata } from './sentinel2/metadata-object.js';
import { parseLevel2aName, parseTile, TILE_IN_NAME } from './sentinel2/name.js';
import { opticalOrbit } from './sentinel2/orbit.js';
import { opticalOutline } from './sentinel2/outline.js';
import { readRadiometry, SATURATED } from './sentinel2/radiometry.js';

/** Shadow, cloud of medium and high probability, cirrus, snow. */
const CLOUDY = [3, 8, 9, 10, 11];

export const s2: CardType = {
  code: 's2',
  bands: Object.keys(RESOLUTION_M),
  defaultBands: ['B04', 'B08', 'SC'],
  // No data and saturated pixels are not clear either: so it is in JRC's viewer of 2026.
  classMap: { band: CLASS_BAND, cloudy: CLOUDY, unclear: [0, 1, ...CLOUDY] },
  // Of JPEG 2000.
  bytesASecond: 13e6,

  parseBand(name: string): string {
    const upper = name.trim().toUpperCase();
    const band = upper === 'SCL' ? CLASS_BAND : upper.replace(/^B(\d)$/, 'B0$1');
    if (!(band in RESOLUTION_M)) throw unknownBand('s2', name, s2.bands);
    return band;
  },

  bandName,
  parseName: (name) => parseLevel2aName(name, 's2'),
  parseTile,
  tileInName: TILE_IN_NAME,
  orbit: opticalOrbit,

  async locate(scene: SceneKey, bands: readonly string[], names: BandNames, store: ObjectStore) {
    return await locateByAssets(scene, store, {
      parts: bands,
      statusOf: (band) => notFound(band, names),
      sources: (found) => found.map(({ band, object, asset }) => ({ ...sourceOf(band, object), asset })),
      byLayout: () => locateByLayout(scene, bands, names, store),
    });
  },

  indices: {
    inputs: Object.keys(RESOLUTION_M).filter((band) => band.startsWith('B')),
    unit: 10_000,
    known: S2_INDICES,
  },

  listing: { roots: archiveRoots, outline: opticalOutline },
  items,
  radiometry: { saturated: SATURATED, locate: findMetadata, read: readRadiometry, baselineOffset },
};
