import assert from 'node:assert/strict';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { openRaster } from '../../rasters/open.js';
import { RasterError } from '../../rasters/raster.js';
import { fixture } from './made.js';
import { temporaryFolder } from '../temporary-folder.js';

const folder = temporaryFolder('open');

describe('a raster file is opened by what is in it', () => {
  for (const name of ['u16_none_band', 'u16_deflate_bigtiff', 'u16_lzw_p2_bigendian']) {
    it(`${name} as GeoTIFF, although it is called .jp2`, async () => {
      const path = join(folder, `${name}.jp2`);
      copyFileSync(fixture(`${name}.tif`), path);
      const raster = await openRaster(path);
      assert.equal(raster.format, 'GeoTIFF');
      assert.equal(raster.path, path);
      await raster.close();
    });
  }

  for (const [what, head] of [
    ['a JP2 file', '0000000c6a5020200d0a870a'],
    ['a codestream', 'ff4fff51002f000000000000'],
  ] as const) {
    it(`${what} as JPEG 2000, although it is called .tif and cut`, async () => {
      const path = join(folder, 'cut.tif');
      writeFileSync(path, Buffer.from(head, 'hex'));
      await assert.rejects(openRaster(path), (error: Error) => {
        assert.ok(error instanceof RasterError);
        assert.doesNotMatch(error.message, /neither JPEG 2000/);
        return true;
      });
    });
  }

  it('pixels without a name, as ENVI where a header lies beside', async () => {
    writeFileSync(join(folder, 'pixels'), Buffer.alloc(4));
    const header =
      'ENVI\nsamples = 2\nlines = 2\nbands = 1\ndata type = 1\nmap info = {UTM, 1, 1, 5e5, 5e6, 10, 10, 31, North, WGS-84}';
    writeFileSync(join(folder, 'pixels.HDR'), header);
    const raster = await openRaster(join(folder, 'pixels'));
    assert.equal(raster.format, 'ENVI');
    await raster.close();
  });

  it('anything else not at all', async () => {
    const path = join(folder, 'page.jp2');
    writeFileSync(path, '<html>502</html>');
    await assert.rejects(
      openRaster(path),
      /page\.jp2: is neither JPEG 2000 nor GeoTIFF.*begins with 3c68746d/,
    );
    writeFileSync(path, '');
    await assert.rejects(openRaster(path), /page\.jp2: is empty/);
    await assert.rejects(openRaster(join(folder, 'none')), /none: cannot be read \(ENOENT\)/);
  });
});
