/** Opens one band of a scene by its first bytes, and brings windows of it to the disk as they are asked for. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { BandSource } from '../cards/card.js';
import { openRaster, type Raster, type Window } from '../rasters/index.js';
import { ObjectReplaced } from '../store/fetch-range.js';
import { localName } from '../store/local-name.js';
import type { ObjectStore } from '../store/object-store.js';
import { type FetchCosts, HEAD_BYTES } from './fetch-costs.js';
import { fetchPart } from './fetch-part.js';
import { isReasonForWhole } from './needed-part.js';
import { type Bringing, PartialObject } from './partial-object.js';

export interface OpenBand {
  readonly raster: Raster;
  /**
   * Brings what of the object holds the window's pixels, as far as it is not there.
   * @returns the path of a file that a reader finds them in
   * @throws ObjectReplaced where there is another version by now, RasterError, and what the store fails with
   */
  readonly bring: (window: Window) => Promise<string>;
  readonly close: () => Promise<void>;
}

/**
 * @param source a band whose main object has a version (an ETag), or is to be brought whole
 * @param folder of this version of the object alone: what lies there is gone on with. One at a time may use it.
 * @throws RasterError, ObjectReplaced, and what the store fails with
 */
export async function openBand(
  store: ObjectStore,
  source: BandSource,
  folder: string,
  costs: FetchCosts,
  bringing: Bringing,
): Promise<OpenBand> {
  await mkdir(folder, { recursive: true });
  const [main] = source.objects;
  if (main?.etag === undefined) return await openWhole(store, source, folder, bringing);
  try {
    return await openInParts(store, source, folder, costs, bringing);
  } catch (error) {
    if (error instanceof ObjectReplaced || !isReasonForWhole(error)) throw error;
    return await openWhole(store, source, folder, bringing);
  }
}

async function openInParts(
  store: ObjectStore,
  source: BandSource,
  folder: string,
  costs: FetchCosts,
  bringing: Bringing,
): Promise<OpenBand> {
  const [first, ...beside] = source.objects;
  const main = first!;
  const partial = await PartialObject.open(store, main, join(folder, localName(main.key)));
  let raster: Raster;
  try {
    for (const one of beside)
      await store.download(one, partial.beside(localName(one.key)), { signal: bringing.signal });
    const head = main.bytes <= costs.fewestBytes ? main.bytes : HEAD_BYTES;
    await partial.bring([{ from: 0, to: head }], bringing);
    raster = await partial.reading(() => openRaster(partial.path), HEAD_BYTES, bringing);
  } catch (error) {
    await partial.close();
    throw error;
  }
  let whole: OpenBand | undefined;
  return {
    raster,
    bring: async (window) => {
      const windows = [[source.rasterBand, window]] as const;
      try {
        if (whole === undefined)
          await fetchPart({ partial, raster, windows, bytes: 0, blocks: 0, ofBlocks: 0 }, costs, bringing);
      } catch (error) {
        if (error instanceof ObjectReplaced || !isReasonForWhole(error)) throw error;
        whole = await openWhole(store, source, folder, bringing);
      }
      return (await whole?.bring(window)) ?? partial.path;
    },
    close: async () => {
      await raster.close();
      await whole?.close();
      await partial.close();
    },
  };
}

async function openWhole(
  store: ObjectStore,
  { objects }: BandSource,
  folder: string,
  { signal }: Bringing,
): Promise<OpenBand> {
  const paths = objects.map(({ key }) => join(folder, localName(key)));
  for (const [i, object] of objects.entries()) await store.download(object, paths[i]!, { signal });
  const raster = await openRaster(paths[0]!);
  return { raster, bring: () => Promise.resolve(paths[0]!), close: () => raster.close() };
}
