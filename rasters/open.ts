/** Opens any raster file, by what is in it: names lie (a GeoTIFF called `.jp2`, a codestream called `.tif`). */
import { findEnviHeader, openEnvi } from './envi.js';
import { FileSource } from './file-source.js';
import { RasterError, type Raster } from './raster.js';
import { orRefusalSync } from './refusal.js';

type Open = (path: string) => Promise<Raster>;

/** Decoders are loaded with the first file of their format: most programs that know of rasters open none. */
const openJpeg2000: Open = async (path) => await (await import('./jpeg2000/index.js')).openJpeg2000(path);
const openGeoTiff: Open = async (path) => await (await import('./geotiff/index.js')).openGeoTiff(path);

const HEAD_BYTES = 12;

/** First bytes of each format, in hexadecimal. */
const MAGIC: readonly { readonly bytes: RegExp; readonly open: Open }[] = [
  { bytes: /^0000000c6a502020/, open: openJpeg2000 },
  { bytes: /^ff4fff51/, open: openJpeg2000 },
  { bytes: /^(49492a00|4d4d002a|49492b00|4d4d002b)/, open: openGeoTiff },
];

/**
 * Opens a JPEG 2000, GeoTIFF or ENVI file. ENVI has no magic bytes: a file is one when a header lies beside it.
 * @throws RasterError when it is none of them, or can't be used.
 */
export async function openRaster(path: string): Promise<Raster> {
  const head = readHead(path);
  const format = MAGIC.find(({ bytes }) => bytes.test(head));
  if (format !== undefined) return format.open(path);
  if (findEnviHeader(path) !== undefined) return openEnvi(path);
  throw new RasterError(
    path,
    head === ''
      ? 'is empty'
      : `is neither JPEG 2000 nor GeoTIFF, and has no ENVI header (.hdr) beside it; it begins with ${head}`,
  );
}

function readHead(path: string): string {
  return orRefusalSync(path, () => {
    const source = new FileSource(path);
    try {
      return Buffer.from(source.read(0, Math.min(HEAD_BYTES, source.size))).toString('hex');
    } finally {
      source.close();
    }
  });
}
