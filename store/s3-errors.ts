/**
 * Turns what the AWS SDK throws into the store's own failures.
 *
 * The SDK's errors are never passed on as a cause: they carry the request, its signature and the access key.
 */
import { certificateFault } from './certificate.js';
import { ObjectReplaced } from './download.js';
import { ObjectMissing, StoreDenied, StoreFailure, StoreUntrusted } from './object-store.js';

interface SdkError {
  readonly name: string;
  readonly code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/** What an operation was about, for messages: `bucket`, and `key` or a prefix. */
export interface S3Place {
  readonly endpoint: string;
  readonly bucket: string;
  readonly key?: string;
}

const WRONG_KEYS =
  'check access_key and secret_key in s3_config.json (or AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY)';
const WRONG_CLOCK = "this machine's clock is too far off for the store; set it right";

/** Why trying again won't help, by the store's error code. */
const REMEDIES: Readonly<Record<string, string>> = {
  InvalidAccessKeyId: WRONG_KEYS,
  SignatureDoesNotMatch: WRONG_KEYS,
  XAdminUserNotFound: WRONG_KEYS,
  CredentialsProviderError: `no credentials were found; ${WRONG_KEYS}`,
  ExpiredToken: 'the session token has expired; fetch a new one',
  InvalidToken: 'the session token is not valid; fetch a new one',
  RequestTimeTooSkewed: WRONG_CLOCK,
  RequestExpired: WRONG_CLOCK,
  NoSuchBucket: 'there is no such bucket; check bucket in s3_config.json',
  AuthorizationHeaderMalformed:
    'the store expects another region; set region in s3_config.json, or AWS_REGION',
  IllegalLocationConstraintException:
    'the bucket lies in another region; set region in s3_config.json, or AWS_REGION',
  PermanentRedirect: 'the bucket lies in another region; set region in s3_config.json, or AWS_REGION',
};

/** The store's failure for an SDK error; an abort comes out as the signal's reason. */
export function storeError(error: unknown, place: S3Place, signal: AbortSignal | undefined): Error {
  if (signal?.aborted) return abortReason(signal);
  const { name, code, $metadata } = error as SdkError;
  const status = $metadata?.httpStatusCode;
  const at = `${place.bucket}${place.key === undefined || place.key === '' ? '' : `/${place.key}`} at ${place.endpoint}`;

  const remedy = REMEDIES[name];
  if (remedy !== undefined) return new StoreDenied(`${at}: ${name}: ${remedy}`);
  if (status === 401 || status === 403) {
    return new StoreDenied(
      `${at}: access denied (${status}); ${WRONG_KEYS}, and that they may read this bucket`,
    );
  }
  if (status === 301) return new StoreDenied(`${at}: moved (301); check region and host in s3_config.json`);
  if (status === 404 && place.key === '')
    return new StoreDenied(`${at}: nothing is there (404); check host and bucket in s3_config.json`);
  if (status === 404) return new ObjectMissing(place.key ?? place.bucket);
  if (status === 412 || status === 416) return new ObjectReplaced(`${at} was replaced meanwhile`);
  const fault = certificateFault(error, place.endpoint);
  if (fault?.mayPass === false) return new StoreUntrusted(`${at}: ${fault.why}`);
  if (fault !== undefined) return new StoreFailure(`${at}: ${fault.why}`);
  const what = [status, code ?? name].filter((part) => part !== undefined).join(' ');
  return new StoreFailure(`${at}: ${what}`);
}

/** The reason a signal was aborted with, as an error. */
export function abortReason(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error('aborted', { cause: signal.reason });
}
