/** GeoJP2: a `uuid` box that holds a TIFF file of one pixel, with GeoTIFF's tags for the real image. */
import type { Georeference } from './stated-georeference.js';

const UUID = 'b14bf8bd083d4b43a5ae8cd7d5a6ce03';
const UUID_BYTES = 16;

/** @param head the first 16 bytes of a `uuid` box */
export function isGeoJp2(head: Uint8Array): boolean {
  return Buffer.from(head).toString('hex') === UUID;
}

/**
 * @param box content of a GeoJP2 box
 * @throws Damage, Unsupported as for any GeoTIFF: without a CRS that EPSG numbers, or not north-up
 */
export async function parseGeoJp2(box: Uint8Array): Promise<Georeference> {
  const { georeferenceOfTiff } = await import('../geotiff/index.js');
  return await georeferenceOfTiff(box.subarray(UUID_BYTES));
}
