/** Sentinel-1 CARD products: backscatter as ENVI files in a `.data` folder, coherence as one GeoTIFF. */
import type { BackscatterScene, CoherenceScene } from './calendar.js';
import { enviFile } from './envi-file.js';
import { geotiffFile } from './geotiff-file.js';
import type { PaintedBand } from './painter.js';
import type { SceneFile } from './safe-product.js';

export function backscatterProduct(scene: BackscatterScene, bands: readonly PaintedBand[]): SceneFile[] {
  const folder = `${productFolder('CARD-BS', scene)}/${scene.reference}.data`;
  return bands.flatMap((band) => {
    const { header, image } = enviFile(floats(band), band.grid, `Gamma0_${band.band}`);
    return [
      { key: `${folder}/Gamma0_${band.band}.hdr`, bytes: header },
      { key: `${folder}/Gamma0_${band.band}.img`, bytes: image },
    ];
  });
}

export function coherenceProduct(scene: CoherenceScene, bands: readonly PaintedBand[]): SceneFile[] {
  const key = `${productFolder('CARD-COH6', scene)}/${scene.reference}.tif`;
  return [{ key, bytes: geotiffFile(bands.map(floats), scene.grid) }];
}

function productFolder(kind: string, scene: { reference: string; obstime: string }): string {
  return `Sentinel-1/SAR/${kind}/${scene.obstime.slice(0, 10).replaceAll('-', '/')}/${scene.reference}`;
}

function floats({ band, pixels }: PaintedBand): Float32Array {
  if (!(pixels instanceof Float32Array)) throw new Error(`${band} is not a radar band`);
  return pixels;
}
