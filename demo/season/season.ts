/**
 * The demo's season on disk: made once for a seed, and taken as it is by later runs while seed and version stay the same.
 */
import { once } from 'node:events';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
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
  readonly report?: (progress: SeasonProgress) => void;
}

/** Scenes written so far. */
export interface SeasonProgress {
  readonly done: number;
  readonly total: number;
}

interface Manifest {
  readonly version: number;
  readonly seed: number;
  readonly files: readonly { readonly key: string; readonly bytes: number }[];
}

/**
 * Makes the season, or finds it made. A season of another seed or version in the folder is removed first; other files
 * there are left alone.
 */
export async function makeSeason({ folder, seed, report }: SeasonOptions): Promise<Season> {
  const made = world(seed);
  const earlier = await readManifest(folder);
  if (earlier?.version === VERSION && earlier.seed === seed && (await complete(folder, earlier))) {
    return { ...made, folder, reused: true, bytes: size(earlier) };
  }
  await removeSeason(folder, earlier);
  await mkdir(folder, { recursive: true });
  const files = await writeScenes({ folder, seed }, made.scenes.length, report);
  const manifest: Manifest = { version: VERSION, seed, files };
  await writeFile(join(folder, MANIFEST), `${JSON.stringify(manifest, undefined, 1)}\n`);
  return { ...made, folder, reused: false, bytes: size(manifest) };
}

async function writeScenes(
  data: WriterData,
  total: number,
  report: SeasonOptions['report'],
): Promise<Manifest['files']> {
  const written: WrittenScene[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    const thread = new Worker(new URL('./scene-writer.js', import.meta.url), { workerData: data });
    try {
      while (next < total) {
        thread.postMessage(next++);
        // `once` rejects when the thread fails, which is the failure of the whole.
        const [answer] = (await once(thread, 'message')) as [WrittenScene];
        written.push(answer);
        report?.({ done: written.length, total });
      }
    } finally {
      await thread.terminate();
    }
  };
  const threads = Math.min(total, 8, availableParallelism());
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
