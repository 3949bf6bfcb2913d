/** Writes scenes of the season below the bucket's folder; runs as a worker thread, several of which share the scenes. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import type { SeasonScene } from './calendar.js';
import { painter, type PaintedBand } from './painter.js';
import { backscatterProduct, coherenceProduct } from './radar-product.js';
import { safeProduct, type SceneFile } from './safe-product.js';
import { world } from './world.js';

/** What a thread is given at its start; it then writes each scene whose place in the world's list it is sent. */
export interface WriterData {
  readonly folder: string;
  readonly seed: number;
}

/** What a thread answers for each scene. */
export interface WrittenScene {
  readonly scene: number;
  readonly files: readonly { readonly key: string; readonly bytes: number }[];
}

/** The objects of a scene. */
export async function sceneFiles(scene: SeasonScene, bands: readonly PaintedBand[]): Promise<SceneFile[]> {
  switch (scene.card) {
    case 's2':
      return safeProduct(scene, bands);
    case 'bs':
      return backscatterProduct(scene, bands);
    case 'c6':
      return coherenceProduct(scene, bands);
  }
}

if (!isMainThread && parentPort) {
  const port = parentPort;
  const { folder, seed } = workerData as WriterData;
  const { scenes, ...rest } = world(seed);
  const paint = painter({ scenes, ...rest });
  port.on('message', (scene: number) => {
    void writeScene(folder, scenes[scene]!, paint).then((files) => {
      port.postMessage({ scene, files } satisfies WrittenScene);
    });
  });
}

async function writeScene(
  folder: string,
  scene: SeasonScene,
  paint: (scene: SeasonScene) => PaintedBand[],
): Promise<WrittenScene['files']> {
  const files = await sceneFiles(scene, paint(scene));
  for (const { key, bytes } of files) {
    const path = join(folder, ...key.split('/'));
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, bytes);
  }
  return files.map(({ key, bytes }) => ({ key, bytes: bytes.length }));
}
