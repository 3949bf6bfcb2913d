/** Which parts of a scene's objects hold pixels of its parcels, and whether those alone are worth fetching. */
import { type Order, selectionOf } from '../../campaigns/order.js';
import type { BandSource } from '../../cards/card.js';
import { parcelSetFingerprint } from '../../database/parcels/fingerprint.js';
import { sceneBounds } from '../../database/parcels/parcels.js';
import { whileUnchanged } from '../../database/parcels/parcel-snapshot.js';
import { readPlan } from '../../database/ledger/plan.js';
import { type Image, imageOf, readImage } from '../../extraction/image.js';
import { type Needs, neededWindows } from '../../extraction/needed-windows.js';
import { needsOfChunks, type PendingChunk } from '../../extraction/pending-parcels.js';
import type { StagedScene } from '../../extraction/scratch/staged-scene.js';
import { isThere, NotFetched, openRaster, type Raster } from '../../rasters/index.js';
import type { Bounds } from '../../zonal/index.js';
import { HEAD_BYTES } from '../../reading/fetch-costs.js';
import { choose, type NeededPart, type OpenPart, rangesOf, type Windows } from '../../reading/needed-part.js';
import type { PartialObject } from '../../reading/partial-object.js';
import type { ObjectInfo } from '../../store/object-store.js';
import type { CloudyCount, SceneTask } from '../contract.js';
import type { HostDependencies } from '../dependencies.js';
import { pendingChunks } from './pending-chunks.js';
import type { StepContext } from '../step-context.js';
import {
  type CoverageKeys,
  coverScene,
  needsOf,
  type SceneCoverages,
  type SceneLayers,
  sceneLayers,
  wantedOf,
} from './scene-coverages.js';
import { countCloudy } from './cloudy-scenes.js';
import { SceneAhead } from './scene-ahead.js';
import { checkSameExtent } from './scene-extent.js';
import { type StagedLayers, stagedLayers } from './staged-layers.js';

/** A scene's rasters, opened by their first bytes, and what they say of the objects that can be brought in parts. */
export interface OpenedParts {
  /** The class map, where it says what is needed of the others: it has to be there before `choose` is called. */
  readonly first?: FirstPart | undefined;
  /** @throws RasterError, NotFetched */
  choose(): Promise<ChosenParts>;
  close(): Promise<void>;
}

export interface ChosenParts {
  /** What is needed of objects in parts; the others are needed whole. */
  readonly parts: ReadonlyMap<ObjectInfo, NeededPart>;
  /** Undefined where cloudy parcels are measured as others are. */
  readonly cloudy: CloudyCount | undefined;
  /** Undefined where no memory is free to decode blocks as they come. */
  readonly ahead: SceneAhead | undefined;
}

export interface FirstPart {
  readonly object: ObjectInfo;
  /** Undefined where all of it is needed. */
  readonly part: NeededPart | undefined;
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
  { order, scene: { obsid } }: Pick<SceneTask, 'order' | 'scene'>,
  lying: Lying,
): Promise<OpenedParts> {
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
    const layers = stagedLayers(order, sources, nameOf);
    const scene = await measuredScene(dependencies, { order, obsid }, layers, images, signal);
    const choosing = new Choosing(lying, rasters, scene, dependencies);
    return { first: choosing.first(), choose: () => choosing.choose(signal), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The layers of a scene, and the coverages that they are measured by. */
interface MeasuredScene {
  readonly layers: SceneLayers;
  readonly covered: SceneCoverages;
  readonly keys: CoverageKeys;
  /** The chunks that are to be extracted, where it is known that those are not all. */
  readonly pending: readonly PendingChunk[] | undefined;
  /** Read where cloudy parcels are left out. */
  readonly footprint: Bounds | undefined;
}

class Choosing {
  private classMap: FirstPart | undefined;

  constructor(
    private readonly lying: Lying,
    private readonly rasters: ReadonlyMap<ObjectInfo, Raster>,
    private readonly scene: MeasuredScene,
    private readonly dependencies: Pick<HostDependencies, 'budget' | 'scenes' | 'fetchCosts'>,
  ) {}

  first(): FirstPart | undefined {
    const { layers, covered } = this.scene;
    const object = layers.sky && this.lying.sources[layers.sky.classMap]!.objects[0];
    if (object === undefined || !this.lying.parts.has(object)) return undefined;
    const open = this.open(object, needsOf(layers, covered), layers.sky?.classMap);
    this.classMap = {
      object,
      part: choose(new Map([[object, open]]), this.dependencies.fetchCosts).get(object),
    };
    return this.classMap;
  }

  async choose(signal: AbortSignal): Promise<ChosenParts> {
    const { layers, covered, keys, pending, footprint } = this.scene;
    const { classMap } = this;
    const there = classMap && classMap.part === undefined ? classMap.object : undefined;
    const images = layers.images.map((image, i) =>
      there !== undefined && this.lying.sources[i]!.objects[0] === there
        ? { ...image, path: this.lying.staged.path(this.lying.nameOf(there)) }
        : image,
    );
    const cloudy = await this.dependencies.scenes.cloudy.find({ ...layers, images }, covered, keys, signal);
    const all = needsOf(layers, covered, cloudy);
    const needs = pending ? needsOfChunks(all, pending) : all;
    const open = [...this.lying.parts.keys()]
      .filter((object) => object !== there && !this.isDone(object))
      .map((object) => [object, this.open(object, needs)] as const);
    const parts = choose(new Map(open), this.dependencies.fetchCosts);
    if (classMap?.part && this.isDone(classMap.object)) parts.set(classMap.object, classMap.part);
    return {
      ...{ parts, cloudy: cloudy && footprint && countCloudy(cloudy, footprint) },
      ahead: SceneAhead.begin(this.dependencies.scenes, this.lying, needs, layers.clear, { parts, there }),
    };
  }

  /** The class map's object, where no other band is in it. */
  private isDone(object: ObjectInfo): boolean {
    const { sources } = this.lying;
    return (
      object === this.classMap?.object &&
      sources.filter(({ objects: [main] }) => main === object).length === 1
    );
  }

  /** @param only the one image of it that counts, where others are in it too */
  private open(object: ObjectInfo, needs: Needs, only?: number): OpenPart {
    const windows = this.lying.sources.flatMap(({ objects: [main], rasterBand }, image) =>
      main === object && (only ?? image) === image
        ? bandWindows(needs, image, rasterBand, this.dependencies.budget.bytes)
        : [],
    );
    return { partial: this.lying.parts.get(object)!, raster: this.rasters.get(object)!, windows };
  }
}

function bandWindows(needs: Needs, image: number, rasterBand: number, pixelBytes: number): Windows {
  return neededWindows(needs, image, pixelBytes).map((window) => [rasterBand, window]);
}

async function measuredScene(
  { selections, pool, coverages }: HostDependencies,
  { order, obsid }: { readonly order: Order; readonly obsid: number },
  staged: StagedLayers,
  images: readonly Image[],
  signal: AbortSignal,
): Promise<MeasuredScene> {
  checkSameExtent(images);
  const layers = sceneLayers(staged, images);
  const selection = await selections.check(selectionOf(order));
  const wanted = wantedOf(order, selection, staged, layers);
  const plan = await readPlan(pool, selection, obsid);
  // Of parcels that have changed since, planning finds that something is missing, and they are seen then.
  let seen = plan.length === 0 ? coverages.seen(selection) : undefined;
  const found = await whileUnchanged(async () => {
    const fingerprint = seen ?? (await parcelSetFingerprint(pool, selection));
    seen = undefined;
    const pending =
      plan.length === 0 ? undefined : await pendingChunks(pool, selection, order, obsid, plan, fingerprint);
    return { pending, ...(await coverScene(coverages, selection, fingerprint, wanted, signal)) };
  });
  const footprint = layers.sky && (await sceneBounds(pool, selection, obsid));
  return { layers, ...found, footprint };
}

/**
 * Whether all that is needed of a staged scene's rasters is on the disk, as it is where nothing has changed since.
 * @param only the one of the bands that is looked at; by default all
 */
export async function isAllThere(
  staged: StagedScene,
  bands: readonly { readonly file: string; readonly rasterBand: number }[],
  needs: Needs,
  pixelBytes: number,
  only?: number,
): Promise<boolean> {
  for (const [image, { file, rasterBand }] of bands.entries()) {
    if ((only ?? image) !== image) continue;
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
