/** What lies in the folder of a staged scene: its label, its manifest, its plan, and the names of its files. */
import { readFileSync } from 'node:fs';
import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { ClearRule } from '../../database/terms.js';
import { isPlan, type ScenePlan } from './scene-plan.js';
import { isRecord, readJson, ScratchDamaged, writeJson } from './scratch-file.js';
import type { StagedBand, StagedClear, StagedIndex, StagedParts } from './staged-layers.js';

/** Written first: which extraction the folder is for. */
export interface Label {
  readonly obsid: number;
  readonly reference: string;
  readonly results: string;
  /** The owner's run: only its own discard removes the folder, or a clean-up once it has ended. */
  readonly runId: string;
  /** See `Manifest`. */
  readonly boot?: string | undefined;
}

/** Whether two labels are of one run's extraction of one product. */
function isSameScene(a: Label, b: Label): boolean {
  return a.runId === b.runId && a.obsid === b.obsid && a.results === b.results && a.reference === b.reference;
}

/** Written when every object of the scene lies in the folder, complete. */
export interface Manifest {
  readonly bands: readonly StagedBand[];
  /** Left out where there are none. */
  readonly indices?: readonly StagedIndex[] | undefined;
  /** Left out where no band has clear rows. */
  readonly clear?: StagedClear | undefined;
  /** The rule that tells which parcels are cloudy; left out where those are measured as others are. */
  readonly skipCloudy?: ClearRule | undefined;
  /** Of the objects, as far as they were brought. */
  readonly bytes: number;
  /** Left out where all of every object was brought. */
  readonly parts?: StagedParts | undefined;
  /** What is stored with the extraction: radiometry, baseline, offsets and where they come from. */
  readonly facts: Readonly<Record<string, unknown>>;
  /**
   * Since when the machine has been running. Objects are not forced onto the disk, as most are gone again in seconds, so
   * that after a loss of power some may be missing: the manifest speaks for them no longer than the machine runs.
   */
  readonly boot?: string | undefined;
}

/** The file that says so. */
const DISTRUSTED = 'distrusted';

/** Changes with every start of the machine; undefined on systems that don't tell. */
const BOOT = readBoot();

function readBoot(): string | undefined {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return undefined;
  }
}

export class StagedScene {
  constructor(readonly folder: string) {}

  path(file: string): string {
    return join(this.folder, file);
  }

  /** The packed rows, histograms and accounts of an extracted chunk. */
  chunkFiles(chunk: number): { rows: string; clear: string; hists: string; report: string } {
    const base = this.path(`chunk-${chunk}`);
    return {
      rows: `${base}.rows`,
      clear: `${base}.clear`,
      hists: `${base}.hists`,
      report: `${base}.json`,
    };
  }

  /**
   * Makes the folder where there is none; what lies in one already counts as incomplete from now on.
   * @returns whether what lay there was found to be bad
   */
  async begin(label: Label): Promise<boolean> {
    const wasDistrusted = await this.isDistrusted();
    if (!(await this.isTrusted())) await rm(this.folder, { recursive: true, force: true });
    await mkdir(this.folder, { recursive: true });
    for (const mark of ['scene.json', 'plan.json'])
      await rm(this.path(mark), { recursive: true, force: true });
    await writeJson(this.path('label.json'), { ...label, boot: BOOT });
    return wasDistrusted;
  }

  /** When it is staged again what lies here counts, but does not suffice. */
  async reopen(): Promise<void> {
    await rm(this.path('scene.json'), { force: true });
  }

  /** When it is staged again nothing of it is taken for good, not even the objects that are there in full length. */
  distrust(): Promise<void> {
    return writeFile(this.path(DISTRUSTED), '');
  }

  private async isDistrusted(): Promise<boolean> {
    return (await stat(this.path(DISTRUSTED)).catch(() => undefined)) !== undefined;
  }

  /** Whether a download may go on from what lies here. */
  private async isTrusted(): Promise<boolean> {
    try {
      if (await this.isDistrusted()) return false;
      const label = await readJson(this.path('label.json'), isLabel);
      return label !== undefined && label.boot === BOOT;
    } catch (error) {
      if (error instanceof ScratchDamaged) return false;
      throw error;
    }
  }

  /** @throws ScratchDamaged, as the others that read. */
  readLabel(): Promise<Label | undefined> {
    return readJson(this.path('label.json'), isLabel);
  }

  /** Undefined where the scene is not complete, or was before the machine lost its power. */
  async readManifest(): Promise<Manifest | undefined> {
    const manifest = await readJson(this.path('scene.json'), isManifest);
    return manifest?.boot === BOOT ? manifest : undefined;
  }

  writeManifest(manifest: Manifest): Promise<void> {
    return writeJson(this.path('scene.json'), { ...manifest, boot: BOOT });
  }

  readPlan(): Promise<ScenePlan | undefined> {
    return readJson(this.path('plan.json'), isPlan);
  }

  writePlan(plan: ScenePlan): Promise<void> {
    return writeJson(this.path('plan.json'), plan);
  }

  /** What was staged here for this label, where all of it lies here still. */
  async staged(label: Label): Promise<Manifest | undefined> {
    try {
      if (!(await this.isTrusted())) return undefined;
      const there = await this.readLabel();
      if (there === undefined || !isSameScene(there, label)) return undefined;
      const manifest = await this.readManifest();
      if (manifest === undefined) return undefined;
      const files = await Promise.all(manifest.bands.map(({ file }) => stat(this.path(file))));
      return files.every((file) => file.isFile() && file.size > 0) ? manifest : undefined;
    } catch (error) {
      if (error instanceof ScratchDamaged || (error as NodeJS.ErrnoException).code === 'ENOENT')
        return undefined;
      throw error;
    }
  }
}

function isLabel(value: unknown): value is Label {
  return (
    isRecord(value) &&
    Number.isSafeInteger(value.obsid) &&
    ['reference', 'results', 'runId'].every((field) => typeof value[field] === 'string')
  );
}

function isManifest(value: unknown): value is Manifest {
  return (
    isRecord(value) &&
    Array.isArray(value.bands) &&
    value.bands.every(isBand) &&
    (value.indices === undefined || Array.isArray(value.indices)) &&
    (value.clear === undefined || isClear(value.clear)) &&
    (value.skipCloudy === undefined || isClearRule(value.skipCloudy)) &&
    Number.isSafeInteger(value.bytes) &&
    isRecord(value.facts)
  );
}

function isClear(value: unknown): value is StagedClear {
  return isRecord(value) && Array.isArray(value.bands) && isClearRule(value.rule);
}

function isClearRule(value: unknown): value is ClearRule {
  return (
    isRecord(value) &&
    Array.isArray(value.classes) &&
    typeof value.widenM === 'number' &&
    typeof value.minPixels === 'number'
  );
}

/** A file of the scene's folder, and of no other. */
function isBand(value: unknown): boolean {
  return (
    isRecord(value) &&
    typeof value.name === 'string' &&
    typeof value.file === 'string' &&
    value.file === basename(value.file) &&
    Number.isSafeInteger(value.rasterBand)
  );
}
