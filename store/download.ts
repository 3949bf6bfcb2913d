/**
 * Brings one object to one file: written beside it, resumed after cuts, checked, renamed.
 *
 * The bytes of one version of an object are the same whoever fetches them, and they are written at their own position in
 * a file named after that version. So a cut download goes on where it stopped, even in the next process, and two
 * downloads of the same object to the same path (an activity that timed out but still runs) cannot harm each other.
 */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { constants, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { shownAddress } from './address.js';
import { fetchRange, type OpenAt } from './fetch-range.js';
import { DiskFull, isDiskFull, StoreFailure, type DownloadOptions, type ObjectInfo } from './object-store.js';

/**
 * What a store has shown of its ETags. S3 does not promise that an ETag is an MD5, not even one of 32 hex digits (it is
 * not for objects encrypted with KMS, and some gateways make it up). So a mismatch alone proves nothing. The object is
 * fetched once more: two transfers that agree with each other were not damaged on the way, and the ETag is no MD5, which
 * is remembered for this store; two that differ were.
 */
export interface EtagTrust {
  md5: boolean;
}

/** Between looks at what another download of the same object has done. */
const LOOK_AGAIN_MS = 100;

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
    if (isDiskFull(error)) {
      await rm(part, { force: true });
      throw new DiskFull(path);
    }
    const { code, path: lost } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' || lost !== part || !existsSync(dirname(path))) throw error;
    // Another download of the same version took the part: it is done with it, or found it damaged and starts anew.
    for (let tries = 0; tries < 10; tries++) {
      if (await isComplete(object, path)) return;
      await delay(LOOK_AGAIN_MS);
    }
    throw new StoreFailure(`${object.key}: another download of it has started anew`);
  }
}

/** Where the bytes of this version of the object grow until they are all there. */
export function partPath(object: ObjectInfo, path: string): string {
  return `${path}.${versionDigest(object)}.part`;
}

/** How much of this version of the object lies at `path`, or beside it on the way there. */
export async function bytesAt(object: ObjectInfo, path: string): Promise<number> {
  if (await isComplete(object, path)) return object.bytes;
  // The same whoever signed the address.
  const part = partPath({ ...object, key: shownAddress(object.key) }, path);
  const size = await stat(part).then(
    (file) => file.size,
    () => 0,
  );
  return Math.min(size, object.bytes);
}

/** Names a version of an object by 16 hexadecimal digits. */
export function versionDigest({ key, etag, bytes }: ObjectInfo): string {
  return createHash('sha256').update(`${key}\n${etag}\n${bytes}`).digest('hex').slice(0, 16);
}

async function fetchInto(
  part: string,
  object: ObjectInfo,
  openAt: OpenAt,
  options: DownloadOptions,
): Promise<void> {
  const file = await open(part, constants.O_RDWR | constants.O_CREAT, 0o644);
  try {
    const from = Math.min((await file.stat()).size, object.bytes);
    await fetchRange(object, { from, to: object.bytes }, file, openAt, options);
  } finally {
    await file.close();
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
