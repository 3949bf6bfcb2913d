/**
 * Where the objects lie and who asks for them: CbM's s3_config.json, filled up by the AWS_* variables.
 *
 * `{"s3": {"access_key": …, "secret_key": …, "host": …, "bucket": …}}`; `region` and `addressing` ("path" or "virtual")
 * are optional. What the file says comes before what the environment says.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';

export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface S3Config {
  /** URL of the store; undefined is AWS's own for the region. A `file:` URL is a folder that holds buckets as folders. */
  readonly endpoint?: string;
  /** What names the endpoint, for messages: `host in s3_config.json`, `AWS_ENDPOINT_URL`. */
  readonly endpointFrom?: string;
  readonly bucket: string;
  /** Undefined leaves it to the profile that AWS_PROFILE names. */
  readonly region?: string;
  readonly addressing: 'path' | 'virtual';
  /** A function, so that printing or serialising the configuration never shows a secret. Undefined: the SDK's own chain. */
  readonly credentials?: () => S3Credentials;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** s3_config.json, or the environment, does not say what is needed. Names the file and the key, never a value. */
export class S3ConfigError extends Error {
  override readonly name = 'S3ConfigError';
}

const optionalText = z
  .string()
  .trim()
  .transform((text) => (text === '' ? undefined : text))
  .optional();

const fileSchema = z.object({
  s3: z.object({
    access_key: optionalText,
    secret_key: optionalText,
    host: optionalText,
    bucket: optionalText,
    region: optionalText,
    addressing: z.enum(['path', 'virtual']).optional(),
  }),
});

type FileSettings = z.infer<typeof fileSchema>['s3'];

const ENDPOINTS = ['AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL'];

/**
 * Reads `path` (undefined: the environment alone) and fills what it leaves out from AWS_ACCESS_KEY_ID,
 * AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION, AWS_DEFAULT_REGION, AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL and
 * PARCELWISE_BUCKET. Without any keys the AWS SDK looks for them (AWS_PROFILE, ~/.aws, instance roles).
 *
 * The region only has to be what the store expects in signatures: `default` at Copernicus Data Space and CloudFerro,
 * else `us-east-1`, which nearly every other store accepts.
 * @throws S3ConfigError
 */
export function readS3Config(path: string | undefined, env: Environment): S3Config {
  const file: FileSettings = path === undefined ? {} : readFile(path);
  const source = path ?? 'the environment';

  const bucket = file.bucket ?? firstSet(env, 'PARCELWISE_BUCKET');
  if (bucket === undefined) {
    throw new S3ConfigError(
      path === undefined
        ? 'neither an s3_config.json nor PARCELWISE_BUCKET says where the scenes are; name a file with --s3-config'
        : `${path}: s3.bucket is missing; add it, or set PARCELWISE_BUCKET`,
    );
  }
  const host = file.host ?? firstSet(env, ...ENDPOINTS);
  const endpointFrom =
    file.host === undefined
      ? ENDPOINTS.find((name) => firstSet(env, name) !== undefined)
      : `host in ${source}`;
  const endpoint = host === undefined ? undefined : endpointOf(host, source);
  if (bucket.includes('/') && endpoint?.startsWith('file:') !== true) {
    throw new S3ConfigError(
      `${source}: the bucket is a name alone, without s3:// before it or a path behind it; products are found by their keys`,
    );
  }
  const credentials = credentialsOf(file, env, source);
  const region =
    file.region ?? firstSet(env, 'AWS_REGION', 'AWS_DEFAULT_REGION') ?? defaultRegion(endpoint, env);

  return {
    bucket,
    addressing: file.addressing ?? 'path',
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(endpointFrom === undefined ? {} : { endpointFrom }),
    ...(region === undefined ? {} : { region }),
    ...(credentials === undefined ? {} : { credentials }),
  };
}

function readFile(path: string): FileSettings {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new S3ConfigError(`${path}: can't be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`);
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // The parser's own message quotes the text around the fault, which may be the secret key.
    throw new S3ConfigError(`${path}: is not valid JSON`);
  }
  const parsed = fileSchema.safeParse(json);
  if (parsed.success) return parsed.data.s3;
  const faults = parsed.error.issues.map(
    (issue) => `${issue.path.join('.') || 'the file'}: ${issue.message}`,
  );
  throw new S3ConfigError(`${path}: ${faults.join('; ')}`);
}

/**
 * A host as CbM's users write it, with or without a scheme. Without one it is https, but http for this machine, bare
 * IPv4 addresses and names without a dot, which no public store has.
 */
function endpointOf(host: string, source: string): string {
  const plain = /^(localhost|\d+\.\d+\.\d+\.\d+|\[[0-9a-f:]+\]|[^./:]+)(:\d+)?(\/|$)/i.test(host);
  const written = /^[a-z]+:\/\//i.test(host) ? host : `${plain ? 'http' : 'https'}://${host}`;
  let url: URL;
  try {
    url = new URL(written);
  } catch {
    throw new S3ConfigError(`${source}: s3.host is not a host name or URL`);
  }
  if (!['http:', 'https:', 'file:'].includes(url.protocol)) {
    throw new S3ConfigError(`${source}: s3.host must begin with https://, http:// or file://`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new S3ConfigError(
      `${source}: s3.host must not carry a user name or password; use access_key and secret_key`,
    );
  }
  return url.href.replace(/\/+$/, '');
}

function credentialsOf(
  file: FileSettings,
  env: Environment,
  source: string,
): (() => S3Credentials) | undefined {
  if (file.access_key !== undefined || file.secret_key !== undefined) {
    const { access_key: accessKeyId, secret_key: secretAccessKey } = file;
    if (accessKeyId === undefined || secretAccessKey === undefined) {
      const missing = accessKeyId === undefined ? 's3.access_key' : 's3.secret_key';
      throw new S3ConfigError(
        `${source}: ${missing} is missing; give both keys, or neither and set AWS_* variables`,
      );
    }
    return () => ({ accessKeyId, secretAccessKey });
  }
  const accessKeyId = firstSet(env, 'AWS_ACCESS_KEY_ID');
  const secretAccessKey = firstSet(env, 'AWS_SECRET_ACCESS_KEY');
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined;
  const sessionToken = firstSet(env, 'AWS_SESSION_TOKEN');
  return () => ({ accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) });
}

function defaultRegion(endpoint: string | undefined, env: Environment): string | undefined {
  if (endpoint === undefined && firstSet(env, 'AWS_PROFILE') !== undefined) return undefined;
  const host = endpoint === undefined ? '' : new URL(endpoint).hostname;
  return /(^|\.)(dataspace\.copernicus\.eu|cloudferro\.com)$/.test(host) ? 'default' : 'us-east-1';
}

/**
 * Names the account that a provider's quota is for: the endpoint, the bucket, and a digest of the access key's public
 * part. Never a secret.
 */
export function accountOf({ endpoint, bucket, credentials }: S3Config): string {
  const id = credentials?.().accessKeyId;
  const who = id === undefined ? 'default' : createHash('sha256').update(id).digest('hex').slice(0, 12);
  return `${endpoint ?? 'AWS'} ${bucket} ${who}`;
}

/** The first of the variables that is set to something. */
function firstSet(env: Environment, ...names: string[]): string | undefined {
  return names.map((name) => env[name]).find((value) => value !== undefined && value !== '');
}
