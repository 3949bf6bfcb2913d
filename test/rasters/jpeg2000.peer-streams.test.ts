/** Streams of OpenJPEG's encoder and of GDAL, read by us and by them. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { openJpeg2000 } from '../../rasters/jpeg2000/index.js';
import { decodeWithOpenJpeg } from '../../rasters/jpeg2000/openjpeg.js';
import {
  gdalPixels,
  gdalTranslate,
  hasGdal,
  makeImage,
  openJpegEncoder,
  readAll,
  writeCodestream,
  writeForGdal,
} from './jpeg2000.peers.js';
import type { Coding, Image } from './jpeg2000.peers.js';

let folder: string;
let encode: (image: Image, coding?: Coding) => Uint8Array;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'parcelwise-jp2-'));
  encode = await openJpegEncoder();
});
after(() => {
  rmSync(folder, { recursive: true });
});

async function decode(codestream: Uint8Array): Promise<ArrayLike<number>> {
  const raster = await openJpeg2000(writeCodestream(folder, 'stream.j2k', codestream));
  try {
    return await readAll(raster);
  } finally {
    await raster.close();
  }
}

describe('streams of OpenJPEG', () => {
  // Within what the encoder does rightly: no signed samples of 8 bits, no level smaller than a pixel.
  const images = fc
    .record({
      width: fc.integer({ min: 1, max: 150 }),
      height: fc.integer({ min: 1, max: 150 }),
      bits: fc.integer({ min: 1, max: 16 }),
      signed: fc.boolean(),
      seed: fc.integer(),
      levels: fc.integer({ min: 0, max: 6 }),
      progression: fc.integer({ min: 0, max: 4 }),
    })
    .map((image) => ({
      ...image,
      signed: image.signed && image.bits > 8,
      levels: Math.min(image.levels, Math.floor(Math.log2(Math.min(image.width, image.height)))),
    }));

  it('come back bit for bit when lossless', async () => {
    await fc.assert(
      fc.asyncProperty(images, async ({ width, height, bits, signed, seed, levels, progression }) => {
        const image = makeImage(width, height, bits, { signed, seed });
        assert.deepEqual(await decode(encode(image, { levels, progression })), image.samples);
      }),
      { numRuns: 80, seed: 4, endOnFailure: true },
    );
  });

  it('come back as OpenJPEG decodes them when coded by 9/7', async () => {
    await fc.assert(
      fc.asyncProperty(images, async ({ width, height, bits, signed, seed, levels, progression }) => {
        const image = makeImage(width, height, bits, { signed, seed });
        const codestream = encode(image, { levels, progression, lossless: false });
        assert.deepEqual(await decode(codestream), (await decodeWithOpenJpeg(codestream)).samples);
      }),
      { numRuns: 80, seed: 5, endOnFailure: true },
    );
  });

  it('with a component transform are decoded, band by band', async () => {
    const image = makeImage(70, 50, 8, { componentCount: 3 });
    const pixels = await decode(encode(image));
    assert.equal(pixels.length, image.samples.length);
    for (let i = 0; i < 70 * 50; i++) {
      for (let band = 0; band < 3; band++)
        assert.equal(pixels[band * 70 * 50 + i], image.samples[3 * i + band]);
    }
  });
});

describe(
  'files of GDAL',
  { skip: hasGdal() ? false : 'gdal_translate with JP2OpenJPEG is not installed' },
  () => {
    /** Creation options of GDAL's JP2OpenJPEG driver, each a kind of stream that differs in its packets or blocks. */
    const kinds: Record<string, string[]> = {
      'in one tile': ['REVERSIBLE=YES', 'QUALITY=100'],
      'in odd tiles': ['REVERSIBLE=YES', 'QUALITY=100', 'BLOCKXSIZE=61', 'BLOCKYSIZE=47'],
      'in tiles, layers, RLCP': [
        'REVERSIBLE=YES',
        'QUALITY=5,20,100',
        'BLOCKXSIZE=128',
        'BLOCKYSIZE=64',
        'PROGRESSION=RLCP',
      ],
      'with precincts, RPCL': [
        'REVERSIBLE=YES',
        'QUALITY=100',
        'BLOCKXSIZE=100',
        'BLOCKYSIZE=90',
        'PROGRESSION=RPCL',
        'PRECINCTS={64,32},{32,64},{16,16}',
      ],
      'with precincts and layers, PCRL': [
        'REVERSIBLE=YES',
        'QUALITY=10,100',
        'PROGRESSION=PCRL',
        'PRECINCTS={64,64},{32,32}',
      ],
      'with precincts and layers, CPRL': [
        'REVERSIBLE=YES',
        'QUALITY=10,100',
        'PROGRESSION=CPRL',
        'PRECINCTS={128,64}',
      ],
      'with SOP and EPH': [
        'REVERSIBLE=YES',
        'QUALITY=30,100',
        'SOP=YES',
        'EPH=YES',
        'BLOCKXSIZE=97',
        'BLOCKYSIZE=64',
      ],
      'in tile-parts by resolution': [
        'REVERSIBLE=YES',
        'QUALITY=100',
        'TILEPARTS=RESOLUTIONS',
        'BLOCKXSIZE=128',
        'BLOCKYSIZE=128',
      ],
      'in tile-parts by layer': [
        'REVERSIBLE=YES',
        'QUALITY=10,100',
        'TILEPARTS=LAYERS',
        'BLOCKXSIZE=128',
        'BLOCKYSIZE=128',
      ],
      'with blocks of 4 x 4': [
        'REVERSIBLE=YES',
        'QUALITY=100',
        'CODEBLOCK_WIDTH=4',
        'CODEBLOCK_HEIGHT=4',
        'BLOCKXSIZE=64',
        'BLOCKYSIZE=64',
      ],
      'with blocks of 1024 x 4': [
        'REVERSIBLE=YES',
        'QUALITY=100',
        'CODEBLOCK_WIDTH=1024',
        'CODEBLOCK_HEIGHT=4',
      ],
      'with blocks of 4 x 1024': [
        'REVERSIBLE=YES',
        'QUALITY=100',
        'CODEBLOCK_WIDTH=4',
        'CODEBLOCK_HEIGHT=1024',
      ],
      'cut off, 5/3': ['REVERSIBLE=YES', 'QUALITY=15', 'BLOCKXSIZE=64', 'BLOCKYSIZE=64'],
      'cut off, 9/7': ['REVERSIBLE=NO', 'QUALITY=15', 'BLOCKXSIZE=61', 'BLOCKYSIZE=47'],
      'fine, 9/7, layers': ['REVERSIBLE=NO', 'QUALITY=5,40', 'RESOLUTIONS=7'],
      'of code-block style 63': [
        'REVERSIBLE=YES',
        'QUALITY=100',
        'CODEBLOCK_STYLE=63',
        'BLOCKXSIZE=128',
        'BLOCKYSIZE=128',
      ],
      'with PLT and TLM': [
        'REVERSIBLE=YES',
        'QUALITY=100',
        'PLT=YES',
        'TLM=YES',
        'BLOCKXSIZE=64',
        'BLOCKYSIZE=64',
      ],
    };
    const shapes = {
      '8 bit': [8, false],
      '15 bit': [15, false],
      '16 bit': [16, false],
      'signed 16 bit': [16, true],
    } as const;

    for (const [kind, options] of Object.entries(kinds)) {
      it(`${kind} decode as GDAL decodes them`, async () => {
        for (const [shape, [bits, signed]] of Object.entries(shapes)) {
          const image = makeImage(233, 179, bits, { signed, seed: options.length });
          const path = join(folder, 'gdal.jp2');
          const creation = [...options, `NBITS=${bits}`].flatMap((option) => ['-co', option]);
          gdalTranslate(writeForGdal(folder, 'image.img', image), path, '-of', 'JP2OpenJPEG', ...creation);
          const raster = await openJpeg2000(path);
          const pixels = await readAll(raster);
          await raster.close();
          const expected = gdalPixels(folder, path);
          assert.deepEqual(new Uint8Array(pixels.buffer), new Uint8Array(expected), shape);
          const { epsg, originX, originY, stepX, stepY } = raster.grid;
          assert.deepEqual([epsg, originX, originY, stepX, stepY], [32631, 600000, 5800020, 10, -10]);
        }
      });
    }

    it('with several bands decode as GDAL decodes them', async () => {
      for (const componentCount of [2, 3, 4]) {
        const image = makeImage(120, 77, 12, { componentCount });
        const path = join(folder, 'bands.jp2');
        // OpenJPEG's WASM can't do a transform of three components beside a fourth one.
        const ycc = componentCount === 4 ? 'YCC=NO' : 'YCC=YES';
        const options = ['REVERSIBLE=YES', 'QUALITY=100', 'BLOCKXSIZE=64', 'BLOCKYSIZE=64', 'NBITS=12', ycc];
        gdalTranslate(
          writeForGdal(folder, 'image.img', image),
          path,
          '-of',
          'JP2OpenJPEG',
          ...options.flatMap((option) => ['-co', option]),
        );
        const raster = await openJpeg2000(path);
        const pixels = await readAll(raster);
        await raster.close();
        assert.deepEqual(new Uint8Array(pixels.buffer), new Uint8Array(gdalPixels(folder, path)));
      }
    });
  },
);
