/** An S3 bucket as an object store, by the AWS SDK. */
import { addAbortSignal, type Readable } from 'node:stream';
import { GetObjectCommand, HeadObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { downloadTo, ObjectReplaced, type EtagTrust } from './download.js';
import {
  ObjectMissing,
  StoreFailure,
  type DownloadOptions,
  type ObjectInfo,
  type ObjectStore,
} from './object-store.js';
import { openS3Client, type S3Timing } from './s3-client.js';
import type { S3Config } from './s3-config.js';
import { storeError } from './s3-errors.js';

/** How often a download starts anew because the object was replaced under it. */
const MAX_REPLACED = 3;

export class S3Store implements ObjectStore {
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #endpoint: string;
  readonly #etags: EtagTrust = { md5: true };

  constructor(config: S3Config, timing?: S3Timing) {
    this.#bucket = config.bucket;
    this.#endpoint = config.endpoint ?? 'AWS';
    this.#client = openS3Client(config, timing);
  }

  async *list(prefix: string, signal?: AbortSignal): AsyncGenerator<ObjectInfo, void> {
    let token: string | undefined;
    do {
      const command = new ListObjectsV2Command({
        Bucket: this.#bucket,
        Prefix: prefix,
        ContinuationToken: token,
      });
      const page = await this.#ask(prefix, signal, () => this.#client.send(command, abortable(signal)));
      for (const { Key, Size, ETag, LastModified } of page.Contents ?? []) {
        if (Key !== undefined) yield infoOf(Key, Size ?? 0, ETag, LastModified);
      }
      token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
    } while (token !== undefined);
  }

  async *folders(prefix: string, signal?: AbortSignal): AsyncGenerator<string, void> {
    let token: string | undefined;
    do {
      const command = new ListObjectsV2Command({
        Bucket: this.#bucket,
        Prefix: prefix,
        Delimiter: '/',
        ContinuationToken: token,
      });
      const page = await this.#ask(prefix, signal, () => this.#client.send(command, abortable(signal)));
      for (const { Prefix } of page.CommonPrefixes ?? []) if (Prefix !== undefined) yield Prefix;
      token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
    } while (token !== undefined);
  }

  async read(
    key: string,
    { from, bytes }: { readonly from: number; readonly bytes: number },
    signal?: AbortSignal,
  ): Promise<Buffer> {
    const command = new GetObjectCommand({
      Bucket: this.#bucket,
      Key: key,
      Range: `bytes=${from}-${from + bytes - 1}`,
    });
    return await this.#ask(key, signal, async () => {
      const { Body } = await this.#client.send(command, abortable(signal));
      const got = Buffer.from((await Body?.transformToByteArray()) ?? []);
      // A gateway that knows no ranges sends it all.
      return got.length > bytes ? got.subarray(from, from + bytes) : got;
    });
  }

  async head(key: string, signal?: AbortSignal): Promise<ObjectInfo | undefined> {
    const command = new HeadObjectCommand({ Bucket: this.#bucket, Key: key });
    try {
      const found = await this.#ask(key, signal, () => this.#client.send(command, abortable(signal)));
      return infoOf(key, found.ContentLength ?? 0, found.ETag, found.LastModified);
    } catch (error) {
      if (error instanceof ObjectMissing) return undefined;
      throw error;
    }
  }

  async download(object: ObjectInfo, path: string, options: DownloadOptions = {}): Promise<void> {
    let wanted = object;
    for (let replaced = 0; ; replaced += 1) {
      try {
        const version = wanted;
        await downloadTo(
          version,
          path,
          (from) => this.#openAt(version, from, options.signal),
          this.#etags,
          options,
        );
        return;
      } catch (error) {
        if (!(error instanceof ObjectReplaced)) throw error;
        if (replaced === MAX_REPLACED) throw new StoreFailure(`${object.key} is replaced again and again`);
        const now = await this.head(object.key, options.signal);
        if (now === undefined) throw new ObjectMissing(object.key);
        wanted = now;
      }
    }
  }

  close(): void {
    this.#client.destroy();
  }

  /** Opens one version of an object at a byte, and makes sure that it is that version and that byte. */
  async #openAt(
    object: ObjectInfo,
    from: number,
    signal: AbortSignal | undefined,
  ): Promise<AsyncIterable<Uint8Array>> {
    const { key, etag } = object;
    const command = new GetObjectCommand({
      Bucket: this.#bucket,
      Key: key,
      Range: from > 0 ? `bytes=${from}-` : undefined,
      IfMatch: etag === undefined || isWeak(etag) ? undefined : `"${etag}"`,
    });
    const answer = await this.#ask(key, signal, () => this.#client.send(command, abortable(signal)));
    const body = answer.Body as Readable;
    // Not every gateway honours If-Match, and a weak version has none: the answer itself must say which version it is.
    const bytes = from + (answer.ContentLength ?? 0);
    const got = infoOf(key, bytes, answer.ETag, answer.LastModified);
    if (got.bytes !== object.bytes || (etag !== undefined && got.etag !== etag)) {
      body.destroy();
      throw new ObjectReplaced(`${key} was replaced meanwhile`);
    }
    if (from > 0 && answer.ContentRange?.startsWith(`bytes ${from}-`) !== true) {
      body.destroy();
      throw new StoreFailure(`${key}: the store does not answer ranges`);
    }
    return signal === undefined ? body : addAbortSignal(signal, body);
  }

  async #ask<T>(key: string, signal: AbortSignal | undefined, send: () => Promise<T>): Promise<T> {
    try {
      return await send();
    } catch (error) {
      throw storeError(error, { endpoint: this.#endpoint, bucket: this.#bucket, key }, signal);
    }
  }
}

const abortable = (signal: AbortSignal | undefined): { abortSignal?: AbortSignal } =>
  signal === undefined ? {} : { abortSignal: signal };

/** Gateways over plain folders may have no ETags; the date of the object, to the second, then tells versions apart. */
function infoOf(
  key: string,
  bytes: number,
  etag: string | undefined,
  modified: Date | undefined,
): ObjectInfo {
  const strong = etag?.replace(/^"|"$/g, '');
  if (strong) return { key, bytes, etag: strong };
  return modified === undefined
    ? { key, bytes }
    : { key, bytes, etag: `W/${modified.toISOString().slice(0, 19)}Z` };
}

const isWeak = (etag: string): boolean => etag.startsWith('W/');
