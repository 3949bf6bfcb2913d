/**
 * The demo's season on disk: made once for a seed, and taken as it is by later runs while seed and version stay the same.
 */
import { once } from 'node:events';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { SeasonScene } from './calendar.js';
import type { WriterData, WrittenScene } from './scene-writer.js';
import { world, type World } from './world.js';

/** To be raised whenever the same seed would give other files. */
const VERSION = 1;
/** Lies beside the scenes and lists them; written last. */
const MANIFEST = 'season.json';

export interface Season extends World {
  /** The bucket's folder; the keys of the scenes lie below it. */
  readonly folder: string;
  /** True when the files of an earlier run were taken. */
  readonly reused: boolean;
  readonly bytes: number;
}

export interface SeasonOptions {
  readonly folder: string;
  readonly seed: number;
  /** Scenes of other CARD types are left out. */
  readonly cards?: readonly SeasonScene['card'][];
  readonly report?: (progress: SeasonProgress) => void;
  /** Stops after the scenes under way. */
  readonly signal?: AbortSignal;
}

/** Scenes written so far. */
export interface SeasonProgress {
  readonly done: number;
  readonly total: number;
}

interface Manifest {
  readonly version: number;
  readonly seed: number;
  readonly cards: readonly SeasonScene['card'][];
  readonly files: readonly { readonly key: string; readonly bytes: number }[];
}

/**
 * Makes the season, or finds it made. Another season in the folder (of another seed, version or choice of cards) is
 * removed first; other files there are left alone.
 */
export async function makeSeason(options: SeasonOptions): Promise<Season> {
  const { folder, seed, report, signal, cards = ['s2', 'bs', 'c6'] } = options;
  const all = world(seed);
  const wanted = all.scenes.flatMap((scene, place) => (cards.includes(scene.card) ? [place] : []));
  const season = { ...all, scenes: wanted.map((place) => all.scenes[place]!), folder };
  const wish = { version: VERSION, seed, cards };
  const earlier = await readManifest(folder);
  if (earlier && JSON.stringify({ ...earlier, files: undefined }) === JSON.stringify(wish)) {
    if (await complete(folder, earlier)) return { ...season, reused: true, bytes: size(earlier) };
  }
  await removeSeason(folder, earlier);
  await mkdir(folder, { recursive: true });
  const manifest: Manifest = { ...wish, files: await writeScenes({ folder, seed }, wanted, report, signal) };
  await writeFile(join(folder, MANIFEST), `${JSON.stringify(manifest, undefined, 1)}\n`);
  return { ...season, reused: false, bytes: size(manifest) };
}

/** Writes the scenes at these places of the world's list, a thread a core. */
async function writeScenes(
  data: WriterData,
  scenes: readonly number[],
  report: SeasonOptions['report'],
  signal: SeasonOptions['signal'],
): Promise<Manifest['files']> {
  const written: WrittenScene[] = [];
  const queue = [...scenes];
  const work = async (): Promise<void> => {
    const thread = new Worker(new URL('./scene-writer.js', import.meta.url), { workerData: data });
    try {
      for (let scene = queue.shift(); scene !== undefined; scene = queue.shift()) {
        signal?.throwIfAborted();
        thread.postMessage(scene);
        // `once` rejects when the thread fails, which is the failure of the whole.
        const [answer] = (await once(thread, 'message')) as [WrittenScene];
        written.push(answer);
        report?.({ done: written.length, total: scenes.length });
      }
    } finally {
      await thread.terminate();
    }
  };
  const threads = Math.min(scenes.length, 8, availableParallelism());
  await Promise.all(Array.from({ length: threads }, work));
  return written.sort((a, b) => a.scene - b.scene).flatMap(({ files }) => files);
}

async function readManifest(folder: string): Promise<Manifest | undefined> {
  try {
    return JSON.parse(await readFile(join(folder, MANIFEST), 'utf8')) as Manifest;
  } catch {
    // None yet, or one cut short: the season is made (again).
    return undefined;
  }
}

async function complete(folder: string, manifest: Manifest): Promise<boolean> {
  const sizes = await Promise.all(
    manifest.files.map(async ({ key, bytes }) => {
      const info = await stat(join(folder, key)).catch(() => undefined);
      return info?.size === bytes;
    }),
  );
  return sizes.every(Boolean);
}

async function removeSeason(folder: string, manifest: Manifest | undefined): Promise<void> {
  await rm(join(folder, MANIFEST), { force: true });
  for (const { key } of manifest?.files ?? []) await rm(join(folder, key), { force: true });
}

function size(manifest: Manifest): number {
  return manifest.files.reduce((sum, { bytes }) => sum + bytes, 0);
}
