/** Brings the season to a real object store, into a bucket of the demo's own. */
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { CreateBucketCommand, HeadBucketCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { openStore } from '../store/open.js';
import { openS3Client } from '../store/s3-client.js';
import type { S3Config } from '../store/s3-config.js';
import { storeError } from '../store/s3-errors.js';

/** Uploads under way at a time. */
const LANES = 8;

export interface UploadProgress {
  readonly done: number;
  readonly total: number;
}

/**
 * Uploads what the bucket lacks; objects of the same size are taken as they are. The bucket is made where it is missing.
 * @throws StoreDenied when the keys may not do that.
 */
export async function uploadSeason(
  folder: string,
  config: S3Config,
  report: (progress: UploadProgress) => void,
  signal: AbortSignal,
): Promise<void> {
  const client = openS3Client(config);
  try {
    await makeBucket(client, config);
    const there = await sizesIn(config, signal);
    const missing: string[] = [];
    for (const path of await filesBelow(folder)) {
      if (there.get(keyOf(folder, path)) !== (await stat(path)).size) missing.push(path);
    }
    const total = missing.length;
    const lane = async (): Promise<void> => {
      for (let path = missing.pop(); path !== undefined; path = missing.pop()) {
        signal.throwIfAborted();
        await put(client, config, keyOf(folder, path), path);
        report({ done: total - missing.length, total });
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
  } finally {
    client.destroy();
  }
}

async function makeBucket(client: S3Client, config: S3Config): Promise<void> {
  const bucket = { Bucket: config.bucket };
  try {
    await client
      .send(new HeadBucketCommand(bucket))
      .catch(() => client.send(new CreateBucketCommand(bucket)));
  } catch (error) {
    throw failure(error, config);
  }
}

async function sizesIn(config: S3Config, signal: AbortSignal): Promise<Map<string, number>> {
  const store = openStore(config);
  const sizes = new Map<string, number>();
  try {
    for await (const { key, bytes } of store.list('', signal)) sizes.set(key, bytes);
    return sizes;
  } finally {
    store.close();
  }
}

async function put(client: S3Client, config: S3Config, key: string, path: string): Promise<void> {
  const { size } = await stat(path);
  try {
    await client.send(
      new PutObjectCommand({
        Bucket: config.bucket,
        Key: key,
        Body: createReadStream(path),
        ContentLength: size,
      }),
    );
  } catch (error) {
    throw failure(error, config, key);
  }
}

function failure(error: unknown, { endpoint = 'AWS', bucket }: S3Config, key?: string): Error {
  return storeError(error, { endpoint, bucket, ...(key !== undefined && { key }) }, undefined);
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

function keyOf(folder: string, path: string): string {
  return relative(folder, path).split(sep).join('/');
}
