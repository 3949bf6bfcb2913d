/** A store that brings so many objects at a time: providers allow an account few connections, Copernicus Data Space four. */
import type { FileHandle } from 'node:fs/promises';
import type { ByteSpan, DownloadOptions, ObjectInfo, ObjectStore } from './object-store.js';

/** Of a header, or a mark between blocks: as little as `read` brings. */
const SMALL_BYTES = 1 << 16;

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
  download(object: ObjectInfo, path: string, options: DownloadOptions = {}): Promise<void> {
    return this.inTurn(options.signal, () => this.store.download(object, path, options));
  }

  fetch(object: ObjectInfo, span: ByteSpan, file: FileHandle, options: DownloadOptions = {}): Promise<void> {
    const work = (): Promise<void> => this.store.fetch(object, span, file, options);
    return span.to - span.from <= SMALL_BYTES ? work() : this.inTurn(options.signal, work);
  }

  close(): void {
    this.store.close();
  }

  private async inTurn(signal: AbortSignal | undefined, work: () => Promise<void>): Promise<void> {
    await this.turn(signal);
    try {
      await work();
    } finally {
      this.free += 1;
      this.serve();
    }
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
