/** Room on a host's scratch disk, and the words for its lack. A scene waits for room, or finds it on another host. */
import type { HostSite } from './site.js';

type Disk = Pick<HostSite, 'scratch'>;

/** No room on the scratch disk. The name is that of the failure table. */
export class ScratchFull extends Error {
  override readonly name = 'DiskFull';
}

/** @throws ScratchFull where so many bytes would not leave the reserve free. */
export async function requireRoom(
  site: Pick<HostSite, 'scratch' | 'reserveBytes'>,
  bytes: number,
): Promise<void> {
  const needed = bytes + site.reserveBytes;
  if ((await site.scratch.freeBytes()) < needed) throw await full(site, `needs ${size(needed)}`);
}

/** Does work that writes on the scratch disk. @throws ScratchFull where it found the disk full in the middle. */
export async function onScratch<T>(site: Disk, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOSPC' && code !== 'EDQUOT') throw error;
    throw await full(site, 'a file did not fit');
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
