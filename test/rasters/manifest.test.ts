/** Real GeoTIFF and ENVI files, pixel by pixel as GDAL reads them, where the shared data are at hand. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openTiffImage } from '../../rasters/geotiff/open.js';
import { openRaster } from '../../rasters/open.js';
import { PIXEL_ARRAYS, RasterError, type PixelType, type Raster } from '../../rasters/raster.js';

const shared = process.env.PARCELWISE_SHARED ?? fileURLToPath(new URL('../../../../shared', import.meta.url));
const rasters = join(shared, 'data/rasters');
const manifest = join(rasters, 'MANIFEST.tsv');

type Pixels = Pick<Raster, 'readWindow' | 'bandCount' | 'pixelType'> & {
  size: { width: number; height: number };
};

async function sha256(pixels: Pixels): Promise<string> {
  const { width, height } = pixels.size;
  const hash = createHash('sha256');
  for (let band = 1; band <= pixels.bandCount; band++) {
    const target = new PIXEL_ARRAYS[pixels.pixelType](width * height);
    await pixels.readWindow(
      band,
      { column: 0, row: 0, width, height },
      { pixels: target, offset: 0, stride: width },
    );
    hash.update(new Uint8Array(target.buffer));
  }
  return hash.digest('hex');
}

describe('real rasters', { skip: existsSync(manifest) ? false : 'the real rasters are not here' }, () => {
  const rows = existsSync(manifest) ? readFileSync(manifest, 'utf8').trim().split('\n').slice(1) : [];
  for (const row of rows) {
    const [name = '', , driver, , , , dtype, crs = '', noData, transform = '', wanted] = row.split('\t');
    if (driver !== 'GTiff' && driver !== 'ENVI') continue;
    const path = join(rasters, name);
    const [originX, stepX, shearX, originY, , stepY] = transform.split(' ').map(Number);

    if (wanted === 'READ-ERROR') {
      it(`${name} is refused`, async () => {
        await assert.rejects(openRaster(path), RasterError);
      });
    } else if (name.endsWith('slope.tif') || !crs.startsWith('EPSG:') || shearX !== 0) {
      // slope.tif spells its CRS out; GDAL looks its code up by parameters.
      it(`${name} is refused for its georeference, but its pixels can be read`, async () => {
        await assert.rejects(openRaster(path), /CRS|rotated|north-up/);
        const { image, source } = await openTiffImage(path);
        const { layout } = image;
        const readWindow: Raster['readWindow'] = (...wish) => image.readWindow(wish[0], wish[1], wish[2]);
        assert.equal(await sha256({ ...layout, readWindow, size: layout }), wanted);
        source.close();
      });
    } else {
      it(`${name} lies where it lies and has its pixels`, async () => {
        const raster = await openRaster(path);
        const { grid, pixelType, bandCount } = raster;
        assert.equal(pixelType, dtype as PixelType);
        assert.deepEqual(
          [`EPSG:${grid.epsg}`, grid.originX, grid.originY, grid.stepX, grid.stepY],
          [crs, originX, originY, stepX, stepY],
        );
        assert.equal(raster.noData, noData === 'none' ? undefined : noData === 'nan' ? NaN : Number(noData));
        const readWindow: Raster['readWindow'] = (...wish) => raster.readWindow(...wish);
        assert.equal(await sha256({ bandCount, pixelType, readWindow, size: grid }), wanted);
        await raster.close();
      });
    }
  }
});
