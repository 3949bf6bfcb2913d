/** Which parts of the stack real servers take the place of: those whose address is configured. */
import { existsSync, readFileSync } from 'node:fs';
import { readConnection } from '../database/selection/config.js';
import type { Connection } from '../database/session/connection.js';
import { readS3Config, type S3Config } from '../store/s3-config.js';
import { configuredTemporal } from '../client/index.js';
import type { StackAddresses } from '../stack/stack.js';

type Environment = Readonly<Record<string, string | undefined>>;

export interface ConfiguredParts {
  readonly database?: ConfiguredDatabase;
  readonly temporal?: { readonly address: string };
  readonly s3?: S3Config;
}

export interface ConfiguredDatabase {
  readonly connection: Connection;
  /** `connection` of the db_config.json that names it; what is left out there comes from the environment. */
  readonly written: object;
}

export interface ConfigFiles {
  readonly dbConfig: string | undefined;
  readonly s3Config: string | undefined;
}

/**
 * PostgreSQL by db_config.json, DATABASE_URL or PGHOST; Temporal by TEMPORAL_ADDRESS or a profile; S3 by s3_config.json or
 * PARCELWISE_BUCKET. Keys alone (AWS_ACCESS_KEY_ID) say nothing of where, so they replace nothing.
 * @throws DatabaseSetupError, S3ConfigError when what is configured can't be.
 */
export function configuredParts({ dbConfig, s3Config }: ConfigFiles, env: Environment): ConfiguredParts {
  const database = configuredDatabase(dbConfig, env);
  const address = configuredTemporal(env);
  const named = s3Config !== undefined || isSet(env.PARCELWISE_BUCKET);
  return {
    ...(database && { database }),
    ...(address !== undefined && { temporal: { address } }),
    ...(named && { s3: readS3Config(s3Config, env) }),
  };
}

/** The same as the stack wants it, to leave these parts out. */
export function addressesOf({ database, temporal, s3 }: ConfiguredParts): Partial<StackAddresses> {
  const keys = s3?.credentials?.();
  return {
    ...(database && { database: { url: urlOf(database.connection) } }),
    ...(temporal && { temporal }),
    ...(s3 && {
      s3: {
        endpoint: s3.endpoint ?? 'https://s3.amazonaws.com',
        accessKey: keys?.accessKeyId ?? '',
        secretKey: keys?.secretAccessKey ?? '',
        region: s3.region ?? '',
        bucket: s3.bucket,
      },
    }),
  };
}

function configuredDatabase(file: string | undefined, env: Environment): ConfiguredDatabase | undefined {
  const written = file === undefined || !existsSync(file) ? {} : connectionIn(file);
  const named = isSet(written.host) || isSet(env.DATABASE_URL) || isSet(env.PGHOST);
  return named ? { connection: readConnection(file, env), written } : undefined;
}

/** As it stands in the file; `readConnection` then tells what is wrong with it. */
function connectionIn(file: string): { readonly host?: string } {
  try {
    const content = JSON.parse(readFileSync(file, 'utf8').replace(/^\uFEFF/, '')) as {
      database?: { connection?: { host?: string } };
    };
    return content.database?.connection ?? {};
  } catch {
    return { host: 'unknown' };
  }
}

function urlOf({ user, password, host, port, database }: Connection): string {
  const secret = password === undefined ? '' : `:${encodeURIComponent(password())}`;
  const at = host.startsWith('/') ? encodeURIComponent(host) : host;
  return `postgresql://${encodeURIComponent(user)}${secret}@${at}:${port}/${encodeURIComponent(database)}`;
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '';
}
