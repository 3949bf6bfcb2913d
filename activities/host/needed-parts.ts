/** Which parts of a scene's objects hold pixels of its parcels, and whether those alone are worth fetching. */
import { type Order, selectionOf } from '../../campaigns/order.js';
import type { BandSource } from '../../cards/card.js';
import { parcelSetFingerprint } from '../../database/parcels/fingerprint.js';
import { whileUnchanged } from '../../database/parcels/parcel-snapshot.js';
import { type Image, imageOf, readImage } from '../../extraction/image.js';
import { type Needs, neededWindows } from '../../extraction/needed-windows.js';
import type { StagedScene } from '../../extraction/scratch/staged-scene.js';
import { isThere, NotFetched, openRaster, type Raster } from '../../rasters/index.js';
import { HEAD_BYTES } from '../../reading/fetch-costs.js';
import { choose, type NeededPart, rangesOf, type Windows } from '../../reading/needed-part.js';
import type { PartialObject } from '../../reading/partial-object.js';
import type { ObjectInfo } from '../../store/object-store.js';
import type { HostDependencies } from '../dependencies.js';
import type { StepContext } from '../step-context.js';
import { coverScene, needsOf, sceneLayers, wantedOf } from './scene-coverages.js';
import { checkSameExtent } from './scene-extent.js';
import { type StagedLayers, stagedLayers } from './staged-layers.js';

/** What is needed of a scene's objects in parts; the others are needed whole. */
export interface NeededParts {
  readonly parts: ReadonlyMap<ObjectInfo, NeededPart>;
  close(): Promise<void>;
}

/** Where a scene's objects lie: those whose first bytes are there, and the whole ones by their names. */
interface Lying {
  readonly sources: readonly BandSource[];
  readonly staged: StagedScene;
  readonly nameOf: (object: ObjectInfo) => string;
  readonly parts: ReadonlyMap<ObjectInfo, PartialObject>;
}

/**
 * Opens the rasters by their first bytes, and asks the coverages of their grids, which planning needs next, for the pixels of
 * parcels.
 * @throws RasterError, BadScene, NotAligned, and what fails at the store or the database
 */
export async function openParts(
  { signal }: StepContext,
  dependencies: HostDependencies,
  order: Order,
  lying: Lying,
): Promise<NeededParts> {
  const rasters = new Map<ObjectInfo, Raster>();
  const close = async (): Promise<void> => {
    for (const raster of rasters.values()) await raster.close();
  };
  const { sources, staged, nameOf, parts } = lying;
  try {
    await Promise.all(
      [...parts].map(async ([object, part]) => {
        rasters.set(object, await part.reading(() => openRaster(part.path), HEAD_BYTES, { signal }));
      }),
    );
    const images = await Promise.all(
      sources.map(async ({ objects: [main], rasterBand }) => {
        const raster = rasters.get(main!);
        return raster ? imageOf(raster, rasterBand) : await readImage(staged.path(nameOf(main!)), rasterBand);
      }),
    );
    const needs = await needsOfScene(
      dependencies,
      order,
      stagedLayers(order, sources, nameOf),
      images,
      signal,
    );
    const windowsOf = (object: ObjectInfo): Windows =>
      sources.flatMap(({ objects: [main], rasterBand }, image) =>
        main === object ? bandWindows(needs, image, rasterBand, dependencies.budget.bytes) : [],
      );
    const open = [...parts].map(([object, partial]) => {
      const raster = rasters.get(object)!;
      return [object, { partial, raster, windows: windowsOf(object) }] as const;
    });
    return { parts: choose(new Map(open)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

function bandWindows(needs: Needs, image: number, rasterBand: number, pixelBytes: number): Windows {
  return neededWindows(needs, image, pixelBytes).map((window) => [rasterBand, window]);
}

async function needsOfScene(
  { selections, pool, coverages }: HostDependencies,
  order: Order,
  staged: StagedLayers,
  images: readonly Image[],
  signal: AbortSignal,
): Promise<Needs> {
  checkSameExtent(images);
  const layers = sceneLayers(staged, images);
  const selection = await selections.check(selectionOf(order));
  const wanted = wantedOf(order, selection, staged, layers);
  const { covered } = await whileUnchanged(async () => {
    const fingerprint = await parcelSetFingerprint(pool, selection);
    return await coverScene(coverages, selection, fingerprint, wanted, signal);
  });
  return needsOf(layers, covered);
}

/** Whether all that is needed of a staged scene's rasters is on the disk, as it is where nothing has changed since. */
export async function isAllThere(
  staged: StagedScene,
  bands: readonly { readonly file: string; readonly rasterBand: number }[],
  needs: Needs,
  pixelBytes: number,
): Promise<boolean> {
  for (const [image, { file, rasterBand }] of bands.entries()) {
    const raster = await openRaster(staged.path(file));
    try {
      const windows = bandWindows(needs, image, rasterBand, pixelBytes);
      if (!isThere(raster.path, rangesOf(raster, windows))) return false;
    } catch (error) {
      if (error instanceof NotFetched) return false;
      throw error;
    } finally {
      await raster.close();
    }
  }
  return true;
}
