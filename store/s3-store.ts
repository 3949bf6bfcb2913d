/**
 * An S3 bucket as an object store, by the AWS SDK. Only a clear word of the store ends in "there is none": the error
 * NoSuchKey, or a whole listing without the key. An answer that was not understood is a failure.
 */
import type { FileHandle } from 'node:fs/promises';
import { addAbortSignal, type Readable } from 'node:stream';
import {
  GetObjectCommand,
  type GetObjectCommandOutput,
  HeadObjectCommand,
  ListObjectsV2Command,
  type S3Client,
} from '@aws-sdk/client-s3';
import { downloadTo, readPart, skipping, type EtagTrust } from './download.js';
import { fetchRange, ObjectReplaced, rangeHeader, RangesIgnored, type OpenAt } from './fetch-range.js';
import {
  ObjectMissing,
  StoreFailure,
  type ByteSpan,
  type DownloadOptions,
  type ObjectInfo,
  type ObjectStore,
} from './object-store.js';
import { openS3Client, type S3Timing } from './s3-client.js';
import type { S3Config } from './s3-config.js';
import { storeError, type S3Place } from './s3-errors.js';
import { listingPages, type ListingPage } from './s3-listing.js';
import { infoOf, isVersioned, isWeak, whyNot } from './s3-object.js';
import { contentRange } from './web-answer.js';

/** How often a download starts anew because the object was replaced under it. */
const MAX_REPLACED = 3;

export class S3Store implements ObjectStore {
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #place: S3Place;
  readonly #etags: EtagTrust = { md5: true };

  /** @param mayBeMissing whether a bucket that is not there is one without objects. */
  constructor(config: S3Config, timing?: S3Timing, mayBeMissing = false) {
    const { bucket, endpoint, endpointFrom, credentials } = config;
    this.#bucket = bucket;
    this.#place = {
      bucket,
      mayBeMissing,
      endpoint: endpoint ?? 'AWS',
      secrets: Object.values(credentials?.() ?? {}) as string[],
      setting:
        endpointFrom ??
        (endpoint === undefined ? 'region in s3_config.json, or AWS_REGION' : 'host in s3_config.json'),
    };
    this.#client = openS3Client(config, timing);
  }

  async *list(prefix: string, signal?: AbortSignal): AsyncGenerator<ObjectInfo, void> {
    for await (const { objects } of this.#pages(prefix, undefined, signal))
      for (const { Key, Size, ETag, LastModified } of objects) yield infoOf(Key, Size, ETag, LastModified);
  }

  async *folders(prefix: string, signal?: AbortSignal): AsyncGenerator<string, void> {
    let last: string | undefined;
    for await (const { folders, objects } of this.#pages(prefix, '/', signal)) {
      // A gateway that knows no delimiter lists all that lies in the folders.
      const deeper = objects.map(({ Key }) => Key.slice(0, Key.indexOf('/', prefix.length) + 1));
      for (const folder of [...folders, ...deeper]) {
        if (folder.length > prefix.length && folder !== last) yield folder;
        last = folder;
      }
    }
  }

  async read(
    key: string,
    { from, bytes }: { readonly from: number; readonly bytes: number },
    signal?: AbortSignal,
  ): Promise<Buffer> {
    try {
      return await this.#ask({ key }, signal, async () => {
        const { answer, skip } = await this.#get(
          key,
          from,
          { Range: `bytes=${from}-${from + bytes - 1}` },
          signal,
        );
        return await readPart(answer.Body as Readable, skip, bytes);
      });
    } catch (error) {
      // The object ends before.
      if (error instanceof ObjectReplaced) return Buffer.alloc(0);
      throw error;
    }
  }

  async head(key: string, signal?: AbortSignal): Promise<ObjectInfo | undefined> {
    try {
      return await this.#look(key, signal);
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
          (from, to) => this.#openAt(version, { from, to }, options.signal),
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

  fetch(object: ObjectInfo, span: ByteSpan, file: FileHandle, options: DownloadOptions = {}): Promise<void> {
    const openAt: OpenAt = (from, to) => this.#openAt(object, { from, to }, options.signal);
    return fetchRange(object, span, file, openAt, options);
  }

  close(): void {
    this.#client.destroy();
  }

  /** What HEAD says where it says all, else what a GET of the first byte says: answers to HEAD have no body to explain them. */
  async #look(key: string, signal: AbortSignal | undefined): Promise<ObjectInfo> {
    const command = new HeadObjectCommand({ Bucket: this.#bucket, Key: key });
    const head = await this.#client.send(command, abortable(signal)).catch((error: unknown) => {
      const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode ?? 0;
      if (status >= 300 && ![500, 502, 503, 504].includes(status) && signal?.aborted !== true)
        return undefined;
      throw storeError(error, { ...this.#place, key }, signal);
    });
    if (head?.ContentLength && isVersioned(head) && whyNot(head) === undefined)
      return infoOf(key, head.ContentLength, head.ETag, head.LastModified);
    try {
      const { answer, bytes } = await this.#ask({ key }, signal, () =>
        this.#get(key, 0, { Range: 'bytes=0-0' }, signal),
      );
      (answer.Body as Readable).destroy();
      if (bytes === undefined) throw new StoreFailure(`${key}: the store does not say its size`);
      if (!isVersioned(answer))
        throw new StoreFailure(`${key}: the answer has neither ETag nor date, as no object of a store`);
      return infoOf(key, bytes, answer.ETag, answer.LastModified);
    } catch (error) {
      // An empty object has no first byte.
      if (error instanceof ObjectReplaced && head?.ContentLength === 0 && isVersioned(head))
        return infoOf(key, 0, head.ETag, head.LastModified);
      throw error;
    }
  }

  /** Opens one version of an object at a byte, and makes sure that it is that version and that byte. */
  async #openAt(
    object: ObjectInfo,
    span: ByteSpan,
    signal: AbortSignal | undefined,
  ): Promise<AsyncIterable<Uint8Array>> {
    const { key, etag } = object;
    const Range = rangeHeader(span, object.bytes);
    const ifMatch = etag === undefined || isWeak(etag) ? undefined : `"${etag}"`;
    const { answer, bytes, skip, isPart } = await this.#ask({ key }, signal, () =>
      this.#get(key, span.from, { Range, IfMatch: ifMatch }, signal),
    );
    const body = answer.Body as Readable;
    // Not every gateway honours If-Match, and a weak version has none: the answer itself must say which version it is. A
    // body sent in chunks has no size; its ETag tells the version, and its end is watched.
    const got = infoOf(key, bytes ?? object.bytes, answer.ETag, answer.LastModified);
    const isUnknown = bytes === undefined && (etag === undefined || isWeak(etag));
    if (isUnknown || got.bytes !== object.bytes || (etag !== undefined && got.etag !== etag)) {
      body.destroy();
      throw new ObjectReplaced(`${key} was replaced meanwhile`);
    }
    if (span.to !== object.bytes && !isPart) {
      body.destroy();
      throw new RangesIgnored(`${key}: the store sends all of it in place of a part`);
    }
    return skipping(signal === undefined ? body : addAbortSignal(signal, body), skip);
  }

  /**
   * A GET from a byte on.
   * @returns the whole object's size where it is told, and how much of the body lies before that byte: a gateway that
   * knows no ranges sends it all.
   */
  async #get(
    key: string,
    from: number,
    headers: { readonly Range: string | undefined; readonly IfMatch?: string | undefined },
    signal: AbortSignal | undefined,
  ): Promise<{ answer: GetObjectCommandOutput; bytes: number | undefined; skip: number; isPart: boolean }> {
    const command = new GetObjectCommand({ Bucket: this.#bucket, Key: key, ...headers });
    const answer = await this.#client.send(command, abortable(signal));
    const isPart = answer.$metadata.httpStatusCode === 206;
    const range = contentRange(answer.ContentRange);
    const isOther = isPart && range.from !== from;
    const why = isOther ? 'the store sent another range than it was asked for' : whyNot(answer);
    if (why !== undefined) {
      (answer.Body as Readable).destroy();
      const problem = `${this.#bucket}/${key} at ${this.#place.endpoint}: ${why}`;
      throw isOther ? new RangesIgnored(problem) : new StoreFailure(problem);
    }
    return { answer, bytes: isPart ? range.bytes : answer.ContentLength, skip: isPart ? 0 : from, isPart };
  }

  #pages(
    prefix: string,
    delimiter: string | undefined,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<ListingPage, void> {
    return listingPages({ bucket: this.#bucket, prefix }, (token) => {
      const command = new ListObjectsV2Command({
        Bucket: this.#bucket,
        Prefix: prefix,
        Delimiter: delimiter,
        ContinuationToken: token,
      });
      const place = { key: prefix, listing: true };
      return this.#ask(place, signal, () => this.#client.send(command, abortable(signal)));
    });
  }

  async #ask<T>(
    about: Pick<S3Place, 'key' | 'listing'>,
    signal: AbortSignal | undefined,
    send: () => Promise<T>,
  ): Promise<T> {
    try {
      return await send();
    } catch (error) {
      throw storeError(error, { ...this.#place, ...about }, signal);
    }
  }
}

const abortable = (signal: AbortSignal | undefined): { abortSignal?: AbortSignal } =>
  signal === undefined ? {} : { abortSignal: signal };
