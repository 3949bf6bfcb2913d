/**
 * Brings one object to one file: written beside it, resumed after cuts, checked, renamed.
 *
 * The bytes of one version of an object are the same whoever fetches them, and they are written at their own position in
 * a file named after that version. So a cut download goes on where it stopped, even in the next process, and two
 * downloads of the same object to the same path (an activity that timed out but still runs) cannot harm each other.
 */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { constants, open, readFile, rename, rm, stat, writeFile, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { DiskFull, StoreFailure, type DownloadOptions, type ObjectInfo } from './object-store.js';

/**
 * Opens the object at byte `from`.
 * @throws ObjectReplaced when the store has another version of it, StoreFailure for what may pass by itself.
 */
export type OpenAt = (from: number) => Promise<AsyncIterable<Uint8Array>>;

/** The object is not the version that was asked for (any more); asking for the new one helps. */
export class ObjectReplaced extends StoreFailure {}

/** Cuts in a row without a byte between them, and cuts altogether, before a download is given up. */
const MAX_FRUITLESS_CUTS = 4;
const MAX_CUTS = 40;
const FIRST_PAUSE_MS = 100;

/**
 * What a store has shown of its ETags. S3 does not promise that an ETag is an MD5, not even one of 32 hex digits (it is
 * not for objects encrypted with KMS, and some gateways make it up). So a mismatch alone proves nothing. The object is
 * fetched once more: two transfers that agree with each other were not damaged on the way, and the ETag is no MD5, which
 * is remembered for this store; two that differ were.
 */
export interface EtagTrust {
  md5: boolean;
}

/** Downloads `object` to `path`; nothing is done when that version lies there already. */
export async function downloadTo(
  object: ObjectInfo,
  path: string,
  openAt: OpenAt,
  trust: EtagTrust,
  options: DownloadOptions = {},
): Promise<void> {
  if (await isComplete(object, path)) {
    options.onProgress?.(object.bytes, object.bytes);
    return;
  }
  const part = partPath(object, path);
  try {
    await fetchInto(part, object, openAt, options);
    if (trust.md5 && (await isDamaged(part, object))) {
      const first = await md5Of(part);
      await rm(part, { force: true });
      await fetchInto(part, object, openAt, options);
      const second = await md5Of(part);
      if (second !== md5In(object.etag)) {
        if (second !== first) {
          await rm(part, { force: true });
          throw new StoreFailure(`${object.key}: two downloads of it differ; they are damaged on the way`);
        }
        trust.md5 = false;
      }
    }
    await finish(part, object, path);
  } catch (error) {
    const { code, path: lost } = error as NodeJS.ErrnoException;
    if (code === 'ENOSPC' || code === 'EDQUOT') {
      await rm(part, { force: true });
      throw new DiskFull(path);
    }
    if (code !== 'ENOENT' || lost !== part || !existsSync(dirname(path))) throw error;
    // Another download of the same version took the part: it is done with it, or found it damaged and starts anew.
    for (let tries = 0; tries < 10; tries++) {
      if (await isComplete(object, path)) return;
      await delay(FIRST_PAUSE_MS);
    }
    throw new StoreFailure(`${object.key}: another download of it has started anew`);
  }
}

/** Where the bytes of this version of the object grow until they are all there. */
export function partPath(object: ObjectInfo, path: string): string {
  const version = createHash('sha256').update(`${object.key}\n${object.etag}\n${object.bytes}`).digest('hex');
  return `${path}.${version.slice(0, 16)}.part`;
}

async function fetchInto(
  part: string,
  object: ObjectInfo,
  openAt: OpenAt,
  options: DownloadOptions,
): Promise<void> {
  const { signal, rateLimit } = options;
  const file = await open(part, constants.O_RDWR | constants.O_CREAT, 0o644);
  try {
    let received = Math.min((await file.stat()).size, object.bytes);
    let fruitless = 0;
    for (let cuts = 0; received < object.bytes; cuts += 1) {
      signal?.throwIfAborted();
      if (fruitless > MAX_FRUITLESS_CUTS || cuts > MAX_CUTS) {
        throw new StoreFailure(
          `${object.key}: cut again and again, given up after ${received} of ${object.bytes} bytes`,
        );
      }
      if (cuts > 0) await delay(FIRST_PAUSE_MS * 2 ** fruitless, undefined, signal ? { signal } : {});
      const before = received;
      await rateLimit?.request(signal);
      for await (const count of writeFrom(file, received, object, openAt)) {
        received += count;
        options.onProgress?.(received, object.bytes);
        await rateLimit?.received(count, signal);
      }
      signal?.throwIfAborted();
      fruitless = received > before ? 0 : fruitless + 1;
    }
  } finally {
    await file.close();
  }
}

/** Writes what one connection brings and yields how much each time; ends at the end or at a cut. */
async function* writeFrom(
  file: FileHandle,
  from: number,
  object: ObjectInfo,
  openAt: OpenAt,
): AsyncGenerator<number, void> {
  let position = from;
  for await (const pieces of gathered(await openAt(from))) {
    const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
    if (position + bytes > object.bytes) throw new ObjectReplaced(`${object.key} has grown meanwhile`);
    await writeAll(file, pieces, bytes, position);
    position += bytes;
    yield bytes;
  }
}

/** Connections bring pieces of some kilobytes; many of them are written, and told of, at the cost of one. */
const GATHERED_BYTES = 1 << 19;

const END = { done: true, value: undefined } as const;

/** What a connection brings until its end or a cut. */
async function* gathered(connection: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array[], void> {
  const pieces = connection[Symbol.asyncIterator]();
  const receive = (): Promise<IteratorResult<Uint8Array, unknown>> => pieces.next().catch(() => END);
  try {
    for (let next = await receive(); next.done !== true;) {
      const together: Uint8Array[] = [];
      for (let bytes = 0; next.done !== true && bytes < GATHERED_BYTES; next = await receive()) {
        together.push(next.value);
        bytes += next.value.length;
      }
      yield together;
    }
  } finally {
    await pieces.return?.().catch(() => undefined);
  }
}

/** A body without its first bytes, for servers that send all of an object though they were asked for a later part. */
export async function* skipping(
  body: AsyncIterable<Uint8Array>,
  bytes: number,
): AsyncGenerator<Uint8Array, void> {
  let left = bytes;
  for await (const piece of body) {
    if (left < piece.length) yield piece.subarray(left);
    left = Math.max(0, left - piece.length);
  }
}

/** So many bytes of a body after the first `skip`, fewer where it ends before; what comes after them is not waited for. */
export async function readPart(
  body: AsyncIterable<Uint8Array>,
  skip: number,
  bytes: number,
): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let got = 0;
  for await (const piece of skipping(body, skip)) {
    pieces.push(piece);
    got += piece.length;
    if (got >= bytes) break;
  }
  return Buffer.concat(pieces).subarray(0, bytes);
}

async function writeAll(
  file: FileHandle,
  pieces: readonly Uint8Array[],
  bytes: number,
  position: number,
): Promise<void> {
  const { bytesWritten } = await file.writev(pieces, position);
  if (bytesWritten === bytes) return;
  // A disk that is nearly full takes a part, and says why not the rest when it is asked again.
  const rest = Buffer.concat(pieces);
  for (let done = bytesWritten; done < bytes;) {
    done += (await file.write(rest, done, bytes - done, position + done)).bytesWritten;
  }
}

/** What is written beside a complete file, so that it is known again. */
const versionPath = (path: string): string => `${path}.version`;
const versionText = (object: ObjectInfo): string => `${object.bytes} ${object.etag ?? ''}\n`;

async function isComplete(object: ObjectInfo, path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile() !== true || found.size !== object.bytes) return false;
  const version = await readFile(versionPath(path), 'utf8').catch(() => undefined);
  return version === versionText(object);
}

/** The mark comes last: a file whose mark is missing, or of another version, is fetched again. */
async function finish(part: string, object: ObjectInfo, path: string): Promise<void> {
  await rename(part, path);
  await writeFile(versionPath(path), versionText(object));
}

function md5In(etag: string | undefined): string | undefined {
  return etag !== undefined && /^[0-9a-f]{32}$/i.test(etag) ? etag.toLowerCase() : undefined;
}

async function isDamaged(part: string, object: ObjectInfo): Promise<boolean> {
  const expected = md5In(object.etag);
  return expected !== undefined && (await md5Of(part)) !== expected;
}

async function md5Of(path: string): Promise<string> {
  const hash = createHash('md5');
  for await (const piece of createReadStream(path, { highWaterMark: 1 << 20 }))
    hash.update(piece as Uint8Array);
  return hash.digest('hex');
}
