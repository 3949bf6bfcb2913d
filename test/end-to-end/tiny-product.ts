/** Small Sentinel-2 products over a corner of the demo's area: a real SAFE tree and real JPEG 2000, quick to make. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { RasterGrid } from '../../rasters/index.js';
import { GRID_10M, outline, type Ring, TILE } from '../../demo/season/area.js';
import type { StacItem } from '../../stac/scene-facts.js';
import { cdseItem } from '../stac/items.js';
import { jp2File } from '../../demo/season/jp2-file.js';
import { ringToLonLat } from '../../demo/season/utm.js';

const SIDE = 256;
const FINE: RasterGrid = { ...GRID_10M, width: SIDE, height: SIDE };
const COARSE: RasterGrid = { ...FINE, width: SIDE / 2, height: SIDE / 2, stepX: 20, stepY: -20 };

/** Longitude and latitude. */
export const FOOTPRINT: Ring = ringToLonLat(outline(FINE));

export interface TinyProduct {
  readonly reference: string;
  /** UTC, ISO 8601 without zone. */
  readonly obstime: string;
  /** What its pixels are made of: another number, other statistics. */
  readonly seed: number;
}

/** The product of a day of 2024, of satellite A. */
export function tinyProduct(month: number, day: number, baseline = '0510', made = 'T142010'): TinyProduct {
  const date = `2024${String(month).padStart(2, '0')}${String(day).padStart(2, '0')}`;
  return {
    reference: `S2A_MSIL2A_${date}T105031_N${baseline}_R051_${TILE}_${date}${made}.SAFE`,
    obstime: `${date.replace(/(....)(..)(..)/, '$1-$2-$3')}T10:50:31`,
    seed: month * 31 + day,
  };
}

/** The item that tells of the product in a bucket of this name, as Copernicus Data Space writes it. */
export function tinyItem({ reference }: TinyProduct, bucket: string): StacItem {
  const text = JSON.stringify(cdseItem({ reference, ring: FOOTPRINT }))
    .replaceAll('s3://eodata/', `s3://${bucket}/`)
    .replaceAll(`L2A_${TILE}_A000001_`, `L2A_${TILE}_A045000_`);
  return JSON.parse(text) as StacItem;
}

/** Writes the product below a bucket's folder, as Copernicus Data Space lays it out. */
export async function writeTinyProduct(
  bucket: string,
  { reference, obstime, seed }: TinyProduct,
): Promise<void> {
  const compact = obstime.replace(/[-:]/g, '');
  const product = `Sentinel-2/MSI/L2A/${obstime.slice(0, 10).replaceAll('-', '/')}/${reference}`;
  const images = `${product}/GRANULE/L2A_${TILE}_A045000_${compact}/IMG_DATA`;
  const write = async (key: string, bytes: Buffer): Promise<void> => {
    const path = join(bucket, ...key.split('/'));
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, bytes);
  };
  const fine = (factor: number): Uint16Array =>
    Uint16Array.from({ length: SIDE * SIDE }, (_, i) => 1200 + ((i * factor + seed * 37) % 2000));
  const classes = Uint8Array.from({ length: (SIDE / 2) ** 2 }, (_, i) => ((i + seed) % 9 === 0 ? 9 : 4));
  const corners = FOOTPRINT.map(([longitude, latitude]) => `${latitude} ${longitude}`).join(' ');
  await write(`${product}/MTD_MSIL2A.xml`, Buffer.from(`<EXT_POS_LIST>${corners}</EXT_POS_LIST>\n`));
  for (const [band, pixels] of [
    ['B04', fine(7)],
    ['B08', fine(11)],
  ] as const)
    await write(
      `${images}/R10m/${TILE}_${compact}_${band}_10m.jp2`,
      await jp2File(pixels, FINE, { bits: 15, tileSize: SIDE }),
    );
  await write(
    `${images}/R20m/${TILE}_${compact}_SCL_20m.jp2`,
    await jp2File(classes, COARSE, { bits: 8, tileSize: SIDE / 2 }),
  );
}
