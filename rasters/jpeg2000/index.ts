/** JPEG 2000 as a Raster: JP2 files and bare codestreams. */
import { checkCoordinates } from '../crs-units.js';
import { FileSource } from '../file-source.js';
import type { Raster } from '../raster.js';
import { orRefusal } from '../refusal.js';
import { readBoxes } from './boxes.js';
import { readCodestream } from './codestream.js';
import { readGeoreference } from './georeference.js';
import { Jpeg2000Raster } from './raster.js';

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
      const { georeference, notes } = await readGeoreference(source, file, size);
      checkCoordinates({ ...georeference, ...size });
      return new Jpeg2000Raster(source, codestream, georeference, notes);
    } catch (error) {
      source.close();
      throw error;
    }
  });
}
