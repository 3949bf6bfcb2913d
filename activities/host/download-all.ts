/** Brings the objects of a scene to this host's disk, all at once as far as the store allows. */
import type { ObjectInfo, ObjectStore } from '../../store/object-store.js';

/** How many bytes of an object have arrived. */
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
  await Promise.all(
    [...objects].map(async ([object, path]) => {
      const onProgress = (bytes: number): void => {
        onArrival({ object, bytes });
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
