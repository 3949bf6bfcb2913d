/** Opens the store a configuration speaks of. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FolderStore } from './folder-store.js';
import type { ObjectStore } from './object-store.js';
import type { S3Config } from './s3-config.js';
import { S3Store } from './s3-store.js';

/** An S3 bucket, or the folder named like the bucket where the endpoint is a `file:` URL. */
export function openStore(config: S3Config): ObjectStore {
  const { endpoint, bucket } = config;
  if (endpoint?.startsWith('file:') === true) return new FolderStore(join(fileURLToPath(endpoint), bucket));
  return new S3Store(config);
}
