/** Windows and bands of small files of known pixels, and real Sentinel-2 files where they are at hand. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { openJpeg2000 } from '../../rasters/jpeg2000/index.js';
import { decodeWithOpenJpeg } from '../../rasters/jpeg2000/openjpeg.js';
import { RasterError } from '../../rasters/raster.js';
import type { Raster } from '../../rasters/raster.js';
import { FIXTURES, makeImage, readAll, sharedFolder, writeCodestream } from './jpeg2000.peers.js';

let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'parcelwise-jp2-'));
});
after(() => {
  rmSync(folder, { recursive: true });
});

function openFixture(name: string): Promise<Raster> {
  return openJpeg2000(writeCodestream(folder, name, readFileSync(join(FIXTURES, name))));
}

describe('a JPEG 2000 raster', () => {
  // Made by GDAL from this image: see the names for progression, precincts, layers, tile-parts and code-blocks.
  const image = makeImage(61, 53, 15);

  for (const name of [
    'rpcl-precincts-layers-sop-eph.j2k',
    'rlcp-tile-parts.j2k',
    'pcrl-blocks-4x4.j2k',
    'block-style-63.j2k',
  ]) {
    it(`gives the pixels that went in (${name})`, async () => {
      const raster = await openFixture(name);
      assert.deepEqual(await readAll(raster), image.samples);
      assert.equal(raster.pixelType, 'uint16');
      assert.equal(raster.bandCount, 1);
      await raster.close();
    });
  }

  it("gives OpenJPEG's pixels where coding was lossy", async () => {
    const raster = await openFixture('cprl-97-odd-tiles.j2k');
    const codestream = readFileSync(join(FIXTURES, 'cprl-97-odd-tiles.j2k'));
    assert.deepEqual(await readAll(raster), (await decodeWithOpenJpeg(codestream)).samples);
    await raster.close();
  });

  it('gives any window, into any place of an array, and touches nothing else', async () => {
    const raster = await openFixture('rlcp-tile-parts.j2k');
    const windows = fc
      .tuple(fc.nat(60), fc.nat(60), fc.nat(52), fc.nat(52), fc.nat(5), fc.nat(5))
      .map(([a, b, c, d, offset, gap]) => ({
        column: Math.min(a, b),
        row: Math.min(c, d),
        width: Math.abs(a - b) + 1,
        height: Math.abs(c - d) + 1,
        offset,
        gap,
      }));
    await fc.assert(
      fc.asyncProperty(windows, async ({ offset, gap, ...window }) => {
        const stride = window.width + gap;
        const pixels = new Uint16Array(offset + stride * window.height + 3).fill(65535);
        const expected = pixels.slice();
        for (let y = 0; y < window.height; y++) {
          for (let x = 0; x < window.width; x++) {
            expected[offset + y * stride + x] = image.samples[(window.row + y) * 61 + window.column + x]!;
          }
        }
        await raster.readWindow(1, window, { pixels, offset, stride });
        assert.deepEqual(pixels, expected);
      }),
      { numRuns: 60, seed: 7 },
    );
    await raster.close();
  });

  it('refuses a band, a window or an array that does not fit', async () => {
    const raster = await openFixture('pcrl-blocks-4x4.j2k');
    const window = { column: 0, row: 0, width: 61, height: 53 };
    const target = { pixels: new Uint16Array(61 * 53), offset: 0, stride: 61 };
    await assert.rejects(raster.readWindow(2, window, target), /has bands 1 to 1, not 2/);
    await assert.rejects(raster.readWindow(1, { ...window, column: 1 }, target), /reaches beyond/);
    await assert.rejects(
      raster.readWindow(1, window, { ...target, pixels: new Uint8Array(61 * 53) }),
      /are uint16/,
    );
    await raster.close();
  });

  it('can be read in a worker thread, into shared memory', async () => {
    const path = writeCodestream(folder, 'thread.j2k', readFileSync(join(FIXTURES, 'rlcp-tile-parts.j2k')));
    const shared = new SharedArrayBuffer(61 * 53 * 2);
    const module = new URL('../../rasters/jpeg2000/index.js', import.meta.url).href;
    const code = `
      const { workerData } = require('node:worker_threads');
      import(workerData.module).then(async ({ openJpeg2000 }) => {
        const raster = await openJpeg2000(workerData.path);
        const pixels = new Uint16Array(workerData.shared);
        await raster.readWindow(1, { column: 0, row: 0, width: 61, height: 53 }, { pixels, offset: 0, stride: 61 });
        await raster.close();
      });`;
    const worker = new Worker(code, { eval: true, workerData: { module, path, shared } });
    await new Promise((resolve, reject) => worker.once('exit', resolve).once('error', reject));
    assert.deepEqual(new Uint16Array(shared), image.samples);
  });

  it('says what is wrong with a file that is none', async () => {
    await assert.rejects(openJpeg2000(join(folder, 'absent.jp2')), {
      name: 'RasterError',
      message: /absent\.jp2: .*ENOENT/,
    });
    await assert.rejects(
      openJpeg2000(writeCodestream(folder, 'text.jp2', Buffer.from('not an image at all'))),
      {
        name: 'RasterError',
        message: /text\.jp2: not supported: is neither a JP2 file nor a JPEG 2000 codestream/,
      },
    );
  });
});

const shared = sharedFolder();

describe('real files', { skip: shared === undefined && 'the shared data is not here' }, () => {
  const rasters = join(shared ?? '', 'rasters');
  const manifest = shared === undefined ? '' : readFileSync(join(rasters, 'MANIFEST.tsv'), 'utf8');
  const rows = manifest
    .split('\n')
    .slice(1)
    .map((line) => line.split('\t'));

  for (const [path, , driver, width, height, , type, crs, , transform, sha256] of rows) {
    if (driver !== 'JP2OpenJPEG' || path === undefined) continue;
    if (crs === 'none') {
      it(`${path} is refused for want of a georeference`, async () => {
        await assert.rejects(openJpeg2000(join(rasters, path)), (error) => {
          return error instanceof RasterError && error.message.includes('has no georeference');
        });
      });
      continue;
    }
    it(`${path} has the pixels and the grid that GDAL sees`, async () => {
      const raster = await openJpeg2000(join(rasters, path));
      const { epsg, originX, originY, stepX, stepY } = raster.grid;
      assert.deepEqual([raster.grid.width, raster.grid.height], [Number(width), Number(height)]);
      assert.equal(raster.pixelType, type);
      assert.equal(`EPSG:${epsg}`, crs);
      assert.deepEqual([originX, stepX, 0, originY, 0, stepY], transform?.split(' ').map(Number));
      const pixels = await readAll(raster);
      assert.equal(createHash('sha256').update(new Uint8Array(pixels.buffer)).digest('hex'), sha256);
      await raster.close();
    });
  }

  it('of the acceptance cases decode as OpenJPEG decodes them', async () => {
    const cases = join(shared ?? '', 'cases');
    const files = existsSync(cases) ? readdirSync(cases, { recursive: true }).map(String) : [];
    const images = files.filter((name) => name.endsWith('.jp2'));
    assert.notEqual(images.length, 0);
    for (const name of images) {
      const raster = await openJpeg2000(join(cases, name));
      const { samples, componentCount } = await decodeWithOpenJpeg(readFileSync(join(cases, name)));
      const pixels = await readAll(raster);
      const area = raster.grid.width * raster.grid.height;
      const bands = pixels.map((_, i) => samples[(i % area) * componentCount + Math.floor(i / area)]!);
      assert.deepEqual(pixels, bands, name);
      await raster.close();
    }
  });
});
