/**
 * Pages of an S3 listing. From a listing it is concluded that something is not there, so every page must show that it is
 * one: the XML of a listing to its end, of the bucket and prefix that were asked for, saying whether it goes on. Whatever
 * else is answered with 200 is a failure.
 */
import { gunzipSync } from 'node:zlib';
import {
  type CommonPrefix,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  type S3Client,
  type _Object,
} from '@aws-sdk/client-s3';
import { StoreFailure } from './object-store.js';
import { printable } from './printable.js';

export interface Listing {
  readonly bucket: string;
  readonly prefix: string;
}

export interface ListingPage {
  readonly objects: readonly (_Object & { readonly Key: string; readonly Size: number })[];
  readonly folders: readonly string[];
}

/** Pages without anything in a row, and pages altogether (a thousand objects each), before a listing counts as endless. */
const MAX_EMPTY = 100;
const MAX_PAGES = 10_000;
/** A thousand keys of the longest kind take 3 MB. */
const MAX_BYTES = 32 << 20;

/**
 * @param ask one page, after the one whose token is given.
 * @throws StoreFailure for an answer that is no such listing, or one without an end.
 */
export async function* listingPages(
  listing: Listing,
  ask: (token: string | undefined) => Promise<ListObjectsV2CommandOutput>,
): AsyncGenerator<ListingPage, void> {
  const seen = new Set<string>();
  let token: string | undefined;
  let empty = 0;
  for (let count = 0; ; count++) {
    const answer = await ask(token);
    const page = checked(listing, answer);
    const first = page.objects[0]?.Key ?? page.folders[0];
    empty = first === undefined ? empty + 1 : 0;
    token = answer.IsTruncated === true ? answer.NextContinuationToken : undefined;
    const marks = [first, token].filter((mark) => mark !== undefined).map((mark, i) => `${i} ${mark}`);
    if (marks.some((mark) => seen.has(mark)) || empty > MAX_EMPTY || count >= MAX_PAGES)
      throw notUnderstood(listing, 'its pages lead in a circle or have no end');
    for (const mark of marks) seen.add(mark);
    yield page;
    if (token === undefined) return;
  }
}

function checked(listing: Listing, page: ListObjectsV2CommandOutput): ListingPage {
  const { bucket, prefix } = listing;
  const { Name, Prefix = '', IsTruncated, NextContinuationToken, Contents = [], CommonPrefixes = [] } = page;
  if (Name !== undefined && Name !== bucket)
    throw notUnderstood(listing, `the listing is of the bucket ${printable(Name, 63)}`);
  if (Prefix !== prefix) throw notUnderstood(listing, 'the listing is of another prefix');
  if (typeof IsTruncated !== 'boolean') throw notUnderstood(listing, 'it does not say whether it goes on');
  if (IsTruncated && !NextContinuationToken)
    throw notUnderstood(listing, 'it goes on, but does not say where');
  const objects = Contents.map((object) => {
    const { Key, Size } = object;
    if (Key?.startsWith(prefix) !== true || Size === undefined || !(Size >= 0))
      throw notUnderstood(listing, 'it has an object without a size, or of another prefix');
    return { ...object, Key, Size };
  });
  return { objects, folders: CommonPrefixes.map((folder) => folderOf(listing, folder)) };
}

function folderOf(listing: Listing, { Prefix }: CommonPrefix): string {
  if (Prefix?.startsWith(listing.prefix) === true) return Prefix;
  throw notUnderstood(listing, 'it has a folder of another prefix');
}

function notUnderstood({ bucket, prefix }: Listing, why: string): StoreFailure {
  return new StoreFailure(
    `${bucket}/${prefix}: the store's answer is no listing that can be relied on: ${why}`,
  );
}

interface Answered {
  readonly statusCode?: number;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  body?: unknown;
}

/**
 * Lets through only what is the XML of a listing. The SDK itself takes a web page, an empty body or half a listing for one
 * without objects.
 */
export function watchListings(client: S3Client): void {
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const result = await next(args);
      const answer = result.response as Answered;
      const { commandName } = context as { commandName?: string };
      if (commandName !== ListObjectsV2Command.name || answer.statusCode !== 200) return result;
      const { Bucket = '', Prefix = '' } = args.input as { Bucket?: string; Prefix?: string };
      answer.body = await listingOf(answer, { bucket: Bucket, prefix: Prefix });
      return result;
    },
    { step: 'deserialize', priority: 'low', name: 'watchListings' },
  );
}

async function listingOf({ headers = {}, body }: Answered, listing: Listing): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of body as AsyncIterable<Uint8Array>) {
    bytes += piece.length;
    if (bytes > MAX_BYTES) throw notUnderstood(listing, `it has more than ${MAX_BYTES >> 20} MiB`);
    pieces.push(piece);
  }
  const all = unpacked(Buffer.concat(pieces), headers['content-encoding']);
  if (all !== undefined && isListing(all.toString())) return all;
  const type = printable(headers['content-type'] ?? 'no type', 40);
  throw notUnderstood(
    listing,
    `200 with ${bytes} bytes (${type}), which are no whole ListBucketResult; does a proxy or a login stand between?`,
  );
}

function unpacked(body: Buffer, encoding: string | undefined): Buffer | undefined {
  if (encoding?.trim().toLowerCase() !== 'gzip') return body;
  try {
    return gunzipSync(body, { maxOutputLength: MAX_BYTES });
  } catch {
    return undefined;
  }
}

/** From the root's beginning to its end. */
function isListing(text: string): boolean {
  const begins = /^\uFEFF?\s*(?:<\?xml[^>]{0,200}\?>\s*)?<ListBucketResult[\s>]/.test(text);
  return begins && text.trimEnd().endsWith('</ListBucketResult>');
}
