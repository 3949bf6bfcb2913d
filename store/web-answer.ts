/** What the headers of an HTTP answer say of an object and of the server's mood (RFC 9110). */
import type { IncomingMessage } from 'node:http';

export interface WebVersion {
  /** Size of the whole object. */
  readonly bytes?: number;
  /** As `ObjectInfo.etag`: strong without quotes, else a weak one (`W/…`). */
  readonly etag?: string;
  /** First byte of the part that was sent. */
  readonly from?: number;
}

export function versionOf({ headers, statusCode }: IncomingMessage): WebVersion {
  const range = contentRange(headers['content-range']);
  const length = headers['content-length'];
  // Of a partial answer the length is the part's.
  const whole = statusCode === 206 || statusCode === 416 ? range.bytes : length;
  const etag = etagOf(headers);
  return {
    ...(whole !== undefined && /^\d+$/.test(String(whole)) && { bytes: Number(whole) }),
    ...(etag !== undefined && { etag }),
    ...(range.from !== undefined && { from: range.from }),
  };
}

/** First byte and whole size of a `Content-Range` header, as far as it tells them. */
export function contentRange(header: string | undefined): {
  readonly from?: number;
  readonly bytes?: number;
} {
  const [, from, bytes] = /^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/.exec(header ?? '') ?? [];
  return {
    ...(from !== undefined && { from: Number(from) }),
    ...(bytes !== undefined && bytes !== '*' && { bytes: Number(bytes) }),
  };
}

/** Without an ETag the date of the object, to the second, tells versions apart. */
function etagOf({ etag, 'last-modified': modified }: IncomingMessage['headers']): string | undefined {
  const strong = /^"(.+)"$/.exec(etag ?? '')?.[1];
  if (strong !== undefined) return strong;
  if (etag?.startsWith('W/') === true) return etag;
  const date = Date.parse(modified ?? '');
  return Number.isNaN(date) ? undefined : `W/${new Date(date).toISOString().slice(0, 19)}Z`;
}

/** Statuses that may pass by themselves. */
export function isBusy(status: number): boolean {
  return status === 408 || status === 425 || status === 429 || status >= 500;
}

/** Nobody waits longer than this on another's word. */
const LONGEST_WAIT_MS = 3_600_000;

/** Milliseconds of a `Retry-After` header, seconds or a date (RFC 9110, 10.2.3); an hour at most. */
export function retryAfterMs(header: string | null | undefined): number | undefined {
  if (header === undefined || header === null || header.trim() === '') return undefined;
  const seconds = Number(header);
  const milliseconds = Number.isFinite(seconds) ? 1000 * seconds : Date.parse(header) - Date.now();
  return Number.isNaN(milliseconds) ? undefined : Math.min(Math.max(0, milliseconds), LONGEST_WAIT_MS);
}

/**
 * Why an answer can't be the object that was asked for: a page for people, as portals and proxies put in its place, or
 * bytes that were packed on the way, so that no size or range says anything of the object.
 */
export function notTheObject(headers: {
  readonly type?: string | undefined;
  readonly encoding?: string | undefined;
}): string | undefined {
  const type = headers.type?.split(';')[0]?.trim().toLowerCase();
  if (type === 'text/html' || type === 'application/xhtml+xml')
    return 'a web page was answered in place of it; does a proxy or a login stand between';
  const encodings = (headers.encoding ?? '').toLowerCase().split(/[\s,]+/);
  const packed = encodings.find((one) => one !== '' && one !== 'identity' && one !== 'aws-chunked');
  return packed === undefined
    ? undefined
    : 'it was answered packed (Content-Encoding), which nobody asked for';
}
