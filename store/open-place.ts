/** Opens the place that a target names. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAddress } from './address.js';
import type { FilePlace } from './file-place.js';
import { FolderPlace } from './folder-place.js';
import { type Environment, readS3Config } from './s3-config.js';
import { S3Place } from './s3-place.js';

/** The place that a file is in, and its name there. @throws as `openPlace` does */
export async function openPlaceOfFile(
  target: string,
  s3Config: string | undefined,
  env: Environment,
): Promise<{ readonly place: FilePlace; readonly name: string }> {
  const cut = target.lastIndexOf('/');
  const name = target.slice(cut + 1);
  const folder = cut < 0 ? '.' : target.slice(0, Math.max(1, cut));
  return { place: await openPlace(folder, s3Config, env, `.writing-${name}`), name };
}

/**
 * A folder, or `s3://bucket/prefix` in the store that the configuration speaks of: its endpoint, its credentials, another bucket.
 * @param s3Config an s3_config.json; undefined: the environment alone.
 * @throws S3ConfigError, StoreDenied for an address of another kind
 */
export async function openPlace(
  target: string,
  s3Config: string | undefined,
  env: Environment,
  working?: string,
): Promise<FilePlace> {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(target)) return await FolderPlace.open(target, working);
  const address = parseAddress(target.replace(/\/*$/, '/'));
  if (address.kind !== 's3') throw new Error(`${target} is neither a folder nor s3://bucket/prefix`);
  const { bucket, key } = address;
  const config = { ...readS3Config(s3Config, { ...env, PARCELWISE_BUCKET: bucket }), bucket };
  if (config.endpoint?.startsWith('file:') !== true) return await S3Place.open(config, key);
  return await FolderPlace.open(join(fileURLToPath(config.endpoint), bucket, key), working);
}
