/** Where a product lies on the ground by the header of one of its rasters. */
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { enviGrid, openRaster, parseEnviHeader, type RasterGrid } from '../rasters/index.js';
import { ObjectMissing, type ObjectStore } from '../store/object-store.js';
import type { Outline } from './listing.js';

const HEADER_BYTES = 64 << 10;
/** Directories of GeoTIFFs lie at the beginning or the end. */
const TAIL_BYTES = 1 << 20;

/**
 * By ENVI's header.
 * @param keys of headers on one grid: the first that is there is read.
 * @throws ObjectMissing, RasterError
 */
export async function enviOutline(
  keys: readonly [string, ...string[]],
  store: ObjectStore,
  signal?: AbortSignal,
): Promise<Outline> {
  const [key, next, ...rest] = keys;
  let header: Buffer;
  try {
    header = await store.read(key, { from: 0, bytes: HEADER_BYTES }, signal);
  } catch (error) {
    if (next === undefined || !(error instanceof ObjectMissing)) throw error;
    return await enviOutline([next, ...rest], store, signal);
  }
  return gridOutline(enviGrid(key, parseEnviHeader(key, header.toString('latin1'))));
}

/**
 * By a GeoTIFF's directory.
 * @throws ObjectMissing, RasterError
 */
export async function tiffOutline(key: string, store: ObjectStore, signal?: AbortSignal): Promise<Outline> {
  return gridOutline(await readTiffGrid(key, store, signal));
}

/** Hundreds of megabytes, of which the grid takes some hundred bytes: a copy with holes is enough to read it. */
async function readTiffGrid(
  key: string,
  store: ObjectStore,
  signal: AbortSignal | undefined,
): Promise<RasterGrid> {
  const object = await store.head(key, signal);
  if (object === undefined) throw new ObjectMissing(key);
  const folder = await mkdtemp(join(tmpdir(), 'parcelwise-header-'));
  try {
    const path = join(folder, 'header.tif');
    const file = await open(path, 'w');
    try {
      await file.truncate(object.bytes);
      const tail = Math.max(HEADER_BYTES, object.bytes - TAIL_BYTES);
      for (const range of [
        { from: 0, bytes: HEADER_BYTES },
        { from: tail, bytes: TAIL_BYTES },
      ]) {
        if (range.from >= object.bytes) continue;
        const bytes = await store.read(key, range, signal);
        await file.write(bytes, 0, bytes.length, range.from);
      }
    } finally {
      await file.close();
    }
    return (await openRaster(path)).grid;
  } finally {
    await rm(folder, { recursive: true });
  }
}

function gridOutline({ epsg, originX, originY, width, height, stepX, stepY }: RasterGrid): Outline {
  const [right, bottom] = [originX + width * stepX, originY + height * stepY];
  const ring = [
    [originX, originY],
    [right, originY],
    [right, bottom],
    [originX, bottom],
    [originX, originY],
  ] as const;
  return { ring, epsg, cloudCover: null, generated: null };
}
