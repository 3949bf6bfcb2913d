/** Tiles at the lower edge that hold only the rows inside the image, as some writers leave them; GDAL reads them. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { deflateSync } from 'node:zlib';
import { openGeoTiff } from '../../rasters/geotiff/index.js';
import { read } from './made.js';
import { madeTiff, PLACE, plain } from './made-tiff.js';
import { temporaryFolder } from '../temporary-folder.js';

const folder = temporaryFolder('short');

/** 5 x 3 pixels in one tile of 16 x 16: as many rows of 16 bytes as are wanted, each pixel its row and column. */
function rows(count: number): Uint8Array {
  return Uint8Array.from({ length: 16 * count }, (_, i) => 16 * Math.floor(i / 16) + (i % 16) + 1);
}

function literals(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from([bytes.length - 1, ...bytes]);
}

/** Codes of 9 bits: clear, each byte, end. */
function lzw(bytes: Uint8Array): Uint8Array {
  const bits = [256, ...bytes, 257].map((code) => code.toString(2).padStart(9, '0')).join('');
  return Uint8Array.from(bits.match(/.{1,8}/g)!, (byte) => parseInt(byte.padEnd(8, '0'), 2));
}

/** One frame of one raw block. */
function zstd(bytes: Uint8Array): Uint8Array {
  const head = [0x28, 0xb5, 0x2f, 0xfd, 0x20, bytes.length];
  const block = (bytes.length << 3) | 1;
  return Uint8Array.from([...head, block & 255, block >> 8, block >> 16, ...bytes]);
}

const WRITERS: readonly [string, number, (bytes: Uint8Array) => Uint8Array][] = [
  ['uncompressed', 1, (bytes) => bytes],
  ['LZW', 5, lzw],
  ['Deflate', 8, (bytes) => deflateSync(bytes)],
  ['PackBits', 32773, literals],
  ['ZSTD', 50000, zstd],
];

describe('a tile that ends before its rows do', () => {
  const tags = { ...plain(5, 3), ...PLACE, 278: undefined, 322: [16], 323: [16] };
  const wanted = Array.from({ length: 15 }, (_, i) => 16 * Math.floor(i / 5) + (i % 5) + 1);

  async function pixelsOf(compression: number, block: Uint8Array): Promise<number[]> {
    const path = join(folder, 'made.tif');
    writeFileSync(path, madeTiff([{ tags: { ...tags, 259: [compression] }, blocks: [block] }]));
    const raster = await openGeoTiff(path);
    try {
      return await read(raster, 1, { column: 0, row: 0, width: 5, height: 3 });
    } finally {
      await raster.close();
    }
  }

  for (const [what, compression, write] of WRITERS) {
    it(`${what}, gives the rows inside the image where it holds them all`, async () => {
      for (const count of [3, 4]) assert.deepEqual(await pixelsOf(compression, write(rows(count))), wanted);
    });

    it(`${what}, is damaged where a row or a byte of them is missing`, async () => {
      for (const bytes of [rows(2), rows(3).subarray(0, 47)])
        await assert.rejects(
          pixelsOf(compression, write(bytes)),
          /damaged: block 0: holds \d+ bytes, but 48 are/,
        );
    });
  }

  it('by a predictor too', async () => {
    const differences = rows(3).map((value, i, all) => (i % 16 === 0 ? value : value - all[i - 1]!));
    const path = join(folder, 'made.tif');
    const changes = { ...tags, 259: [8], 317: [2] };
    writeFileSync(path, madeTiff([{ tags: changes, blocks: [deflateSync(differences)] }]));
    const raster = await openGeoTiff(path);
    assert.deepEqual(await read(raster, 1, { column: 0, row: 0, width: 5, height: 3 }), wanted);
    await raster.close();
  });
});

describe('a file of a kind that is not read', () => {
  it('is not called damaged: LZW of before TIFF 6.0, LERC of the first version, big-endian floats in LERC', async () => {
    const path = join(folder, 'made.tif');
    const refused = async (
      pages: Parameters<typeof madeTiff>[0],
      says: RegExp,
      bigEndian = false,
    ): Promise<void> => {
      writeFileSync(path, madeTiff(pages, bigEndian));
      await assert.rejects(
        openGeoTiff(path).then((raster) => read(raster, 1, { column: 0, row: 0, width: 5, height: 3 })),
        says,
      );
    };
    const image = (compression: number, block: Uint8Array): Parameters<typeof madeTiff>[0] => [
      { tags: { ...plain(5, 3), ...PLACE, 259: [compression] }, blocks: [block] },
    ];
    await refused(
      image(5, Uint8Array.of(0, 1, 0, 0)),
      /made\.tif: not supported: block 0: has LZW data in the order/,
    );
    const first = Buffer.from('CntZImage '.padEnd(80));
    await refused(image(34887, first), /made\.tif: not supported: block 0: has LERC of the first version/);
    const second = Buffer.alloc(80);
    second.write('Lerc2 ');
    second.writeInt32LE(2, 6);
    await refused(image(34887, second), /made\.tif: not supported: block 0: has LERC 2 of version 2/);
    const floats = [{ tags: { ...plain(5, 3, 32, 3), ...PLACE, 259: [34887] }, blocks: [first] }];
    await refused(floats, /made\.tif: not supported: has floating-point samples in LERC/, true);
  });

  it('is damaged where LERC has columns or samples that the block has not', async () => {
    const path = join(folder, 'made.tif');
    for (const [columns, type, said] of [
      [4, 1, '4 columns of uint8'],
      [5, 3, '5 columns of uint16'],
    ] as const) {
      const blob = Buffer.alloc(80);
      blob.write('Lerc2 ');
      // Version, checksum, rows, columns, valid pixels, block size, bytes, type.
      [3, 0, 3, columns, 15, 8, 80, type].forEach((value, i) => blob.writeInt32LE(value, 6 + 4 * i));
      writeFileSync(path, madeTiff([{ tags: { ...plain(5, 3), ...PLACE, 259: [34887] }, blocks: [blob] }]));
      const raster = await openGeoTiff(path);
      await assert.rejects(
        read(raster, 1, { column: 0, row: 0, width: 5, height: 3 }),
        new RegExp(`damaged: block 0: has LERC data of ${said}`),
      );
      await raster.close();
    }
  });
});
