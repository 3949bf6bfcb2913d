/** JPEG 2000 as a Raster: JP2 files and bare codestreams. */
import { checkCoordinates } from '../crs-units.js';
import { FileSource } from '../file-source.js';
import { noDataOf } from '../no-data.js';
import type { Raster } from '../raster.js';
import { orRefusal } from '../refusal.js';
import { readBoxes } from './boxes.js';
import { readCodestream } from './codestream.js';
import { readGeoreference } from './georeference.js';
import { noDataOfPam } from './pam.js';
import { Jpeg2000Raster } from './raster.js';
import { readSidecar, type Sidecar } from './sidecar.js';
import { pixelTypeOf, type ImageSize } from './siz.js';

/**
 * Opens a JP2 file or a bare JPEG 2000 codestream, whatever its name. Reads headers only.
 *
 * @throws RasterError for a file that is no JPEG 2000, truncated, without georeference, or beyond what is supported.
 */
export function openJpeg2000(path: string): Promise<Raster> {
  return orRefusal(path, async () => {
    const source = new FileSource(path);
    try {
      const file = readBoxes(source);
      const codestream = readCodestream(source, file.codestream);
      const { image } = codestream.size;
      const size = { width: image.x1 - image.x0, height: image.y1 - image.y0 };
      const sidecar = readSidecar(path);
      const { georeference, notes } = await readGeoreference(source, file, sidecar, size);
      checkCoordinates({ ...georeference, ...size });
      const noData = noDataBeside(sidecar, codestream.size);
      return new Jpeg2000Raster(source, codestream, georeference, notes, noData);
    } catch (error) {
      source.close();
      throw error;
    }
  });
}

/** Where GDAL writes it; what lies beside a file is believed of its place on the ground, and so of this. */
function noDataBeside(sidecar: Sidecar, { components }: ImageSize): number | undefined {
  if (!(sidecar instanceof Uint8Array)) return undefined;
  return noDataOf(noDataOfPam(sidecar, components.length), pixelTypeOf(components));
}
