/**
 * An object store whose keys may be addresses too: beside keys of its own bucket it takes `s3://bucket/key` (other
 * buckets of the same endpoint) and `https://…` (public web servers), as STAC items write them.
 */
import { parseAddress } from './address.js';
import type { FileHandle } from 'node:fs/promises';
import type { ByteSpan, DownloadOptions, ObjectInfo, ObjectStore } from './object-store.js';

export interface OtherStores {
  /** Another bucket of the same endpoint, opened when it is first asked for. */
  readonly openBucket: (bucket: string) => ObjectStore;
  readonly web: ObjectStore;
}

export class AddressedStore implements ObjectStore {
  readonly #buckets = new Map<string, ObjectStore>();

  constructor(
    private readonly own: ObjectStore,
    bucket: string,
    private readonly others: OtherStores,
  ) {
    this.#buckets.set(bucket, own);
  }

  list(prefix: string, signal?: AbortSignal): AsyncIterable<ObjectInfo> {
    const { store, key } = this.#find(prefix);
    return store.list(key, signal);
  }

  folders(prefix: string, signal?: AbortSignal): AsyncIterable<string> {
    const { store, key } = this.#find(prefix);
    return store.folders(key, signal);
  }

  read(
    address: string,
    range: { readonly from: number; readonly bytes: number },
    signal?: AbortSignal,
  ): Promise<Buffer> {
    const { store, key } = this.#find(address);
    return store.read(key, range, signal);
  }

  /** The object's `key` is the address it was asked by, so that it can be asked for again. */
  async head(address: string, signal?: AbortSignal): Promise<ObjectInfo | undefined> {
    const { store, key } = this.#find(address);
    const found = await store.head(key, signal);
    return found && { ...found, key: address };
  }

  download(object: ObjectInfo, path: string, options?: DownloadOptions): Promise<void> {
    const { store, key } = this.#find(object.key);
    return store.download({ ...object, key }, path, options);
  }

  fetch(object: ObjectInfo, span: ByteSpan, file: FileHandle, options?: DownloadOptions): Promise<void> {
    const { store, key } = this.#find(object.key);
    return store.fetch({ ...object, key }, span, file, options);
  }

  close(): void {
    for (const store of this.#buckets.values()) store.close();
    this.others.web.close();
  }

  /** @throws StoreDenied for an address of a kind that is not known. */
  #find(text: string): { store: ObjectStore; key: string } {
    const address = parseAddress(text);
    switch (address.kind) {
      case 'key':
        return { store: this.own, key: address.key };
      case 'web':
        return { store: this.others.web, key: address.url.href };
      case 's3': {
        const store = this.#buckets.get(address.bucket) ?? this.others.openBucket(address.bucket);
        this.#buckets.set(address.bucket, store);
        return { store, key: address.key };
      }
    }
  }
}
