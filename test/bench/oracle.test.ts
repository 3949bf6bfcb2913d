import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { oracleOf } from '../../bench/sparse/oracle.js';
import { readTiles } from '../../bench/sparse/tiled-image.js';
import { withTileLengths } from '../../bench/tile-lengths.js';
import { jp2File } from '../../demo/season/jp2-file.js';
import { bytesOf, openRaster } from '../../rasters/index.js';
import { makeImage } from '../rasters/jpeg2000.peers.js';
import { temporaryFolder } from '../temporary-folder.js';

const folder = temporaryFolder('oracle');
const GRID = { epsg: 32631, width: 150, height: 100, originX: 5e5, originY: 5e6, stepX: 10, stepY: -10 };

describe('the oracle of the section sparse', () => {
  const path = join(folder, 'image.jp2');
  before(async () => {
    const { samples } = makeImage(GRID.width, GRID.height, 15);
    const file = await jp2File(samples as Uint16Array, GRID, { bits: 15, tileSize: 64 });
    writeFileSync(path, withTileLengths(file));
  });

  it('finds every tile of a file, the last ones smaller', () => {
    const { tiles, headerBytes, fileBytes } = readTiles(path);
    assert.deepEqual(
      tiles.map(({ column, row, width, height }) => [column, row, width, height]),
      [
        ...[
          [0, 0, 64, 64],
          [64, 0, 64, 64],
          [128, 0, 22, 64],
        ],
        ...[
          [0, 64, 64, 36],
          [64, 64, 64, 36],
          [128, 64, 22, 36],
        ],
      ],
    );
    // EOC is no tile's.
    assert.equal(headerBytes + tiles.reduce((sum, { bytes }) => sum + bytes, 0) + 2, fileBytes);
  });

  it('finds as many bytes of each as the reader that it is beside', async () => {
    const raster = await openRaster(path);
    for (const { column, row, width, height, bytes } of readTiles(path).tiles)
      assert.equal(bytesOf(raster.rangesOf(1, { column, row, width, height })), bytes);
    await raster.close();
  });

  it('counts headers, and the tiles that are needed', () => {
    const { tiles, headerBytes, fileBytes } = readTiles(path);
    const oracle = oracleOf(
      () => path,
      (band, { column }) => band === 'B04' && column === 64,
    );
    const needed = tiles[1]!.bytes + tiles[4]!.bytes;
    const all = tiles.reduce((sum, { bytes }) => sum + bytes, 0);
    assert.deepEqual(oracle, {
      ...{ bytes: 3 * headerBytes + needed, wholeBytes: 3 * fileBytes, decodingShare: needed / (3 * all) },
      ...{ tiles: 2, ofTiles: 18 },
    });
  });
});
