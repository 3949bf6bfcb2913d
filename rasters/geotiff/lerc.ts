/**
 * LERC blocks (Esri's Limited Error Raster Compression), alone or with Deflate or ZSTD around them.
 *
 * The geotiff package's decoder, which calls the same package, forgets which pixels are masked (GDAL masks NaN),
 * and all bands but the first where they are encoded one by one.
 */
import Lerc from 'lerc';
import { Damage } from '../damage.js';
import { PIXEL_ARRAYS, type PixelArray, type PixelType } from '../raster.js';
import { Unsupported } from '../unsupported.js';
import { decodeDeflate } from './deflate.js';
import type { Layout } from './block-layout.js';
import { decodeZstd } from './zstd.js';

/** Second value of the LercParameters tag. */
const NO_ADDITION = 0;
const DEFLATE = 1;
const ZSTD = 2;

/** Lerc2's data types, by number. */
const BLOB_TYPES: readonly PixelType[] = [
  ...(['int8', 'uint8', 'int16', 'uint16', 'int32', 'uint32', 'float32', 'float64'] as const),
];

/** A Lerc2 header by itself. */
const SMALLEST_BLOB_BYTES = 58;

/** The block's samples, pixel by pixel, in the machine's byte order. LERC masks what GDAL gave it as NaN. */
export async function decodeLerc(data: Uint8Array, size: number, layout: Layout): Promise<Uint8Array> {
  const blob = await unwrap(data, size, layout.lercParameters[1] ?? NO_ADDITION);
  checkBlobs(blob, layout);
  try {
    return samplesOf(blob, layout);
  } catch (error) {
    if (error instanceof Damage || error instanceof Unsupported) throw error;
    throw new Damage(`has damaged LERC data (${error instanceof Error ? error.message : 'unknown'})`);
  }
}

/**
 * The package reserves memory for as many pixels as each blob's header says, and goes on by as many bytes, be it none: so
 * the headers (Lerc2 of version 3 and later, which GDAL writes) are looked at before.
 */
function checkBlobs(blob: Uint8Array, { blockWidth, blockHeight, samplesPerPixel, pixelType }: Layout): void {
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
  let samples = 0;
  for (let at = 0, left = blob.length; left > 0; left = blob.length - at) {
    const key = Buffer.from(blob.subarray(at, at + 10)).toString('latin1');
    if (key.startsWith('CntZImage ')) throw new Unsupported('has LERC of the first version');
    if (left < SMALLEST_BLOB_BYTES || !key.startsWith('Lerc2 '))
      throw new Damage('has damaged LERC data (no header where one should be)');
    const version = view.getInt32(at + 6, true);
    if (version < 3) throw new Unsupported(`has LERC 2 of version ${version}; from 3 on it is read`);
    const [rows, columns] = [view.getInt32(at + 14, true), view.getInt32(at + 18, true)];
    const values = version >= 4 ? view.getInt32(at + 22, true) : 1;
    const sizeAt = at + (version >= 4 ? 34 : 30);
    const bytes = view.getInt32(sizeAt, true);
    const type = BLOB_TYPES[view.getInt32(sizeAt + 4, true)];
    if (!(Math.min(rows, columns, values) > 0) || bytes < SMALLEST_BLOB_BYTES || bytes > left)
      throw new Damage('has damaged LERC data (a header that says the impossible)');
    if (columns !== blockWidth || type !== pixelType)
      throw new Damage(
        `has LERC data of ${columns} columns of ${type ?? 'nothing'} in a block of ${blockWidth} columns`,
      );
    samples += rows * columns * values;
    if (samples > blockWidth * blockHeight * samplesPerPixel)
      throw new Damage('has LERC data of more pixels than a block has');
    at += bytes;
  }
}

function samplesOf(blob: Uint8Array, layout: Layout): Uint8Array {
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
  if (addition === DEFLATE) return decodeDeflate(data, limit);
  if (addition === ZSTD) return decodeZstd(data, limit);
  throw new Unsupported(`has LERC with the additional compression ${addition}`);
}
