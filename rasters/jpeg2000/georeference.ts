/**
 * Where a JPEG 2000 file lies on the ground: from its GML box, its GeoJP2 box, or GDAL's `.aux.xml` beside it, in that
 * order. ESA's Sentinel-2 files have only the first, bare codestreams can have only the last.
 */
import { readFileSync, statSync } from 'node:fs';
import { readMetadata, type Jp2File } from './boxes.js';
import { parseGeoJp2 } from './geojp2.js';
import { parseGml } from './gml.js';
import { MAX_METADATA_BYTES } from './limits.js';
import { parsePam } from './pam.js';
import type { FileSource } from '../file-source.js';

/** CRS and affine transform of a north-up raster: origin is the outer corner of the upper left pixel. */
export interface Georeference {
  readonly epsg: number;
  readonly originX: number;
  readonly originY: number;
  readonly stepX: number;
  readonly stepY: number;
}

/** @returns undefined where nothing says where the file lies, or none of it in terms of an EPSG code and a north-up grid. */
export function readGeoreference(source: FileSource, file: Jp2File): Georeference | undefined {
  for (const box of file.xml) {
    const found = parse(readMetadata(source, box), (bytes) => parseGml(new TextDecoder().decode(bytes)));
    if (found) return found;
  }
  for (const box of file.uuid) {
    const found = parse(readMetadata(source, box), parseGeoJp2);
    if (found) return found;
  }
  return parse(readSidecar(`${source.path}.aux.xml`), (bytes) => parsePam(new TextDecoder().decode(bytes)));
}

function parse(
  bytes: Uint8Array | undefined,
  parser: (bytes: Uint8Array) => Georeference | undefined,
): Georeference | undefined {
  const found = bytes && parser(bytes);
  if (!found || !(found.stepX > 0 && found.stepY < 0)) return undefined;
  const numbers = [found.originX, found.originY, found.stepX, found.stepY];
  return numbers.every(Number.isFinite) && Number.isInteger(found.epsg) && found.epsg > 0 ? found : undefined;
}

function readSidecar(path: string): Uint8Array | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  return found?.isFile() && found.size <= MAX_METADATA_BYTES ? readFileSync(path) : undefined;
}
