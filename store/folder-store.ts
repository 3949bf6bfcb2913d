/** A plain folder as an object store: keys are paths below it. For local archives, mounted buckets and tests. */
import { createReadStream } from 'node:fs';
import { type FileHandle, open, readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { downloadTo } from './download.js';
import { fetchRange, ObjectReplaced, type OpenAt } from './fetch-range.js';
import {
  ObjectMissing,
  StoreDenied,
  StoreFailure,
  type ByteSpan,
  type DownloadOptions,
  type ObjectInfo,
  type ObjectStore,
} from './object-store.js';

export class FolderStore implements ObjectStore {
  readonly #root: string;

  constructor(
    root: string,
    /** Whether a folder that is not there is one without objects, as for other buckets that an address names. */
    private readonly mayBeMissing = false,
  ) {
    this.#root = root;
  }

  async *list(prefix: string, signal?: AbortSignal): AsyncGenerator<ObjectInfo, void> {
    const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
    yield* this.#walk(folder, prefix, signal);
  }

  async *folders(prefix: string, signal?: AbortSignal): AsyncGenerator<string, void> {
    signal?.throwIfAborted();
    const path = await this.#pathOf(prefix);
    if (path === undefined || !(await stat(path)).isDirectory()) return;
    const names = await readdir(path, { withFileTypes: true });
    const folders = names.filter((entry) => entry.isDirectory()).map(({ name }) => `${prefix}${name}/`);
    yield* folders.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  }

  async read(
    key: string,
    { from, bytes }: { readonly from: number; readonly bytes: number },
  ): Promise<Buffer> {
    const path = (await this.head(key)) && (await this.#pathOf(key));
    if (path === undefined) throw new ObjectMissing(key);
    const file = await open(path);
    try {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(bytes), 0, bytes, from);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  }

  async head(key: string): Promise<ObjectInfo | undefined> {
    const path = await this.#pathOf(key);
    const found = path === undefined ? undefined : await stat(path, { bigint: true });
    if (found?.isFile() !== true) return undefined;
    return {
      key,
      bytes: Number(found.size),
      etag: `W/${found.mtimeNs.toString(36)}-${found.ino.toString(36)}`,
    };
  }

  async download(object: ObjectInfo, path: string, options: DownloadOptions = {}): Promise<void> {
    const { now, openAt } = await this.#opened(object.key, options.signal);
    await downloadTo(now, path, openAt, { md5: false }, options);
  }

  async fetch(
    object: ObjectInfo,
    span: ByteSpan,
    file: FileHandle,
    options: DownloadOptions = {},
  ): Promise<void> {
    const { now, openAt } = await this.#opened(object.key, options.signal);
    const replaced = new ObjectReplaced(`${object.key} was replaced meanwhile`);
    if (now.etag !== object.etag || now.bytes !== object.bytes) throw replaced;
    await fetchRange(object, span, file, openAt, options);
    // A file has no version to be asked for while it is read.
    if ((await this.head(object.key))?.etag !== object.etag) throw replaced;
  }

  async #opened(key: string, signal: AbortSignal | undefined): Promise<{ now: ObjectInfo; openAt: OpenAt }> {
    const now = await this.head(key);
    const source = await this.#pathOf(key);
    if (now === undefined || source === undefined) throw new ObjectMissing(key);
    return {
      now,
      openAt: (start, to) =>
        Promise.resolve(createReadStream(source, { start, end: to - 1, highWaterMark: 1 << 20, signal })),
    };
  }

  close(): void {
    // Nothing is held open between calls.
  }

  /** Objects below `folder` (empty, or ending in a slash) whose keys begin with `prefix`, in key order. */
  async *#walk(
    folder: string,
    prefix: string,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<ObjectInfo, void> {
    signal?.throwIfAborted();
    const path = await this.#pathOf(folder);
    if (path === undefined || !(await stat(path)).isDirectory()) return;
    const names = await readdir(path, { withFileTypes: true });
    // S3 orders whole keys by their bytes, in which a folder's name goes on with a slash.
    const keys = names.map((entry) => folder + entry.name + (entry.isDirectory() ? '/' : ''));
    keys.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    for (const key of keys) {
      if (!key.startsWith(prefix) && !prefix.startsWith(key)) continue;
      if (key.endsWith('/')) {
        yield* this.#walk(key, prefix, signal);
      } else if (key.startsWith(prefix)) {
        const info = await this.head(key);
        if (info !== undefined) yield info;
      }
    }
  }

  /** The path of a key or folder, or undefined when there is none; it must not lead out of the root, by links either. */
  async #pathOf(key: string): Promise<string | undefined> {
    const parts = key.split('/');
    if (key.startsWith('/') || /[\\\0]/.test(key) || parts.some((part) => part === '..' || part === '.')) {
      throw new StoreDenied(`key ${JSON.stringify(key)} is not below the store's folder`);
    }
    const root = await realPath(this.#root);
    if (root === undefined) {
      if (this.mayBeMissing) return undefined;
      throw new StoreFailure(`the store's folder ${this.#root} is not there; is it mounted?`);
    }
    const path = await realPath(join(root, ...parts));
    if (path === undefined) return undefined;
    if (path !== root && !path.startsWith(root + sep)) {
      throw new StoreDenied(`key ${JSON.stringify(key)} links out of the store's folder`);
    }
    return path;
  }
}

/** Undefined where there is no such file or folder; that it can't be looked at (no right, a mount that hangs) is a failure. */
async function realPath(path: string): Promise<string | undefined> {
  try {
    return await realpath(path);
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    if (['ENOENT', 'ENOTDIR', 'ENAMETOOLONG'].includes(code)) return undefined;
    throw new StoreFailure(
      `${path} can't be looked at (${code}); check the rights of the worker's user, and the mount`,
    );
  }
}
