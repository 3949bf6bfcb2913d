/** Made-up items in the shapes of Copernicus Data Space and of Earth Search, of products that do not exist. */
import type { StacItem } from '../../stac/scene-facts.js';

export interface MadeProduct {
  /** With `.SAFE`. */
  readonly reference: string;
  /** Coordinates of a GeoJSON polygon. */
  readonly ring: readonly (readonly [number, number])[];
  readonly cloudCover?: number;
  /** When the source published it. */
  readonly published?: string;
}

const PARTS =
  /^S2(\w)_MSIL2A_(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)_N(\d\d)(\d\d)_R(\d{3})_T(\w{5})_(\w+)\.SAFE$/;

function parts(reference: string): {
  satellite: string;
  day: string;
  start: string;
  baseline: string;
  tile: string;
} {
  const found = PARTS.exec(reference);
  if (!found) throw new Error(`${reference} is no product's name`);
  const [, satellite, year, month, dayOfMonth, hour, minute, second, major, minor, , tile] =
    found as unknown as string[];
  return {
    satellite: satellite!.toLowerCase(),
    day: `${year!}/${month!}/${dayOfMonth!}`,
    start: `${year!}-${month!}-${dayOfMonth!}T${hour!}:${minute!}:${second!}`,
    baseline: `${major!}.${minor!}`,
    tile: tile!,
  };
}

/** STAC 1.1: `bands`, `proj:code`, raster fields on the asset, `s3://` with https beside it, the id without `.SAFE`. */
export function cdseItem({ reference, ring, cloudCover = 10, published }: MadeProduct): StacItem {
  const { satellite, day, start, baseline, tile } = parts(reference);
  const compact = start.replace(/[-:]/g, '');
  const granule = `Sentinel-2/MSI/L2A/${day}/${reference}/GRANULE/L2A_T${tile}_A000001_${compact}`;
  const asset = (band: string, metres: number): object => {
    const key = `${granule}/IMG_DATA/R${metres}m/T${tile}_${compact}_${band}_${metres}m.jp2`;
    const raster = band === 'SCL' ? {} : { 'raster:scale': 0.0001, 'raster:offset': -0.1 };
    return {
      href: `s3://eodata/${key}`,
      alternate: { https: { href: `https://zipper.example.org/${reference}/${band}_${metres}m` } },
      'proj:code': 'EPSG:32631',
      'file:size': 1000 * metres,
      roles: ['data'],
      bands: [{ name: band }],
      ...raster,
    };
  };
  return {
    type: 'Feature',
    id: reference.replace('.SAFE', ''),
    collection: 'sentinel-2-l2a',
    geometry: { type: 'Polygon', coordinates: [ring] },
    properties: {
      datetime: `${start}.024Z`,
      start_datetime: `${start}.024Z`,
      platform: `sentinel-2${satellite}`,
      'eo:cloud_cover': cloudCover,
      'processing:version': baseline,
      'processing:datetime': `${start.slice(0, 10)}T20:00:00.000000Z`,
      published: published ?? `${start.slice(0, 10)}T22:00:00.000000Z`,
    },
    assets: {
      TCI_10m: {
        href: `s3://eodata/${granule}/IMG_DATA/R10m/T${tile}_${compact}_TCI_10m.jp2`,
        roles: ['visual'],
      },
      B04_60m: asset('B04', 60),
      B04_10m: asset('B04', 10),
      B08_10m: asset('B08', 10),
      SCL_20m: asset('SCL', 20),
      product_metadata: {
        href: `s3://eodata/Sentinel-2/MSI/L2A/${day}/${reference}/MTD_MSIL2A.xml`,
        roles: ['metadata'],
      },
    },
    links: [{ rel: 'self', href: `https://stac.example.org/items/${reference.replace('.SAFE', '')}` }],
  };
}

/** STAC 1.0: `eo:bands`, `proj:epsg`, `raster:bands`, common names, COGs with JPEG 2000 beside them, the tile's own time. */
export function earthSearchItem({ reference, ring, cloudCover = 10 }: MadeProduct): StacItem {
  const { satellite, start, baseline, tile } = parts(reference);
  const folder = `https://cogs.example.org/${reference.replace('.SAFE', '')}`;
  const asset = (name: string, file: string): object => ({
    href: `${folder}/${file}.tif`,
    roles: ['data', 'reflectance'],
    'eo:bands': [{ name, common_name: name }],
    'raster:bands': [file === 'SCL' ? { nodata: 0 } : { nodata: 0, scale: 0.0001, offset: -0.1 }],
  });
  return {
    type: 'Feature',
    id: `S2${satellite.toUpperCase()}_T${tile}_${start.replace(/[-:]/g, '')}_L2A`,
    collection: 'sentinel-2-c1-l2a',
    geometry: { type: 'Polygon', coordinates: [ring] },
    properties: {
      // The tile is passed some minutes after the datatake began.
      datetime: new Date(Date.parse(`${start}Z`) + 437_611).toISOString(),
      platform: `sentinel-2${satellite}`,
      'proj:epsg': 32631,
      'eo:cloud_cover': cloudCover,
      's2:product_uri': reference,
      's2:processing_baseline': baseline,
      's2:generation_time': `${start.slice(0, 10)}T20:00:00.000000Z`,
      created: `${start.slice(0, 10)}T23:00:00.000Z`,
      'earthsearch:boa_offset_applied': false,
    },
    assets: {
      red: asset('red', 'B04'),
      nir: asset('nir', 'B08'),
      scl: asset('scl', 'SCL'),
      visual: { href: `${folder}/TCI.tif`, roles: ['visual'] },
      'red-jp2': { href: 's3://tiles/R10m/B04.jp2', roles: ['data', 'reflectance'] },
    },
  };
}
