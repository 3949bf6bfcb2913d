/**
 * Room on a host's scratch disk, and the words for its lack. A scene waits for room, or finds it on another host; and no
 * scene that is at rest here holds room which another one waits for.
 */
import { isDiskFull } from '../../store/object-store.js';
import type { HostDependencies } from '../dependencies.js';

type Disk = Pick<HostDependencies, 'scratch'>;
type Rooms = Disk & { readonly scenes: Pick<HostDependencies['scenes'], 'forget'> };

/** No room on the scratch disk. The name is that of the failure table. */
export class ScratchFull extends Error {
  override readonly name = 'DiskFull';
}

/** @throws ScratchFull where so many bytes would not leave the reserve free, all that is at rest here gone. */
export async function requireSpace(
  dependencies: Rooms & Pick<HostDependencies, 'reserveBytes'>,
  bytes: number,
): Promise<void> {
  const needed = bytes + dependencies.reserveBytes;
  const fits = async (): Promise<boolean> => (await dependencies.scratch.freeBytes()) >= needed;
  if (!(await evictResting(dependencies, fits))) throw await full(dependencies, `needs ${size(needed)}`);
}

/**
 * Removes scenes at rest, those first that were not asked for longest, until there is enough room. Their workflows have
 * gone elsewhere, or stage them again.
 * @returns whether there is.
 */
export async function evictResting(
  { scratch, scenes }: Rooms,
  enough: () => Promise<boolean>,
): Promise<boolean> {
  if (await enough()) return true;
  const since = (folder: string): number => scratch.inUse.lastUsed(folder);
  const folders = (await scratch.stagedFolders()).sort((a, b) => since(a) - since(b));
  for (const folder of folders) {
    if (!scratch.inUse.isAtRest(folder)) continue;
    await scenes.forget(folder);
    await scratch.removeFolder(folder);
    if (await enough()) return true;
  }
  return false;
}

/** Does work that writes on the scratch disk. @throws ScratchFull where it found the disk full in the middle. */
export async function onScratch<T>(dependencies: Disk, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isDiskFull(error)) throw error;
    throw await full(dependencies, 'a file did not fit');
  }
}

async function full({ scratch }: Disk, needs: string): Promise<ScratchFull> {
  return new ScratchFull(
    `waiting for disk space on ${scratch.root}: ${needs}, has ${size(await scratch.freeBytes())}; free some, or give the worker a larger --scratch`,
  );
}

function size(bytes: number): string {
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(0)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
