/** What lies in the folder of a staged scene: its label, its manifest, its plan, and the names of its files. */
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bounds } from '../zonal/parcel-set.js';

export interface StagedBand {
  /** The band as the product calls it, and its name in the results table. */
  readonly band: string;
  readonly name: string;
  /** The raster's file name in the folder. */
  readonly file: string;
  /** Band of that file, 1-based. */
  readonly rasterBand: number;
  /** A map of classes, of which a histogram is kept. */
  readonly classes: boolean;
  /** The number of pixels without data by the catalogue, beside the one that the raster itself declares. */
  readonly noData?: number | 'inf' | '-inf' | undefined;
  /** Set where numbers are harmonised: statistics are those of (number + offset) * scale. */
  readonly harmonised?: Harmonised | undefined;
}

export interface Harmonised {
  readonly offset: number;
  readonly scale: number;
  /** The number that stands for a saturated pixel, which is no measurement. */
  readonly saturated: number;
}

/** Written first: which extraction the folder is for. */
export interface Label {
  readonly obsid: number;
  readonly reference: string;
  readonly results: string;
  /** The owner's run: only its own discard removes the folder, or a sweep once it has ended. */
  readonly runId: string;
}

/** Written when every object of the scene lies in the folder, complete. */
export interface Manifest {
  readonly bands: readonly StagedBand[];
  readonly bytes: number;
  /** What is stored with the extraction: radiometry, baseline, offsets and where they come from. */
  readonly facts: Readonly<Record<string, unknown>>;
}

/** What planning found out on this host. */
export interface ScenePlan {
  /** The footprint's box in the parcel table's CRS. */
  readonly footprint: Bounds;
  /** Fingerprint of the parcels that were planned. */
  readonly parcelSet: string;
  /** Parcels the scene meets that lie beyond the grid, ascending. */
  readonly outside: readonly number[];
  /** The coverage's cache key for each band of the manifest. */
  readonly coverages: readonly string[];
  /** Chunks this host was asked to extract. */
  readonly pending: readonly number[];
  /** The parcels of those chunks that are not about all of their range. */
  readonly only?: Readonly<Record<number, readonly number[]>> | undefined;
}

export class StagedScene {
  constructor(readonly folder: string) {}

  path(file: string): string {
    return join(this.folder, file);
  }

  /** The packed rows, histograms and accounts of an extracted chunk. */
  chunkFiles(chunk: number): { rows: string; hists: string; report: string } {
    const base = this.path(`chunk-${chunk}`);
    return { rows: `${base}.rows`, hists: `${base}.hists`, report: `${base}.json` };
  }

  /** Makes the folder where there is none; what lies in one already counts as incomplete from now on. */
  async begin(label: Label): Promise<void> {
    await mkdir(this.folder, { recursive: true });
    await rm(this.path('scene.json'), { force: true });
    await writeJson(this.path('label.json'), label);
  }

  readLabel(): Promise<Label | undefined> {
    return readJson<Label>(this.path('label.json'));
  }

  readManifest(): Promise<Manifest | undefined> {
    return readJson<Manifest>(this.path('scene.json'));
  }

  writeManifest(manifest: Manifest): Promise<void> {
    return writeJson(this.path('scene.json'), manifest);
  }

  readPlan(): Promise<ScenePlan | undefined> {
    return readJson<ScenePlan>(this.path('plan.json'));
  }

  writePlan(plan: ScenePlan): Promise<void> {
    return writeJson(this.path('plan.json'), plan);
  }
}

/** Undefined where there is no such file. */
export async function readJson<T>(path: string): Promise<T | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as T;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Complete or not at all. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  await writeFile(`${path}.part`, JSON.stringify(value));
  await rename(`${path}.part`, path);
}
