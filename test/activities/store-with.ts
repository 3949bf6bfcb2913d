/** Stores that do some things in a way of their own. */
import type { ObjectStore } from '../../store/object-store.js';

/** Leaves to a store what is not done otherwise. */
export function storeWith(store: ObjectStore, otherwise: Partial<ObjectStore>): ObjectStore {
  return {
    list: (...asked) => store.list(...asked),
    folders: (...asked) => store.folders(...asked),
    read: (...asked) => store.read(...asked),
    head: (...asked) => store.head(...asked),
    download: (...asked) => store.download(...asked),
    fetch: (...asked) => store.fetch(...asked),
    close: () => {
      store.close();
    },
    ...otherwise,
  };
}
