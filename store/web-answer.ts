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
  const range = /^bytes (?:(\d+)-\d+|\*)\/(\d+)$/.exec(headers['content-range'] ?? '');
  const length = headers['content-length'];
  // Of a partial answer the length is the part's.
  const whole = statusCode === 206 || statusCode === 416 ? range?.[2] : length;
  const etag = etagOf(headers);
  return {
    ...(whole !== undefined && { bytes: Number(whole) }),
    ...(etag !== undefined && { etag }),
    ...(range?.[1] !== undefined && { from: Number(range[1]) }),
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

/** Milliseconds of a `Retry-After` header: seconds, or a date (RFC 9110, 10.2.3). */
export function retryAfterMs(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const seconds = Number(header);
  const milliseconds = Number.isFinite(seconds) ? 1000 * seconds : Date.parse(header) - Date.now();
  return Number.isNaN(milliseconds) ? undefined : Math.max(0, milliseconds);
}
