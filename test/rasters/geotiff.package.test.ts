/**
 * What the geotiff package does wrong, and we don't: by code of our own, or by what the package is shown. A test that fails
 * here says that this may go.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';
import { deflateSync } from 'node:zlib';
import { fromFile, getDecoder } from 'geotiff';
import { decodeDeflate } from '../../rasters/geotiff/deflate.js';
import { openGeoTiff } from '../../rasters/geotiff/index.js';
import { decodeLzw } from '../../rasters/geotiff/lzw.js';
import { decodePackBits } from '../../rasters/geotiff/packbits.js';
import { decodeZstd } from '../../rasters/geotiff/zstd.js';
import { Damage } from '../../rasters/damage.js';
import { expected, f32, fixture, HEIGHT, read, u16, WIDTH, type Formula } from './made.js';
import { geoKeys, tallTiff, tinyTiff } from './tiny-tiff.js';
import { temporaryFolder } from '../temporary-folder.js';

const folder = temporaryFolder('package');

const PARAMETERS = {
  ...{ tileWidth: 16, tileHeight: 16, predictor: 1, bitsPerSample: [16, 16], planarConfiguration: 1 },
};

/** A band as the package reads it. */
async function byPackage(path: string, band: number): Promise<number[]> {
  const tiff = await fromFile(path);
  try {
    const image = await tiff.getImage();
    const [pixels] = (await image.readRasters({ samples: [band - 1] })) as unknown as [ArrayLike<number>];
    return Array.from(pixels);
  } finally {
    await tiff.close();
  }
}

async function byUs(path: string, band: number): Promise<number[]> {
  const raster = await openGeoTiff(path);
  try {
    const { width, height } = raster.grid;
    return await read(raster, band, { column: 0, row: 0, width, height });
  } finally {
    await raster.close();
  }
}

describe('where the geotiff package is wrong and we are not:', () => {
  const files: [string, string, number, Formula][] = [
    ['predictor 2 in the order of the machine, not of the file', 'u16_lzw_p2_bigendian', 1, u16],
    ['12-bit samples of the second band', 'u16_12bits', 2, u16],
    ['LERC forgets which pixels are NaN', 'f32_lerc_zstd_band', 1, f32],
  ];
  for (const [what, name, band, formula] of files) {
    it(what, async () => {
      const wanted = expected(formula, band);
      assert.notDeepEqual(await byPackage(fixture(`${name}.tif`), band), wanted);
      assert.deepEqual(await byUs(fixture(`${name}.tif`), band), wanted);
    });
  }

  it('predictor 2 of 64 bits is refused', async () => {
    await assert.rejects(byPackage(fixture('f64_lzw_p2.tif'), 1), /64 bits/);
    assert.deepEqual(await byUs(fixture('f64_lzw_p2.tif'), 1), expected(f32, 1));
  });

  it('where the blocks lie, in big-endian files whose list of them is not beside the directory', async () => {
    const path = join(folder, 'tall.tif');
    const rows = 2000;
    writeFileSync(path, tallTiff(rows));
    const wanted = Array.from({ length: rows }, (_, row) => row % 251);
    assert.deepEqual(await byUs(path, 1), wanted);
    const packages = await byPackage(path, 1).catch((error: unknown) => error);
    assert.notDeepEqual(packages, wanted);
  });

  it('places of GeoKeys in text that is not ASCII', async () => {
    const path = join(folder, 'keys.tif');
    const [before, name] = ['RÃ©seau|', 'WGS 84 / UTM zone 33S|'];
    const keys = geoKeys({ 1024: 1, 3072: 32767 }, { 3073: [before.length, name.length] });
    writeFileSync(path, tinyTiff({ 34735: keys, 34737: before + name }));
    const tiff = await fromFile(path);
    assert.notEqual((await tiff.getImage()).getGeoKeys()?.PCSCitationGeoKey, name.slice(0, -1));
    await tiff.close();
    const raster = await openGeoTiff(path);
    assert.equal(raster.grid.epsg, 32733);
    await raster.close();
  });

  it('a file with a tag of a type that is not known, and numbers of 8 bytes with a sign', async () => {
    const path = join(folder, 'types.tif');
    for (const type of [99, 17]) {
      const bytes = tinyTiff({ 305: 'as long as one number' });
      const at = bytes.indexOf(Buffer.from([305 & 255, 305 >> 8, 2, 0]));
      bytes.writeUInt16LE(type, at + 2);
      bytes.writeUInt32LE(2, at + 4);
      writeFileSync(path, bytes);
      const tiff = await fromFile(path);
      const value = tiff.getImage().then((image) => image.getFileDirectory().loadValue('Software'));
      await assert.rejects(value, RangeError);
      await tiff.close();
      await (await openGeoTiff(path)).close();
    }
  });

  it('a PackBits head of 128, which means nothing', async () => {
    // One byte 7, three times the byte 9, between heads that mean nothing.
    const data = Uint8Array.of(0x80, 0x00, 7, 0x80, 0xfe, 9, 0x80, 0x01, 1, 2);
    const wanted = [7, 9, 9, 9, 1, 2];
    const decoder = await getDecoder(32773, PARAMETERS);
    const packages = await decoder.decode(data.buffer).then(
      (bytes) => Array.from(new Uint8Array(bytes)),
      (error: unknown) => error,
    );
    assert.notDeepEqual(packages, wanted);
    assert.deepEqual(Array.from(decodePackBits(data, 100)), wanted);
  });

  it('LZW and Deflate write what the data say, not what a block holds', async () => {
    const block = 1000;
    const lzw = await getDecoder(5, PARAMETERS);
    assert.equal((await lzw.decode(lzwZeros().slice().buffer)).byteLength, 3 * block);
    assert.equal(decodeLzw(lzwZeros(), block).length, block);
    const deflate = await getDecoder(8, PARAMETERS);
    const deflated = Uint8Array.from(deflateSync(Buffer.alloc(3 * block)));
    assert.equal((await deflate.decode(deflated.buffer)).byteLength, 3 * block);
    await assert.rejects(decodeDeflate(deflated, block), Damage);
  });

  it('LZW takes many times as long', async () => {
    const decoder = await getDecoder(5, PARAMETERS);
    const data = lzwZeros(2_000_000);
    const packages = await seconds(() => decoder.decode(data.slice().buffer));
    const ours = await seconds(() => decodeLzw(data, 2_000_000));
    assert.ok(ours * 3 < packages, `${ours} s against ${packages} s`);
  });

  it('damaged ZSTD data that do not tell their size make it loop for ever', { timeout: 60_000 }, async () => {
    const whole = await zstdBlock();
    const broken = Uint8Array.from(whole, (byte, i) => (i === 8 ? byte ^ 0xff : byte));
    assert.ok(await comesBack(whole), 'sound data are decoded');
    assert.ok(!(await comesBack(broken)), 'it came back');
    const bytes = await decodeZstd(broken, 1024);
    assert.ok(bytes.length < 1024);
  });
});

/** `count` zeros in LZW, as TIFF writes it: each code is a string of one zero more than the code before. */
function lzwZeros(count = 3000): Uint8Array {
  let bits = '';
  let width = 9;
  const put = (code: number): void => {
    bits += code.toString(2).padStart(width, '0');
  };
  put(256);
  let next = 258;
  for (let run = 1, left = count; left > 0; run++) {
    const length = Math.min(run, left);
    put(length === 1 ? 0 : 256 + length);
    left -= length;
    if (run > 1) next += 1;
    width = next < 511 ? 9 : next < 1023 ? 10 : next < 2047 ? 11 : 12;
    if (next < 4093) continue;
    put(256);
    [width, next, run] = [9, 258, 0];
  }
  put(257);
  return Uint8Array.from({ length: Math.ceil(bits.length / 8) }, (_, i) =>
    parseInt(bits.slice(8 * i, 8 * i + 8).padEnd(8, '0'), 2),
  );
}

async function seconds(action: () => unknown): Promise<number> {
  const start = performance.now();
  await action();
  return (performance.now() - start) / 1000;
}

/** The first tile of the ZSTD fixture, which GDAL wrote without its size. */
async function zstdBlock(): Promise<Uint8Array> {
  const tiff = await fromFile(fixture('u16_zstd.tif'));
  const directory = (await tiff.getImage()).getFileDirectory();
  const offset = Number(await directory.loadValueIndexed('TileOffsets', 0));
  const length = Number(await directory.loadValueIndexed('TileByteCounts', 0));
  const [bytes] = await tiff.source.fetch([{ offset, length }]);
  await tiff.close();
  return new Uint8Array(bytes!);
}

/** Whether the package's ZSTD decoder ends within five seconds, well or badly. */
async function comesBack(data: Uint8Array): Promise<boolean> {
  const program = `
    import('geotiff').then(async ({ getDecoder }) => {
      const { workerData, parentPort } = await import('node:worker_threads');
      const decoder = await getDecoder(50000, workerData.parameters);
      parentPort.postMessage('ready');
      await decoder.decode(workerData.data.buffer).catch(() => undefined);
      parentPort.postMessage('done');
    });`;
  const worker = new Worker(program, {
    eval: true,
    workerData: { data: data.slice(), parameters: PARAMETERS },
    resourceLimits: { maxOldGenerationSizeMb: 256 },
  });
  return new Promise((resolve) => {
    const end = (back: boolean): void => {
      clearTimeout(timer);
      void worker.terminate().then(() => {
        resolve(back);
      });
    };
    let timer: NodeJS.Timeout | undefined;
    worker.on('message', (message) => {
      if (message === 'done') end(true);
      else
        timer = setTimeout(() => {
          end(false);
        }, 2000);
    });
    // It ends by running out of memory too: each round keeps an empty part.
    worker.on('error', () => {
      end(false);
    });
  });
}

describe('what the package reads right', () => {
  it('is directories and keys: tags by name, the places of blocks, codes', async () => {
    const tiff = await fromFile(fixture('etrs89_nodata.tif'));
    const image = await tiff.getImage();
    assert.equal(image.getGeoKeys()?.ProjectedCSTypeGeoKey, 25831);
    assert.equal(await image.getFileDirectory().loadValue('ImageWidth'), WIDTH);
    assert.equal(await tiff.getImageCount(), 1);
    await tiff.close();
  });

  it('is what it was chosen for: the fixtures it can read have our pixels', async () => {
    for (const [name, formula] of [
      ['u16_none_band', u16],
      ['u16_lzw_p2_tiles', u16],
      ['u16_packbits', u16],
      ['u16_deflate_bigtiff', u16],
      ['u16_zstd', u16],
      ['f32_deflate_p3', f32],
    ] as const) {
      const path = fixture(`${name}.tif`);
      const pixels = await byPackage(path, 2);
      assert.equal(pixels.length, WIDTH * HEIGHT);
      assert.deepEqual(pixels, expected(formula, 2), name);
      assert.deepEqual(await byUs(path, 2), pixels, name);
    }
  });
});
