/** Small scenes whose objects are as large as real ones, so that reading them in parts pays. */
import { open, readFile, writeFile } from 'node:fs/promises';
import type { ObjectStore } from '../../store/object-store.js';
import { storeWith } from './store-with.js';

/** Appends a box without a meaning (ISO/IEC 15444-1 I.7.1) of so many bytes, which take no room on the disk. */
export async function enlargeJp2(
  path: string,
  bytes: number,
  change = (file: Buffer) => file,
): Promise<void> {
  const file = change(await readFile(path));
  await writeFile(path, file);
  const handle = await open(path, 'r+');
  try {
    const head = Buffer.alloc(8);
    head.writeUInt32BE(bytes, 0);
    head.write('free', 4, 'latin1');
    await handle.write(head, 0, head.length, file.length);
    await handle.truncate(file.length + bytes);
  } finally {
    await handle.close();
  }
}

/** The store without the versions of its objects: nothing is fetched in parts from it. */
export function withoutVersions(store: ObjectStore): ObjectStore {
  return storeWith(store, {
    async *list(prefix: string) {
      for await (const { key, bytes } of store.list(prefix)) yield { key, bytes };
    },
  });
}
