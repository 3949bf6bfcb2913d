/** Brings the objects of a scene to this host's disk, all at once as far as the store allows. */
import type { ObjectInfo, ObjectStore } from '../../store/object-store.js';
import { untilOneFails } from '../../store/until-one-fails.js';

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
  await untilOneFails(objects, signal, async ([object, path], either) => {
    const onProgress = (bytes: number): void => {
      onArrival({ object, bytes });
    };
    await store.download(object, path, { signal: either, onProgress });
  });
}
