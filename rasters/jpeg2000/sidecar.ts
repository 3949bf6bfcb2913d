/** GDAL's `.aux.xml` beside a file, as it lies there. */
import { readFileSync, statSync } from 'node:fs';
import { MAX_XML_BYTES } from '../xml.js';

/** Its text; a sentence's end that says why it isn't read; undefined where there is none. */
export type Sidecar = Buffer | string | undefined;

/** @param path of the file that it lies beside */
export function readSidecar(path: string): Sidecar {
  const sidecar = `${path}.aux.xml`;
  const found = statSync(sidecar, { throwIfNoEntry: false });
  if (!found?.isFile()) return undefined;
  if (found.size > MAX_XML_BYTES) return `has ${found.size} bytes; at most ${MAX_XML_BYTES} are read`;
  return readFileSync(sidecar);
}
