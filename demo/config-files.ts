/** Writes db_config.json, s3_config.json and datasets.json, which the other commands take. Some hold passwords: only their user reads them. */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import type { Tables } from '../database/terms.js';
import type { S3Config } from '../store/s3-config.js';
import type { DatabaseAddress, S3Address } from '../stack/stack.js';

export interface Arguments {
  readonly aoi: string;
  /** Days, both included. */
  readonly start: string;
  readonly end: string;
}

/** The `connection` of a db_config.json for a server reached by a URL. */
export function connectionOf({ url }: DatabaseAddress): object {
  const { hostname, port, pathname, username, password } = new URL(url);
  return {
    host: hostname,
    port: Number(port),
    dbname: decodeURIComponent(pathname.slice(1)),
    dbuser: decodeURIComponent(username),
    dbpasswd: decodeURIComponent(password),
    sslmode: 'disable',
  };
}

export function dbConfig(connection: object, tables: Tables, { aoi, start, end }: Arguments): object {
  return {
    database: {
      connection,
      tables: {
        catalogue_table: tables.catalogue,
        aoi_table: tables.aois,
        parcel_table: tables.parcels,
        results_table: tables.results,
        ...(tables.hists !== undefined && { hists_table: tables.hists }),
        ...(tables.clear !== undefined && { clear_table: tables.clear }),
      },
      args: { aoi_field: 'name', name: aoi, startdate: start, enddate: end },
    },
  };
}

/**
 * CbM's datasets.json of one dataset, whose series lie in a table for each kind of them.
 * @param rows tables of rows by kind (`s2`, `bs`, …).
 * @param columns of the parcel table: the id that is asked for, and the crop's name and code.
 */
export function datasetsConfig(
  { aoi, start }: Pick<Arguments, 'aoi' | 'start'>,
  tables: Tables,
  rows: Readonly<Record<string, string>>,
  columns: { readonly parcel_id: string; readonly crop_name: string; readonly crop_code: string },
): object {
  return {
    [`${aoi}_${start.slice(0, 4)}`]: {
      tables: {
        parcels: tables.parcels,
        dias_catalog: tables.catalogue,
        ...(tables.hists !== undefined && { scl: tables.hists }),
        ...rows,
        ...(tables.clear !== undefined && { clear: tables.clear }),
      },
      pcolumns: columns,
    },
  };
}

export function s3Config({ endpoint, bucket, region, accessKey, secretKey }: S3Address): object {
  return { s3: { host: endpoint, bucket, region, access_key: accessKey, secret_key: secretKey } };
}

/** A real store's settings for another bucket. Keys of a session only hold with its token, which stays in the environment. */
export function s3ConfigOf({ endpoint, region, addressing, credentials }: S3Config, bucket: string): object {
  const keys = credentials?.();
  return {
    s3: {
      ...(endpoint !== undefined && { host: endpoint }),
      bucket,
      ...(region !== undefined && { region }),
      addressing,
      ...(keys?.sessionToken === undefined &&
        keys && { access_key: keys.accessKeyId, secret_key: keys.secretAccessKey }),
    },
  };
}

const FILE = z.looseObject({ database: z.looseObject({ connection: z.unknown() }) });

/** The file with this connection: what else a person wrote into it stays; a new one is `otherwise`. */
export async function withConnection(file: string, connection: object, otherwise: object): Promise<object> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return otherwise;
  try {
    const kept = FILE.parse(JSON.parse(text));
    return { ...kept, database: { ...kept.database, connection } };
  } catch {
    throw new Error(`${file} is damaged: mend or remove it`);
  }
}

/** Whole or not at all. */
export async function writePrivately(file: string, content: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(`${file}.new`, content, { mode: 0o600 });
  await rename(`${file}.new`, file);
}

export function asJson(value: object): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
