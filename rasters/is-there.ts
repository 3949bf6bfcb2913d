/** Looks at what of a file is there, without reading it as a raster. */
import type { ByteRange } from './byte-ranges.js';
import { FileSource } from './file-source.js';

/**
 * Whether these bytes of a file are there.
 * @internal
 */
export function isThere(path: string, ranges: readonly ByteRange[]): boolean {
  const source = new FileSource(path);
  try {
    return ranges.every(({ from, to }) => source.has(from, to - from));
  } finally {
    source.close();
  }
}
