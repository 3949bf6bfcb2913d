/** Brings the objects of a scene to this host's disk, all at once as far as the store allows. */
import type { ObjectInfo, ObjectStore } from '../../store/object-store.js';

/** What has arrived: of how many bytes of all objects together, and which object brought the latest. */
export interface Arrival {
  readonly object: ObjectInfo;
  readonly bytes: number;
}

/**
 * Downloads each object to its path. The first that fails ends the others, and is told when none of them writes any more.
 * @throws StoreDenied, StoreFailure, ObjectMissing, DiskFull
 */
export async function downloadAll(
  store: ObjectStore,
  objects: ReadonlyMap<ObjectInfo, string>,
  signal: AbortSignal,
  onArrival: (arrival: Arrival) => void,
): Promise<void> {
  const failing = new AbortController();
  const either = AbortSignal.any([signal, failing.signal]);
  const arrived = new Map<ObjectInfo, number>();
  await Promise.all(
    [...objects].map(async ([object, path]) => {
      const onProgress = (received: number): void => {
        arrived.set(object, received);
        onArrival({ object, bytes: [...arrived.values()].reduce((sum, bytes) => sum + bytes, 0) });
      };
      try {
        await store.download(object, path, { signal: either, onProgress });
      } catch (error) {
        failing.abort(error);
      }
    }),
  );
  either.throwIfAborted();
}
