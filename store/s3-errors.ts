/**
 * Turns what the AWS SDK throws into the store's own failures.
 *
 * The SDK's errors are never passed on as a cause: they carry the request, its signature and the access key. Of an answer
 * only the code and the words of an S3 error are shown.
 */
import { ObjectReplaced } from './fetch-range.js';
import { networkFault } from './network-fault.js';
import { ObjectMissing, StoreDenied, StoreFailure, StoreUntrusted } from './object-store.js';
import { printable } from './printable.js';
import { retryAfterMs } from './web-answer.js';

interface SdkError {
  readonly name: string;
  readonly message?: string;
  readonly code?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $response?: { readonly headers?: Readonly<Record<string, string | undefined>> };
}

/** What an operation was about, for messages: `bucket`, and `key` or a prefix. */
export interface S3Place {
  readonly endpoint: string;
  readonly bucket: string;
  readonly key?: string;
  /** A listing was asked for, not an object. */
  readonly listing?: boolean;
  /** Whether a bucket that is not there is one without objects, as for other buckets that an address names. */
  readonly mayBeMissing?: boolean;
  /** What names the endpoint: `s3.host in s3_config.json`. */
  readonly setting?: string;
  /** Never shown, should the store's words hold them. */
  readonly secrets?: readonly string[];
}

const WRONG_KEYS =
  'check access_key and secret_key in s3_config.json (or AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY)';
const WRONG_CLOCK = "this machine's clock is too far off for the store; set it right";
const WRONG_REGION = 'the bucket lies in another region; set region in s3_config.json, or AWS_REGION';
const PROXY = 'does a proxy or a login stand between, or is the host none of an S3 store?';

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
  IllegalLocationConstraintException: WRONG_REGION,
  PermanentRedirect: WRONG_REGION,
};

/** How stores and the gateways before them say that it is too much now, with whatever status: in code or words. */
const TOO_MUCH =
  /quota|throttl|slow ?down|too ?many|limit ?exceeded|exceed|rate ?limit|limit ?reached|concurren|bandwidth|serviceunavailable|requestlimit/i;
/** Statuses that may mean it. */
const MAYBE_TOO_MUCH: readonly (number | undefined)[] = [400, 403, 429, 503, 509];
/** A quota is not free again in the next second. */
const TOO_MUCH_PAUSE_MS = 30_000;

/** Names that the SDK gives where an answer has no S3 error. */
const NO_CODE = /^(UnknownError|Unknown|NotFound|Forbidden|BadRequest|Error|\w*SyntaxError|TypeError|\d+)$/;

/** The store's failure for an SDK error; an abort comes out as the signal's reason. */
export function storeError(error: unknown, place: S3Place, signal: AbortSignal | undefined): Error {
  if (signal?.aborted) return abortReason(signal);
  if (error instanceof StoreFailure) return error;
  const { name, $metadata, $response } = error as SdkError;
  const status = $metadata?.httpStatusCode;
  const { key = '' } = place;
  const at = `${place.bucket}${key === '' ? '' : `/${key}`} at ${place.endpoint}`;
  if (status === undefined) return unanswered(error as SdkError, at, place);
  if (status === 412 || status === 416) return new ObjectReplaced(`${at} was replaced meanwhile`);

  const code = /^[A-Z][A-Za-z0-9.]{2,60}$/.test(name) && !NO_CODE.test(name) ? name : undefined;
  const said = code === undefined ? String(status) : `${status} ${code}${wordsOf(error as SdkError, place)}`;
  if (code === 'NoSuchBucket' && place.mayBeMissing === true)
    return new ObjectMissing(`${place.bucket}/${key}`);
  const remedy = code === undefined ? undefined : REMEDIES[code];
  if (remedy !== undefined) return new StoreDenied(`${at}: ${said}; ${remedy}`);
  const wait = retryAfterMs($response?.headers?.['retry-after']);
  if (MAYBE_TOO_MUCH.includes(status) && code !== undefined && TOO_MUCH.test(said))
    return new StoreFailure(
      `${at}: ${said}: it is too much for the store now, or a quota is used up; it is asked again later`,
      wait ?? TOO_MUCH_PAUSE_MS,
    );
  if (code !== undefined && (status === 401 || status === 403))
    return new StoreDenied(
      `${at}: access denied (${said}); ${WRONG_KEYS}, and that they may read this bucket`,
    );
  if (status === 404 && code !== undefined) {
    if (place.listing === true || key === '')
      return new StoreDenied(`${at}: nothing is there (${said}); check host and bucket in s3_config.json`);
    if (code === 'NoSuchKey') return new ObjectMissing(key);
  }
  if (code === undefined && status < 500 && status !== 429)
    return new StoreFailure(`${at}: ${said} without an S3 error: ${PROXY} ${hint(status)}`.trimEnd(), wait);
  return new StoreFailure(`${at}: ${said}`, wait);
}

function hint(status: number): string {
  return status === 401 || status === 403 ? `If not, ${WRONG_KEYS}` : '';
}

/** The store's own words, without anything of ours in them. */
function wordsOf({ message = '' }: SdkError, { secrets = [] }: S3Place): string {
  const shown = secrets
    .filter((secret) => secret !== '')
    .reduce((text, secret) => text.replaceAll(secret, '***'), message);
  const words = printable(shown);
  return words === '' || words === 'UnknownError' ? '' : ` (${words})`;
}

/** No answer at all, or one that the SDK could make nothing of: its own words may quote the answer, and are not shown. */
function unanswered(
  error: SdkError,
  at: string,
  { endpoint, setting = 'host in s3_config.json' }: S3Place,
): Error {
  const { name, code } = error;
  const remedy = REMEDIES[name];
  if (remedy !== undefined) return new StoreDenied(`${at}: ${name}: ${remedy}`);
  const host = URL.canParse(endpoint) ? new URL(endpoint).host : endpoint;
  if (typeof code !== 'string' && !(error instanceof AggregateError) && name !== 'TimeoutError')
    return new StoreFailure(`${at}: the answer was not understood (${printable(name, 60)}); ${PROXY}`);
  const { why, mayPass } = networkFault(error, host, setting);
  return mayPass ? new StoreFailure(`${at}: ${why}`) : new StoreUntrusted(`${at}: ${why}`);
}

/** The reason a signal was aborted with, as an error. */
function abortReason(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error('aborted', { cause: signal.reason });
}
