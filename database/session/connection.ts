/**
 * How the database is reached: the `connection` of a db_config.json, with DATABASE_URL and PostgreSQL's own PG*
 * variables for what it leaves out.
 */
import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import { DatabaseSetupError } from './errors.js';

/** What node-postgres needs. The password is a function, so that printing or serialising the object can't show it. */
export interface Connection {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password?: (() => string) | undefined;
  readonly ssl?: boolean | ConnectionOptions | undefined;
  /** Settings for the server's session, as PGOPTIONS. */
  readonly options?: string | undefined;
}

/** What a db_config.json or a URL says; each part may be missing. */
export interface ConnectionParts {
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly database?: string | undefined;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly sslMode?: string | undefined;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** The file's parts win, then DATABASE_URL, then PG*, then PostgreSQL's defaults. */
export function resolveConnection(file: ConnectionParts, env: Environment): Connection {
  const url = env.DATABASE_URL === undefined || env.DATABASE_URL === '' ? {} : parseUrl(env.DATABASE_URL);
  const variables: ConnectionParts = {
    host: env.PGHOST,
    port: env.PGPORT === undefined || env.PGPORT === '' ? undefined : parsePort(env.PGPORT, 'PGPORT'),
    database: env.PGDATABASE,
    user: env.PGUSER,
    password: env.PGPASSWORD,
    sslMode: env.PGSSLMODE,
  };
  const pick = <Key extends keyof ConnectionParts>(key: Key): ConnectionParts[Key] =>
    [file[key], url[key], variables[key]].find((value) => value !== undefined && value !== '');
  const user = pick('user') ?? env.USER ?? 'postgres';
  const password = pick('password');
  return {
    host: pick('host') ?? 'localhost',
    port: pick('port') ?? 5432,
    database: pick('database') ?? user,
    user,
    password: password === undefined ? undefined : () => password,
    ssl: tlsOptions(pick('sslMode'), env.PGSSLROOTCERT),
    options: env.PGOPTIONS,
  };
}

/** libpq's words: `require` encrypts without checking the certificate, `verify-*` check it. */
function tlsOptions(
  mode: string | undefined,
  rootCertificate: string | undefined,
): boolean | ConnectionOptions | undefined {
  switch (mode) {
    case undefined:
    case 'disable':
    case 'allow':
    case 'prefer':
      return undefined;
    case 'require':
    case 'no-verify':
      return { rejectUnauthorized: false };
    case 'verify-ca':
    case 'verify-full':
      return {
        ...(rootCertificate === undefined ? {} : { ca: readFileSync(rootCertificate, 'utf8') }),
        // verify-ca asks for a trusted certificate, whatever name it bears.
        ...(mode === 'verify-ca' ? { checkServerIdentity: () => undefined } : {}),
      };
    default:
      throw new DatabaseSetupError(
        `sslmode "${mode}" is not known`,
        'Use disable, prefer, require, verify-ca or verify-full',
      );
  }
}

/** The URL may hold the password, so no message repeats it. */
function parseUrl(text: string): ConnectionParts {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new DatabaseSetupError(
      'DATABASE_URL is not a URL',
      'Write it as postgres://user:password@host:port/database',
    );
  }
  if (url.protocol !== 'postgres:' && url.protocol !== 'postgresql:') {
    throw new DatabaseSetupError(
      `DATABASE_URL begins with ${url.protocol}`,
      'It must begin with postgres://',
    );
  }
  const port = url.port === '' ? url.searchParams.get('port') : url.port;
  return {
    // A socket's folder stands in ?host=, or encoded in the place of the host.
    host: url.searchParams.get('host') ?? decodeURIComponent(url.hostname).replace(/^\[(.*)\]$/, '$1'),
    port: port === null ? undefined : parsePort(port, 'the port of DATABASE_URL'),
    database: decodeURIComponent(url.pathname.slice(1)),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    sslMode: url.searchParams.get('sslmode') ?? undefined,
  };
}

function parsePort(text: string, name: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65536) return port;
  throw new DatabaseSetupError(`${name} is "${text}"`, 'It must be a number from 1 to 65535');
}

/** The same connection for programs that use libpq, by its environment variables (PostgreSQL documentation, 34.15). */
export function libpqVariables(
  { host, port, database, user, password, ssl, options }: Connection,
  env: Environment,
): Record<string, string> {
  return {
    PGHOST: host,
    PGPORT: String(port),
    PGDATABASE: database,
    PGUSER: user,
    PGSSLMODE: sslMode(ssl),
    ...(password !== undefined && { PGPASSWORD: password() }),
    ...(env.PGSSLROOTCERT !== undefined && { PGSSLROOTCERT: env.PGSSLROOTCERT }),
    ...(options !== undefined && { PGOPTIONS: options }),
  };
}

function sslMode(ssl: Connection['ssl']): string {
  if (ssl === undefined || ssl === false) return 'prefer';
  if (ssl === true) return 'verify-full';
  if (ssl.rejectUnauthorized === false) return 'require';
  return ssl.checkServerIdentity === undefined ? 'verify-full' : 'verify-ca';
}
