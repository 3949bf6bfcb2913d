/**
 * What parcelwise asks of an object store: list, look, download. Keys are relative to the configured bucket.
 *
 * Terms. *Object*: a file in a store, by its *key*. *Bucket*: the named place that objects lie in. *Address*: a key, or
 * `s3://…` or `https://…` as items write it. *Rate limit*: what a store waits for before it asks.
 */

import type { FileHandle } from 'node:fs/promises';

export interface ObjectInfo {
  readonly key: string;
  readonly bytes: number;
  /** Which version of the object it is: the store's ETag without quotes, or a weak one (`W/…`) made of its date. */
  readonly etag?: string;
}

export interface DownloadOptions {
  readonly signal?: AbortSignal;
  /** Called with the bytes that lie on disk so far and the whole size. */
  readonly onProgress?: (received: number, total: number) => void;
  /** Asked before each connection, and paid for each piece it brings. */
  readonly rateLimit?: RateLimit;
}

/** Bytes `from` to before `to`. */
export interface ByteSpan {
  readonly from: number;
  readonly to: number;
}

export interface ObjectStore {
  /** All objects below `prefix`, in key order, page after page. */
  list(prefix: string, signal?: AbortSignal): AsyncIterable<ObjectInfo>;
  /** The folders right below `prefix` (empty, or ending in a slash), each with its slash, in key order. */
  folders(prefix: string, signal?: AbortSignal): AsyncIterable<string>;
  /**
   * Some bytes of an object, for headers and metadata; fewer where it ends before.
   * @throws ObjectMissing, StoreDenied, StoreFailure
   */
  read(
    key: string,
    range: { readonly from: number; readonly bytes: number },
    signal?: AbortSignal,
  ): Promise<Buffer>;
  /** The object's size and ETag, or undefined when there is none. */
  head(key: string, signal?: AbortSignal): Promise<ObjectInfo | undefined>;
  /**
   * Brings the object to `path`, complete or not at all: bytes are written beside it, resumed by range after a cut, checked
   * by size (and MD5 where the ETag is one), then renamed. A complete `path` of the right size and ETag is left as it is.
   * An object that is replaced meanwhile is brought in its new version, never as a mixture.
   * @throws ObjectMissing, StoreDenied, StoreFailure, DiskFull
   */
  download(object: ObjectInfo, path: string, options?: DownloadOptions): Promise<void>;
  /**
   * Writes some bytes of this version of the object to their own places in an open file, resumed after cuts; the version is
   * asked for, and looked at, with every connection.
   * @throws ObjectReplaced where there is another version by now, RangesIgnored where the server knows no parts; ObjectMissing,
   * StoreDenied, StoreFailure, and what the system says of a full disk
   */
  fetch(object: ObjectInfo, span: ByteSpan, file: FileHandle, options?: DownloadOptions): Promise<void>;
  close(): void;
}

/** The object does not exist (any more). */
export class ObjectMissing extends Error {
  override readonly name = 'ObjectMissing';
  constructor(readonly key: string) {
    super(`object ${key} does not exist`);
  }
}

/** The store refuses our credentials or our right to read; trying again won't help. Never carries a credential. */
export class StoreDenied extends Error {
  override readonly name = 'StoreDenied';
}

/** A server that can't prove who it is, so nothing can be asked of it: not what it has, nor what it lacks. */
export class StoreUntrusted extends Error {
  override readonly name = 'StoreUntrusted';
}

/**
 * An address that a STAC item told can't be used: a signature that has expired, a login, a host that must not be asked.
 * Nothing is known of what lies there; the item of the next sync may say another.
 */
export class AddressRefused extends Error {
  override readonly name = 'AddressRefused';
}

/**
 * Anything of the store that may pass by itself: refused connections, cut downloads, throttling, 5xx, and every answer
 * that was not understood.
 */
export class StoreFailure extends Error {
  override readonly name = 'StoreFailure';
  constructor(
    message: string,
    /** When the store wants to be asked again, where it says so. */
    readonly retryAfterMs?: number,
  ) {
    super(message);
  }
}

/** No space is left for a download. The code is that of the system call, so the failure reads the same wherever it arises. */
export class DiskFull extends Error {
  override readonly name = 'DiskFull';
  readonly code = 'ENOSPC';
  constructor(readonly path: string) {
    super(`no space left to write ${path}; free some, or point the scratch folder at a larger disk`);
  }
}

/** Whether the system, or a `DiskFull`, says that the disk or somebody's share of it is full. */
export function isDiskFull(error: unknown): boolean {
  const { code } = (error ?? {}) as NodeJS.ErrnoException;
  return code === 'ENOSPC' || code === 'EDQUOT';
}

export interface RateLimit {
  /** Resolves when a request may be made. */
  request(signal?: AbortSignal): Promise<void>;
  /** Resolves when so many bytes, just received, are paid for; the next are not read before. */
  received(bytes: number, signal?: AbortSignal): Promise<void>;
}
