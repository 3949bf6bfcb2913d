/** What an answer of S3 says of an object: whether it can be one, its size and version. */
import type { GetObjectCommandOutput } from '@aws-sdk/client-s3';
import type { ObjectInfo } from './object-store.js';
import { notTheObject } from './web-answer.js';

type Described = Pick<GetObjectCommandOutput, 'ETag' | 'LastModified' | 'ContentType' | 'ContentEncoding'>;

/** Stores tell the version of all they hold; what has none came from somebody else. */
export const isVersioned = ({ ETag, LastModified }: Described): boolean =>
  (ETag !== undefined && ETag !== '') || LastModified !== undefined;

/** Why an answer can't be the object that was asked for. */
export const whyNot = ({ ContentType: type, ContentEncoding: encoding }: Described): string | undefined =>
  notTheObject({ type, encoding });

/** Gateways over plain folders may have no ETags; the date of the object, to the second, then tells versions apart. */
export function infoOf(
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

/** Of a version made of the object's date. */
export const isWeak = (etag: string): boolean => etag.startsWith('W/');
