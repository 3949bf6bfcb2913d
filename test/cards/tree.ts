/** A bucket made for one test: a folder of tiny objects with the keys it is given. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { BandNames, BandSource, CardType, SceneKey } from '../../cards/card.js';
import { FolderStore } from '../../store/folder-store.js';

/** What `locate` finds in a bucket of these keys: the keys of each band's objects. */
export async function locateIn(
  keys: readonly string[],
  card: CardType,
  scene: SceneKey,
  bands: readonly string[] = card.defaultBands,
  names: BandNames = 'api',
): Promise<BandSource[]> {
  const root = await mkdtemp(join(tmpdir(), 'parcelwise-cards-'));
  try {
    await putKeys(root, keys);
    return await card.locate(scene, bands, names, new FolderStore(root));
  } finally {
    await rm(root, { recursive: true });
  }
}

/** Objects of these keys, each of which holds its key. */
export async function putKeys(root: string, keys: readonly string[]): Promise<void> {
  for (const key of keys) {
    await mkdir(dirname(join(root, key)), { recursive: true });
    await writeFile(join(root, key), key);
  }
}

export const keysOf = (sources: readonly BandSource[]): string[] =>
  sources.flatMap(({ objects }) => objects.map(({ key }) => key));
