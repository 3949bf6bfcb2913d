/** Items of Sentinel-2 in STAC sources: Copernicus Data Space, Earth Search (v0, v1) and stactools. */
import type { ItemRules } from '../items.js';
import { RESOLUTION_M } from './bands.js';
import { offsetFacts } from './offset-applied.js';

export const items: ItemRules = {
  // Of Earth Search the collection whose pixels are ESA's own digital numbers.
  collections: { cdse: 'sentinel-2-l2a', 'earth-search': 'sentinel-2-c1-l2a' },
  names: ['s2:product_uri', 'sentinel2:product_title', 'sentinel:product_id'],
  // Some write versions of other things in the last of them.
  baselines: [
    's2:processing_baseline',
    'sentinel2:processing_baseline',
    'sentinel:processing_baseline',
    'processing:version',
  ],
  generated: ['s2:generation_time', 'sentinel2:generation_time'],
  assets: {
    // `T31UFS_20240623T104619_B04_10m.jp2`, `R10m/B04.jp2`, `B04.tif`: ESA calls the class map SCL, the results SC.
    files: Object.fromEntries(
      Object.keys(RESOLUTION_M).map((band) => (band === 'SC' ? ['SCL', 'SC'] : [band, band])),
    ),
    // Common names, as Earth Search and stactools call assets.
    common: {
      ...{ coastal: 'B01', blue: 'B02', green: 'B03', red: 'B04', rededge1: 'B05', rededge2: 'B06' },
      ...{ rededge3: 'B07', nir: 'B08', nir08: 'B8A', nir09: 'B09', swir16: 'B11', swir22: 'B12' },
      ...{ sc: 'SC' },
    },
    metres: RESOLUTION_M,
  },
  offset: offsetFacts,
};
