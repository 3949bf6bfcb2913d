/** Rasters of which only parts are on the disk: the pixels of the whole file, or an error, and never a zero for a hole. */
import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, it } from 'node:test';
import { withTileLengths } from '../../bench/tile-lengths.js';
import { jp2File } from '../../demo/season/jp2-file.js';
import { openRaster } from '../../rasters/open.js';
import { NotFetched } from '../../rasters/partial-file.js';
import { temporaryFolder } from '../temporary-folder.js';
import { FIXTURES, makeImage, writeCodestream } from './jpeg2000.peers.js';
import { fixture } from './made.js';
import { writeEnvi } from './made-envi.js';
import { hasPixelsOfWhole, Partly, pixelsOf } from './partly.js';

const folder = temporaryFolder('partial');
const GRID = { epsg: 32631, width: 320, height: 192, originX: 5e5, originY: 5e6, stepX: 10, stepY: -10 };

/** Five by three tiles. */
const tiledJp2 = (): Promise<Buffer> => (jp2 ??= jp2File(image, GRID, { bits: 15, tileSize: 64 }));
const image = makeImage(GRID.width, GRID.height, 15).samples as Uint16Array;
let jp2: Promise<Buffer> | undefined;

function written(name: string, bytes: Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

function copied(name: string): string {
  const path = join(folder, basename(name));
  copyFileSync(fixture(name), path);
  return path;
}

const FILES: Readonly<Record<string, () => string | Promise<string>>> = {
  'JPEG 2000 without TLM': async () => written('plain.jp2', await tiledJp2()),
  'JPEG 2000 with TLM': async () => written('tlm.jp2', withTileLengths(await tiledJp2())),
  'JPEG 2000 with TLM in several segments of small numbers': async () =>
    written('small.jp2', withTileLengths(await tiledJp2(), { tileBytes: 1, lengthBytes: 2, most: 7 })),
  'JPEG 2000 with TLM without numbers of tiles': async () =>
    written('unnumbered.jp2', withTileLengths(await tiledJp2(), { tileBytes: 0, lengthBytes: 4 })),
  'JPEG 2000 of several tile-parts a tile': () =>
    writeCodestream(folder, 'parts.j2k', readFileSync(join(FIXTURES, 'rlcp-tile-parts.j2k'))),
  'JPEG 2000 of several tile-parts a tile with TLM': () =>
    writeCodestream(
      folder,
      'parts-tlm.j2k',
      withTileLengths(readFileSync(join(FIXTURES, 'rlcp-tile-parts.j2k'))),
    ),
  'GeoTIFF tiles': () => copied('u16_lzw_p2_tiles.tif'),
  'GeoTIFF with a mask': () => copied('u16_mask.tif'),
  'GeoTIFF bands apart, not compressed': () => copied('u16_none_band.tif'),
  'GeoTIFF with blocks that were never written': () => copied('u8_sparse.tif'),
  BigTIFF: () => copied('u16_deflate_bigtiff.tif'),
  'ENVI by bands': () => writeEnvi({ interleave: 'bsq', offset: 5 }),
  'ENVI by lines': () => writeEnvi({ interleave: 'bil' }),
  'ENVI by pixels': () => writeEnvi({ interleave: 'bip' }),
};

describe('a raster of which parts are there', () => {
  for (const [name, make] of Object.entries(FILES)) {
    it(`has the pixels of the windows whose bytes are there: ${name}`, async () => {
      await hasPixelsOfWhole(await make());
    });
  }

  it('has nothing without its list, or with that of another file', async () => {
    const path = written('lost.jp2', await tiledJp2());
    const partly = new Partly(path);
    await partly.put([{ from: 0, to: 1000 }]);
    assert.equal(partly.present.length, 1);
    await (await partly.reading(() => openRaster(partly.path))).close();
    const other = new Partly(path);
    assert.equal(other.path, partly.path);
    await assert.rejects(openRaster(other.path), NotFetched);
  });
});

describe('JPEG 2000 tiles', () => {
  it('are found without a look at any other where TLM tells of them', async () => {
    const partly = new Partly(written('listed.jp2', withTileLengths(await tiledJp2())));
    const raster = await partly.reading(() => openRaster(partly.path));
    const { misses } = partly;
    assert.equal(raster.isListed, true);
    assert.equal(raster.rangesOf(1, { column: 310, row: 180, width: 5, height: 5 }).length, 1);
    assert.equal(partly.misses, misses);
    await raster.close();
  });

  it('are followed from one to the next without TLM, and no further than to the one that is wanted', async () => {
    const partly = new Partly(written('chain.jp2', await tiledJp2()));
    const raster = await partly.reading(() => openRaster(partly.path));
    const opened = partly.misses;
    assert.equal(raster.isListed, false);
    // The eighth tile, five in a row; the first mark came with the header.
    await partly.reading(() => raster.rangesOf(1, { column: 130, row: 70, width: 1, height: 1 }));
    assert.equal(partly.misses - opened, 7);
    await partly.reading(() => raster.rangesOf(1, { column: 0, row: 0, width: 1, height: 1 }));
    assert.equal(partly.misses - opened, 7);
    await raster.close();
  });

  for (const [what, change] of Object.entries({
    'a length that is wrong': (parts: { length: number }[]) => (parts[3]!.length += 1),
    'a tile that is missing': (parts: object[]) => parts.pop(),
    'a tile there is not': (parts: { tile: number }[]) => (parts[3]!.tile = 999),
    'a length that can not be': (parts: { length: number }[]) => {
      parts[3]!.length += parts[4]!.length - 3;
      parts[4]!.length = 3;
    },
  }))
    it(`are followed from one to the next where TLM tells of ${what}`, async () => {
      const file = withTileLengths(await tiledJp2(), undefined, change);
      const partly = new Partly(written('wrong.jp2', file));
      const raster = await partly.reading(() => openRaster(partly.path));
      assert.equal(raster.isListed, false);
      await raster.close();
    });

  it('are refused where TLM leaves a tile without one of its tile-parts', async () => {
    const stream = readFileSync(join(FIXTURES, 'rlcp-tile-parts.j2k'));
    const file = withTileLengths(stream, undefined, (parts) => {
      const last = parts.findLast(({ tile }) => tile === 0)!;
      last.tile = 1;
    });
    const partly = new Partly(writeCodestream(folder, 'lent.j2k', file));
    const raster = await partly.reading(() => openRaster(partly.path));
    assert.equal(raster.isListed, true);
    const window = { column: 0, row: 0, width: 1, height: 1 };
    await partly.put([{ from: 0, to: file.length }]);
    await assert.rejects(pixelsOf(raster, 1, window), /TLM/);
    await raster.close();
  });

  it('are refused where TLM has the lengths of two of them the wrong way round', async () => {
    const file = withTileLengths(await tiledJp2(), undefined, (parts) => {
      [parts[2]!.length, parts[3]!.length] = [parts[3]!.length, parts[2]!.length];
    });
    const partly = new Partly(written('swapped.jp2', file));
    const raster = await partly.reading(() => openRaster(partly.path));
    assert.equal(raster.isListed, true);
    const window = { column: 200, row: 0, width: 9, height: 9 };
    await partly.put(raster.rangesOf(1, window));
    assert.throws(() => raster.rangesOf(1, window), /TLM/);
    await assert.rejects(pixelsOf(raster, 1, window), /TLM/);
    await raster.close();
  });
});
