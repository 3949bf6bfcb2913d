/** The staged scenes that this process works on: headers read, coverages found, pixels decoded as chunks need them. */
import { resolve } from 'node:path';
import type { CloudyParcels } from '../../extraction/cloudy-parcels.js';
import type { Coverages } from '../../extraction/coverages.js';
import { DecodedAhead } from '../../extraction/decoded-ahead.js';
import { type Image, readImage } from '../../extraction/image.js';
import type { Needs } from '../../extraction/needed-windows.js';
import { needsOfChunks, pendingOf } from '../../extraction/pending-parcels.js';
import type { PixelBudget } from '../../extraction/pixel-budget.js';
import type { SceneIndex } from '../../extraction/scene-indices.js';
import { ScenePlanes } from '../../extraction/scene-planes.js';
import type { ScenePlan } from '../../extraction/scratch/scene-plan.js';
import { type Manifest, StagedScene } from '../../extraction/scratch/staged-scene.js';
import type { ClassMask } from '../../extraction/shared-planes.js';
import type { Threads } from '../../extraction/tasks.js';
import { WantedPlanes } from '../../extraction/wanted-planes.js';
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
  /** What is decoded of scenes that no chunk has asked for yet, by their folders. */
  private readonly ahead = new Map<string, DecodedAhead>();

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

  /**
   * Begins to decode what is needed of a scene that is still being staged.
   * @returns undefined where no memory is free for it
   */
  beginAhead(folder: string, needs: Needs, clear: ClassMask | undefined): DecodedAhead | undefined {
    const path = resolve(folder);
    this.dropAhead(path);
    const wanted = new WantedPlanes(needs, clear, this.budget.bytes);
    const ahead = DecodedAhead.begin(wanted, this.threads, this.budget);
    if (ahead) this.ahead.set(path, ahead);
    return ahead;
  }

  /** Lets go of a scene's memory and open files. */
  async forget(folder: string): Promise<void> {
    const path = resolve(folder);
    this.dropAhead(path);
    await this.closeScene(path);
    await this.closeFiles(path);
  }

  /** Another plan holds for a scene: what follows from its plan is found anew. What is decoded ahead stays. */
  async replan(folder: string): Promise<void> {
    const path = resolve(folder);
    if (await this.closeScene(path)) await this.closeFiles(path);
  }

  private dropAhead(path: string): void {
    this.ahead.get(path)?.close();
    this.ahead.delete(path);
  }

  /** @returns whether it was open */
  private async closeScene(path: string): Promise<boolean> {
    const known = this.scenes.get(path);
    this.scenes.delete(path);
    const scene = await known?.catch(() => undefined);
    scene?.planes.close();
    return known !== undefined;
  }

  private closeFiles(folder: string): Promise<void> {
    return this.threads.broadcast({ kind: 'forget', folder });
  }

  /** Gives a scene the planes that are decoded ahead, where they hold all that it needs. */
  private async handOver(folder: string, planes: ScenePlanes): Promise<void> {
    const ahead = this.ahead.get(folder);
    this.ahead.delete(folder);
    if (ahead === undefined || planes.adopt(ahead)) return;
    ahead.close();
    // Threads keep the tile that was decoded last, as far as it was wanted then.
    await this.closeFiles(folder);
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
    const beside = { alsoDecoded, classMap, clear };
    const planes = new ScenePlanes(images, needs.coverages, this.threads, this.budget, beside);
    await this.handOver(folder, planes);
    return {
      ...{ staged, manifest, plan, images, indices, clear, cloudy, classMap, planes },
      coverages,
      histogramCoverages: histograms,
      clearCoverages,
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
