/** A store that brings so many objects at a time: providers allow an account few connections, Copernicus Data Space four. */
import type { DownloadOptions, ObjectInfo, ObjectStore } from './object-store.js';

export class LimitedStore implements ObjectStore {
  private free: number;
  private readonly waiting: (() => void)[] = [];

  /** @param downloads at a time; listings and small reads are not counted. */
  constructor(
    private readonly store: ObjectStore,
    downloads: number,
  ) {
    this.free = downloads;
  }

  list(prefix: string, signal?: AbortSignal): AsyncIterable<ObjectInfo> {
    return this.store.list(prefix, signal);
  }

  folders(prefix: string, signal?: AbortSignal): AsyncIterable<string> {
    return this.store.folders(prefix, signal);
  }

  read(
    key: string,
    range: { readonly from: number; readonly bytes: number },
    signal?: AbortSignal,
  ): Promise<Buffer> {
    return this.store.read(key, range, signal);
  }

  head(key: string, signal?: AbortSignal): Promise<ObjectInfo | undefined> {
    return this.store.head(key, signal);
  }

  /** First come, first served. */
  async download(object: ObjectInfo, path: string, options: DownloadOptions = {}): Promise<void> {
    await this.turn(options.signal);
    try {
      await this.store.download(object, path, options);
    } finally {
      this.free += 1;
      this.serve();
    }
  }

  close(): void {
    this.store.close();
  }

  /** Resolves when one of the downloads is ours. */
  private turn(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const begin = (): void => {
        signal?.removeEventListener('abort', leave);
        resolve();
      };
      const leave = (): void => {
        this.waiting.splice(this.waiting.indexOf(begin), 1);
        reject(signal?.reason as Error);
      };
      signal?.addEventListener('abort', leave, { once: true });
      this.waiting.push(begin);
      this.serve();
    });
  }

  private serve(): void {
    while (this.free > 0 && this.waiting.length > 0) {
      this.free -= 1;
      this.waiting.shift()!();
    }
  }
}
