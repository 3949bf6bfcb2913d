/** Other people's JPEG 2000: OpenJPEG's encoder (WASM, always there) and GDAL (where installed), and files made of both. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PIXEL_ARRAYS } from '../../rasters/raster.js';
import type { PixelArray, Raster } from '../../rasters/raster.js';

const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url));

/** Tiny files of our own making: the pixels are those of `makeImage`. */
export const FIXTURES = join(REPOSITORY, 'test/rasters/fixtures/jpeg2000');

/** Real data that is not part of the project; undefined where it isn't there. */
export function sharedFolder(): string | undefined {
  const folder = resolve(REPOSITORY, process.env.PARCELWISE_SHARED ?? '../shared', 'data');
  return existsSync(folder) ? folder : undefined;
}

export function hasGdal(): boolean {
  const formats = spawnSync('gdal_translate', ['--formats'], { encoding: 'utf8' });
  return formats.status === 0 && formats.stdout.includes('JP2OpenJPEG');
}

export interface Image {
  readonly width: number;
  readonly height: number;
  readonly bits: number;
  readonly signed: boolean;
  readonly componentCount: number;
  /** Components interleaved. */
  readonly samples: Uint8Array | Int8Array | Uint16Array | Int16Array;
}

/** Fields of two levels with noise inside, full range here and there: something in every bit-plane. */
export function makeImage(
  width: number,
  height: number,
  bits: number,
  { signed = false, componentCount = 1, seed = 1 } = {},
): Image {
  const random = randomNumbers(seed);
  const Samples = bits <= 8 ? (signed ? Int8Array : Uint8Array) : signed ? Int16Array : Uint16Array;
  const samples = new Samples(width * height * componentCount);
  const range = 2 ** bits;
  for (let i = 0; i < samples.length; i++) {
    const pixel = Math.floor(i / componentCount);
    const field = ((pixel % width) >> 3) + (Math.floor(pixel / width) >> 3);
    const level = field % 2 === 0 ? 0.2 : 0.6;
    const value = random() < 0.02 ? random() : level + 0.1 * random();
    samples[i] = Math.floor(value * range) - (signed ? range / 2 : 0);
  }
  return { width, height, bits, signed, componentCount, samples };
}

/** Mulberry32: the same numbers from the same seed. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface EncoderModule {
  J2KEncoder: new () => Encoder;
}

interface Encoder {
  getDecodedBuffer(frame: object): Uint8Array;
  getEncodedBuffer(): Uint8Array;
  setDecompositions(levels: number): void;
  setProgressionOrder(order: number): void;
  setQuality(lossless: boolean, quality: number): void;
  encode(): void;
  delete(): void;
}

export interface Coding {
  readonly levels?: number;
  readonly progression?: number;
  readonly lossless?: boolean;
}

/** An encoder that returns codestreams of one tile. */
export async function openJpegEncoder(): Promise<(image: Image, coding?: Coding) => Uint8Array> {
  const load = createRequire(import.meta.url)('@cornerstonejs/codec-openjpeg/wasmjs') as (
    options: object,
  ) => Promise<EncoderModule>;
  const silent = (): void => undefined;
  const { J2KEncoder } = await load({ print: silent, printErr: silent });
  return (image, { levels = 3, progression = 0, lossless = true } = {}) => {
    const encoder = new J2KEncoder();
    const frame = { width: image.width, height: image.height, bitsPerSample: image.bits };
    const { samples, signed, componentCount } = image;
    encoder
      .getDecodedBuffer({ ...frame, componentCount, isSigned: signed })
      .set(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength));
    encoder.setDecompositions(levels);
    encoder.setProgressionOrder(progression);
    encoder.setQuality(lossless, lossless ? 0 : 20);
    encoder.encode();
    const codestream = encoder.getEncodedBuffer().slice();
    encoder.delete();
    return codestream;
  };
}

const PAM = `<PAMDataset>
  <SRS>PROJCS["WGS 84 / UTM zone 31N",GEOGCS["WGS 84",AUTHORITY["EPSG","4326"]],AUTHORITY["EPSG","32631"]]</SRS>
  <GeoTransform>600000, 10, 0, 5800020, 0, -10</GeoTransform>
</PAMDataset>`;

/** Writes a bare codestream and its georeference beside it. */
export function writeCodestream(folder: string, name: string, codestream: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, codestream);
  writeFileSync(`${path}.aux.xml`, PAM);
  return path;
}

/** Writes an image as an ENVI file, which GDAL takes as input. */
export function writeForGdal(folder: string, name: string, image: Image): string {
  const path = join(folder, name);
  writeFileSync(path, image.samples);
  const type = image.bits <= 8 ? 1 : image.signed ? 2 : 12;
  writeFileSync(
    `${path}.hdr`,
    `ENVI\nsamples = ${image.width}\nlines = ${image.height}\nbands = ${image.componentCount}\nheader offset = 0\n` +
      `data type = ${type}\ninterleave = bip\nbyte order = 0\n` +
      'map info = {UTM, 1, 1, 600000, 5800020, 10, 10, 31, North, WGS-84}\n',
  );
  return path;
}

export function gdalTranslate(from: string, to: string, ...options: string[]): void {
  execFileSync('gdal_translate', ['-q', ...options, from, to], { stdio: ['ignore', 'ignore', 'pipe'] });
}

/** What GDAL decodes: band after band. */
export function gdalPixels(folder: string, path: string): Uint8Array {
  const raw = join(folder, 'decoded.img');
  gdalTranslate(path, raw, '-of', 'ENVI', '-co', 'INTERLEAVE=BSQ');
  return readFileSync(raw);
}

/** All pixels of a raster, band after band, in the order of bytes of the file's type. */
export async function readAll(raster: Raster): Promise<PixelArray> {
  const { width, height } = raster.grid;
  const pixels = new PIXEL_ARRAYS[raster.pixelType](width * height * raster.bandCount);
  for (let band = 1; band <= raster.bandCount; band++) {
    const target = { pixels, offset: (band - 1) * width * height, stride: width };
    await raster.readWindow(band, { column: 0, row: 0, width, height }, target);
  }
  return pixels;
}
