/** The staged scenes that this process works on: headers read, coverages found, pixels decoded as chunks need them. */
import { resolve } from 'node:path';
import type { CloudyParcels } from '../../extraction/cloudy-parcels.js';
import type { Coverages } from '../../extraction/coverages.js';
import { type Image, readImage } from '../../extraction/image.js';
import { needsOfChunks, pendingOf } from '../../extraction/pending-parcels.js';
import type { PixelBudget } from '../../extraction/pixel-budget.js';
import type { SceneIndex } from '../../extraction/scene-indices.js';
import { ScenePlanes } from '../../extraction/scene-planes.js';
import type { ScenePlan } from '../../extraction/scratch/scene-plan.js';
import { type Manifest, StagedScene } from '../../extraction/scratch/staged-scene.js';
import type { Threads } from '../../extraction/tasks.js';
import type { Coverage } from '../../zonal/index.js';
import { NotStaged } from '../failures.js';
import { CloudyScenes } from './cloudy-scenes.js';
import { needsOf, sceneLayers } from './scene-coverages.js';
import type { SceneMask } from './scene-mask.js';

/** A scene of which every file, header and coverage is at hand. */
export interface OpenScene {
  readonly staged: StagedScene;
  readonly manifest: Manifest;
  readonly plan: ScenePlan;
  /** One a band. */
  readonly images: readonly Image[];
  readonly coverages: readonly Coverage[];
  readonly indices: readonly SceneIndex[];
  /** What clear rows are measured under, where there are any. */
  readonly clear: SceneMask | undefined;
  /** Parcels that are measured in the class map alone; undefined where all are measured. */
  readonly cloudy: CloudyParcels | undefined;
  /** The class map's place, where something is told by it. */
  readonly classMap: number | undefined;
  /** One a band; undefined for bands without a histogram, and where that counts the pixels of the row. */
  readonly histogramCoverages: readonly (Coverage | undefined)[];
  /** One a band: by which clear rows are measured. */
  readonly clearCoverages: readonly Coverage[];
  readonly planes: ScenePlanes;
  /** Chunks this process has still to extract; without any the pixels are given back. */
  readonly unextracted: Set<number>;
}

export class OpenScenes {
  /** What staging and planning have asked for, too. */
  readonly cloudy: CloudyScenes;
  private readonly scenes = new Map<string, Promise<OpenScene>>();

  constructor(
    private readonly threads: Threads,
    private readonly budget: PixelBudget,
    private readonly coverages: Coverages,
  ) {
    this.cloudy = new CloudyScenes(threads, budget);
  }

  /** @throws NotStaged when the scene, its plan or its coverage is not on this host. */
  get(folder: string): Promise<OpenScene> {
    const path = resolve(folder);
    const known = this.scenes.get(path);
    if (known) return known;
    const opening = this.open(path);
    this.scenes.set(path, opening);
    opening.catch(() => this.scenes.delete(path));
    return opening;
  }

  /** Lets go of a scene's memory and open files. */
  async forget(folder: string): Promise<void> {
    const path = resolve(folder);
    const known = this.scenes.get(path);
    this.scenes.delete(path);
    const scene = await known?.catch(() => undefined);
    scene?.planes.close();
    await this.threads.broadcast({ kind: 'forget', folder: path });
  }

  private async open(folder: string): Promise<OpenScene> {
    const staged = new StagedScene(folder);
    const manifest = await staged.readManifest();
    const plan = await staged.readPlan();
    if (!manifest || !plan) throw new NotStaged('the scene is not staged on this host any more');
    const images = await readImages(staged, manifest);
    const coverages = await this.all(plan.coverages, images);
    const { histogramCoverages = {} } = plan;
    const histograms = await Promise.all(
      images.map(async (_, band) => {
        const key = histogramCoverages[band];
        return key === undefined ? undefined : await this.mustFind(key);
      }),
    );
    const clearCoverages = plan.clearCoverages ? await this.all(plan.clearCoverages, images) : coverages;
    const layers = sceneLayers(manifest, images);
    const covered = { raw: coverages, histograms, clear: clearCoverages };
    const cloudy = await this.cloudy.find(layers, covered, plan, new AbortController().signal);
    const all = needsOf(layers, covered, cloudy);
    const needs = plan.ranges ? needsOfChunks(all, pendingOf(plan.ranges, plan)) : all;
    const { indices, clear } = layers;
    const { alsoDecoded, classMap } = needs;
    return {
      ...{ staged, manifest, plan, images, indices, clear, cloudy, classMap },
      coverages,
      histogramCoverages: histograms,
      clearCoverages,
      planes: new ScenePlanes(images, needs.coverages, this.threads, this.budget, {
        ...{ alsoDecoded, classMap, clear },
      }),
      unextracted: new Set(plan.pending),
    };
  }

  /** One an image. */
  private async all(keys: readonly string[], images: readonly Image[]): Promise<Coverage[]> {
    return Promise.all(images.map((_, band) => this.mustFind(keys[band] ?? '')));
  }

  private async mustFind(key: string): Promise<Coverage> {
    const coverage = await this.coverages.find(key);
    if (coverage) return coverage;
    throw new NotStaged('the coverage of the scene is not on this host any more');
  }
}

/** @throws RasterError naming the file whose header can't be read. */
export async function readImages(staged: StagedScene, manifest: Manifest): Promise<Image[]> {
  return await Promise.all(
    manifest.bands.map(({ file, rasterBand }) => readImage(staged.path(file), rasterBand)),
  );
}
