/** Looks at the machine: Node, memory, scratch disk. */
import { access, constants, statfs } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { dirname, resolve } from 'node:path';
import { gigabytes } from '../../terminal/gigabytes.js';
import type { WorkerSettings } from '../../workers/settings.js';
import { advice, fault, type Finding, ok } from './finding.js';

const OLDEST_NODE = 20;
/** A worker with a full Sentinel-2 scene in hand stays below this. */
const MEMORY_BYTES = 1.5e9;
/** The objects of three bands of a full Sentinel-2 scene, and its chunks on their way to the database. */
const SCENE_BYTES = 0.5e9;

export function lookAtNode(version = process.versions.node): Finding {
  return Number.parseInt(version, 10) >= OLDEST_NODE
    ? ok('Node.js', version)
    : fault('Node.js', `version ${version}`, `Install version ${OLDEST_NODE} or newer`);
}

export function lookAtMemory(): Finding {
  // A container's limit where there is one.
  const limit = process.constrainedMemory();
  const bytes = limit > 0 ? Math.min(limit, totalmem()) : totalmem();
  return bytes >= MEMORY_BYTES
    ? ok('memory', gigabytes(bytes))
    : advice(
        'memory',
        gigabytes(bytes),
        `Full Sentinel-2 scenes need ${gigabytes(MEMORY_BYTES)}; set PARCELWISE_PIXEL_MB lower`,
      );
}

/** The scratch folder is made by the worker; what counts here is the folder it will be made in. */
export async function lookAtScratch({
  scratch,
  reserveBytes,
  stagedScenes,
}: WorkerSettings): Promise<Finding> {
  const folder = await nearestFolder(resolve(scratch));
  const writable = await access(folder, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
  if (!writable) {
    return fault(
      'scratch disk',
      `${folder} is not ours to write to`,
      'Name another folder: PARCELWISE_SCRATCH',
    );
  }
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  const found = `${scratch}: ${gigabytes(free)} free`;
  if (free < reserveBytes) {
    return fault(
      'scratch disk',
      found,
      `No scene is admitted below ${gigabytes(reserveBytes)} (PARCELWISE_RESERVE_GB): free some, or name another folder by PARCELWISE_SCRATCH`,
    );
  }
  return free >= reserveBytes + stagedScenes * SCENE_BYTES
    ? ok('scratch disk', found)
    : advice('scratch disk', found, `It holds fewer than ${stagedScenes} full Sentinel-2 scenes at a time`);
}

async function nearestFolder(path: string): Promise<string> {
  const exists = await access(path).then(
    () => true,
    () => false,
  );
  return exists || dirname(path) === path ? path : nearestFolder(dirname(path));
}
