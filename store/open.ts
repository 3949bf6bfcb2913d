/** Opens the store a configuration speaks of. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AddressedStore } from './addressed-store.js';
import { FolderStore } from './folder-store.js';
import type { ObjectStore } from './object-store.js';
import type { S3Config } from './s3-config.js';
import { S3Store } from './s3-store.js';
import { WebStore } from './web-store.js';

/**
 * An S3 bucket, or the folder named like the bucket where the endpoint is a `file:` URL. Objects elsewhere, in other
 * buckets of the endpoint or on web servers, are reached by their addresses.
 */
export function openStore(config: S3Config): ObjectStore {
  return new AddressedStore(openBucket(config, false), config.bucket, {
    openBucket: (bucket) => openBucket({ ...config, bucket }, true),
    web: new WebStore(),
  });
}

function openBucket(config: S3Config, mayBeMissing: boolean): ObjectStore {
  const { endpoint, bucket } = config;
  if (endpoint?.startsWith('file:') !== true) return new S3Store(config, undefined, mayBeMissing);
  return new FolderStore(join(fileURLToPath(endpoint), bucket), mayBeMissing);
}
