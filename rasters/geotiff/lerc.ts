/**
 * LERC blocks (Esri's Limited Error Raster Compression), alone or with Deflate or ZSTD around them.
 *
 * The geotiff package's decoder calls an older version of the same package, forgets which pixels are masked (GDAL masks
 * NaN), and all bands but the first where they are encoded one by one.
 */
import { decode, load, type LercData } from 'lerc';
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

/** Where the length of the mask stands, from that of the blob on: after the type, three doubles, and since 6 five more fields. */
const MASK_BEFORE_6 = 32;
const MASK_SINCE_6 = 56;

/** One piece of a block: all bands together, or one of them. */
interface Blob {
  readonly bytes: Uint8Array;
  /** The bytes of its mask; 0 where all pixels are valid, or none, or the same as in the blob before. */
  readonly maskBytes: number;
  readonly pixels: number;
  readonly validPixels: number;
}

/** The block's samples, pixel by pixel, in the machine's byte order. LERC masks what GDAL gave it as NaN. */
export async function decodeLerc(data: Uint8Array, size: number, layout: Layout): Promise<Uint8Array> {
  const blobs = readBlobs(await unwrap(data, size, layout.lercParameters[1] ?? NO_ADDITION), layout);
  await load();
  try {
    return samplesOf(blobs, layout);
  } catch (error) {
    if (error instanceof Damage || error instanceof Unsupported) throw error;
    throw new Damage(`has damaged LERC data (${error instanceof Error ? error.message : 'unknown'})`);
  }
}

/**
 * The package reserves memory for as many pixels as each blob's header says: so the headers (Lerc2 of version 3 and later,
 * which GDAL writes) are looked at before.
 */
function readBlobs(block: Uint8Array, layout: Layout): Blob[] {
  const { blockWidth, blockHeight, samplesPerPixel, pixelType } = layout;
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
  const blobs: Blob[] = [];
  let samples = 0;
  for (let at = 0, left = block.length; left > 0; left = block.length - at) {
    const key = Buffer.from(block.subarray(at, at + 10)).toString('latin1');
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
    const maskAt = sizeAt + (version >= 6 ? MASK_SINCE_6 : MASK_BEFORE_6);
    blobs.push({
      bytes: block.subarray(at, at + bytes),
      maskBytes: maskAt + 4 <= block.length ? view.getInt32(maskAt, true) : 0,
      pixels: rows * columns,
      validPixels: view.getInt32(sizeAt - 8, true),
    });
    at += bytes;
  }
  return blobs;
}

function samplesOf(blobs: readonly Blob[], layout: Layout): Uint8Array {
  const { samplesPerPixel, pixelType } = layout;
  const together = blobs.length === 1;
  if (!together && blobs.length !== samplesPerPixel) throw new Damage(`has ${blobs.length} LERC bands`);
  const step = together ? 1 : samplesPerPixel;
  const [{ pixels: count }] = blobs as [Blob];
  const samples: PixelArray = new PIXEL_ARRAYS[pixelType](count * samplesPerPixel);
  const masked = pixelType.startsWith('float') ? NaN : 0;
  let owner: Blob | undefined;
  for (const [band, blob] of blobs.entries()) {
    if (blob.maskBytes > 0) owner = blob;
    if (blob.pixels !== count) throw new Damage('has LERC bands of different sizes');
    const { pixels, mask } = decodeBlob(blob, owner);
    if (pixels.length !== count * (together ? samplesPerPixel : 1))
      throw new Damage(`has ${pixels.length} LERC samples where ${count} pixels are`);
    const each = pixels.length / count;
    for (let from = 0, to = band; from < pixels.length; from++, to += step)
      samples[to] = mask?.[Math.floor(from / each)] === 0 ? masked : pixels[from]!;
  }
  return new Uint8Array(samples.buffer);
}

/**
 * Blobs are decoded one by one, with the one that brings their mask: of several the package takes as few pixels for valid
 * as the emptiest band has, and loses those of all bands where one has none.
 */
function decodeBlob(
  blob: Blob,
  owner: Blob | undefined,
): { pixels: ArrayLike<number>; mask: Uint8Array | null } {
  const borrows = blob.maskBytes === 0 && blob.validPixels > 0 && blob.validPixels < blob.pixels;
  if (borrows && owner === undefined) throw new Damage('has LERC data without its mask');
  const bytes = borrows ? Buffer.concat([owner!.bytes, blob.bytes]) : blob.bytes;
  const { pixels, mask }: LercData = decode(bytes, { returnInterleaved: true });
  return { pixels: pixels[pixels.length - 1]!, mask };
}

async function unwrap(data: Uint8Array, size: number, addition: number): Promise<Uint8Array> {
  // A LERC blob may be a little larger than the samples in it.
  const limit = 2 * size + 4096;
  if (addition === NO_ADDITION) return data;
  if (addition === DEFLATE) return decodeDeflate(data, limit);
  if (addition === ZSTD) return decodeZstd(data, limit);
  throw new Unsupported(`has LERC with the additional compression ${addition}`);
}
