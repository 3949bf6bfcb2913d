/** JPEG 2000 as a Raster: JP2 files and bare codestreams. */
import { RasterError, type Raster } from '../raster.js';
import { readBoxes } from './boxes.js';
import { readCodestream } from './codestream.js';
import { Damage } from '../damage.js';
import { readGeoreference } from './georeference.js';
import { Jpeg2000Raster } from './raster.js';
import { FileSource } from '../file-source.js';

/**
 * Opens a JP2 file or a bare JPEG 2000 codestream, whatever its name. Reads headers only.
 *
 * @throws RasterError for a file that is no JPEG 2000, truncated, without georeference, or beyond what is supported.
 */
export async function openJpeg2000(path: string): Promise<Raster> {
  let source: FileSource | undefined;
  try {
    source = new FileSource(path);
    const file = readBoxes(source);
    const codestream = readCodestream(source, file.codestream);
    const georeference = readGeoreference(source, file);
    if (!georeference) {
      throw new Damage(
        'has no georeference: neither a GML box, a GeoJP2 box nor an .aux.xml with an EPSG code',
      );
    }
    return await Promise.resolve(new Jpeg2000Raster(source, codestream, georeference));
  } catch (error) {
    source?.close();
    if (error instanceof Damage) throw new RasterError(path, error.message, { cause: error });
    if (error instanceof Error && 'code' in error && 'syscall' in error) {
      throw new RasterError(path, `cannot be read (${String(error.code)})`, { cause: error });
    }
    throw error;
  }
}
