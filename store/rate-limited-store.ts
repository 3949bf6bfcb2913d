/** A store that waits its turn before each request and pays for each byte it brings, so that a quota is kept. */
import type { FileHandle } from 'node:fs/promises';
import type { ByteSpan, DownloadOptions, ObjectInfo, ObjectStore, RateLimit } from './object-store.js';

/** Objects a page of a listing holds, at S3 and its kin. */
const PAGE = 1000;

export class RateLimitedStore implements ObjectStore {
  constructor(
    private readonly store: ObjectStore,
    private readonly rateLimit: RateLimit,
  ) {}

  list(prefix: string, signal?: AbortSignal): AsyncIterable<ObjectInfo> {
    return this.paged(this.store.list(prefix, signal), signal);
  }

  folders(prefix: string, signal?: AbortSignal): AsyncIterable<string> {
    return this.paged(this.store.folders(prefix, signal), signal);
  }

  async read(
    key: string,
    range: { readonly from: number; readonly bytes: number },
    signal?: AbortSignal,
  ): Promise<Buffer> {
    await this.rateLimit.request(signal);
    const bytes = await this.store.read(key, range, signal);
    await this.rateLimit.received(bytes.length, signal);
    return bytes;
  }

  async head(key: string, signal?: AbortSignal): Promise<ObjectInfo | undefined> {
    await this.rateLimit.request(signal);
    return await this.store.head(key, signal);
  }

  /** Each connection of a download is a request: the first, and one after every cut. */
  download(object: ObjectInfo, path: string, options: DownloadOptions = {}): Promise<void> {
    return this.store.download(object, path, { ...options, rateLimit: this.rateLimit });
  }

  fetch(object: ObjectInfo, span: ByteSpan, file: FileHandle, options: DownloadOptions = {}): Promise<void> {
    return this.store.fetch(object, span, file, { ...options, rateLimit: this.rateLimit });
  }

  close(): void {
    this.store.close();
  }

  private async *paged<T>(items: AsyncIterable<T>, signal: AbortSignal | undefined): AsyncGenerator<T, void> {
    await this.rateLimit.request(signal);
    let count = 0;
    for await (const item of items) {
      yield item;
      count += 1;
      if (count % PAGE === 0) await this.rateLimit.request(signal);
    }
  }
}

/** Requests spaced evenly, and bytes as they come: for one process that asks for a short while. */
export function evenRate(requestsPerSecond: number): RateLimit {
  let next = 0;
  return {
    request: async () => {
      const now = Date.now();
      const at = Math.max(now, next);
      next = at + 1000 / requestsPerSecond;
      if (at > now) await new Promise((resolve) => setTimeout(resolve, at - now));
    },
    received: () => Promise.resolve(),
  };
}
