/** LERC blocks (Esri's Limited Error Raster Compression), alone or with Deflate or ZSTD around them. */
import { inflateSync } from 'node:zlib';
import Lerc from 'lerc';
import { Damage } from '../jpeg2000/damage.js';
import { PIXEL_ARRAYS, type PixelArray } from '../raster.js';
import type { Layout } from './layout.js';
import { decodeZstd } from './zstd.js';

/** Second value of the LercParameters tag. */
const NO_ADDITION = 0;
const DEFLATE = 1;
const ZSTD = 2;

/** The block's samples, pixel by pixel, in the machine's byte order. LERC masks what GDAL gave it as NaN. */
export async function decodeLerc(data: Uint8Array, size: number, layout: Layout): Promise<Uint8Array> {
  const blob = await unwrap(data, size, layout.lercParameters[1] ?? NO_ADDITION);
  const { samplesPerPixel, pixelType } = layout;
  // The package reads a whole ArrayBuffer, so the blob needs one of its own.
  const {
    pixels,
    mask: shared,
    bandMasks,
  } = Lerc.decode(new Uint8Array(blob).buffer, {
    returnPixelInterleavedDims: samplesPerPixel > 1,
  });
  const together = pixels.length === 1;
  if (!together && pixels.length !== samplesPerPixel) throw new Damage(`has ${pixels.length} LERC bands`);

  const count = pixels.reduce((sum, { length }) => sum + length, 0);
  const samples: PixelArray = new PIXEL_ARRAYS[pixelType](count);
  const masked = pixelType.startsWith('float') ? NaN : 0;
  for (let to = 0; to < count; to++) {
    const band = to % samplesPerPixel;
    const pixel = (to - band) / samplesPerPixel;
    const mask = bandMasks?.[band] ?? shared;
    samples[to] = mask?.[pixel] === 0 ? masked : together ? pixels[0]![to]! : pixels[band]![pixel]!;
  }
  return new Uint8Array(samples.buffer);
}

async function unwrap(data: Uint8Array, size: number, addition: number): Promise<Uint8Array> {
  // A LERC blob may be a little larger than the samples in it.
  const limit = 2 * size + 4096;
  if (addition === NO_ADDITION) return data;
  if (addition === DEFLATE) return inflateSync(data, { maxOutputLength: limit });
  if (addition === ZSTD) return decodeZstd(data, limit);
  throw new Damage(`has LERC with the additional compression ${addition}, which is not supported`);
}
