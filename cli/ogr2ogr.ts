/** GDAL's `ogr2ogr`, which reads every file format of parcels there is. It is a program of its own, where it is installed. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import type { Connection } from '../database/session/connection.js';
import { libpqVariables } from '../database/session/connection.js';
import { FEATURE_ID, type Landing } from '../database/parcels/import/import-parcels.js';
import { UserError } from '../terminal/user-error.js';

export interface ImportSource {
  readonly file: string;
  readonly layer: string | undefined;
  /** Its reference system, where the file does not say. */
  readonly sourceSrid: number | undefined;
  /** The table's reference system; undefined keeps the file's. */
  readonly srid: number | undefined;
  /** Keep the features' own ids instead of numbering them from 1. */
  readonly keepIds: boolean;
}

/** How many of a program's last words are told. */
const LAST_LINES = 5;

/** @throws UserError with what to install, where GDAL or its driver for the file is missing. */
export async function requireGdal(file: string): Promise<void> {
  if (!existsSync(file)) throw new UserError(`${file}: there is no such file`);
  const formats = await runGdal('ogr2ogr', ['--formats'], {}).catch((error: unknown) => {
    throw isMissing(error)
      ? new UserError(
          "ogr2ogr is not installed; it is in Debian's and Ubuntu's package gdal-bin: apt-get install gdal-bin",
        )
      : error;
  });
  if ((await isParquet(file)) && !/^\s*Parquet /m.test(formats)) {
    const name = basename(file);
    const converted = `${name.replace(/\.[^.]*$/, '')}.gpkg`;
    throw new UserError(
      `${file} is Parquet, for which this machine's GDAL has no driver (Debian's gdal-bin is built without it). ` +
        `Convert it where there is one: ogr2ogr ${converted} ${name}, by the gdal of conda-forge with libgdal-arrow-parquet, ` +
        `or geopandas.read_parquet('${name}').to_file('${converted}') in Python; then import ${converted}`,
    );
  }
}

/** By its name, or by its first bytes (Apache Parquet, "File Format"). */
async function isParquet(file: string): Promise<boolean> {
  if (/\.(geo)?parquet$/i.test(file)) return true;
  const opened = await open(file).catch(() => undefined);
  // A folder can be a data set too; what can't be read is for ogr2ogr to say.
  const head = await opened?.read(Buffer.alloc(4), 0, 4, 0).catch(() => undefined);
  await opened?.close();
  return head?.buffer.toString('latin1') === 'PAR1';
}

/** The layer to import. @throws UserError where the file has none, or several and none is named. */
export async function layerOf({ file, layer }: Pick<ImportSource, 'file' | 'layer'>): Promise<string> {
  const listed = await runGdal('ogrinfo', ['-ro', '-so', '-q', dataset(file)], {});
  const layers = [...listed.matchAll(/^(?:\d+|Layer): (.*?)(?: \(([^()]*)\))?$/gm)].map(
    ([, name = '']) => name,
  );
  if (layer !== undefined) {
    if (layers.includes(layer)) return layer;
    throw new UserError(`${file} has no layer ${layer}; there are ${layers.join(', ')}`);
  }
  const [only, ...others] = layers;
  if (only === undefined) throw new UserError(`${file}: GDAL finds no layer of features in it`);
  if (others.length > 0)
    throw new UserError(`${file} has several layers: ${layers.join(', ')}. Name one by --layer`);
  return only;
}

/**
 * Loads a layer into the landing table: geometry in two dimensions and promoted to its multi kind, ids in `FEATURE_ID`.
 * How the database is reached, its password too, stands in the child's environment, which only its user can read.
 */
export async function load(
  source: ImportSource,
  layer: string,
  { schema, table }: Landing,
  connection: Connection,
  options: { readonly signal: AbortSignal; readonly onShare: (share: number) => void },
): Promise<void> {
  const { file, sourceSrid, srid, keepIds } = source;
  const args = [
    ...['-f', 'PostgreSQL', `PG:application_name=parcelwise`, dataset(file), layer],
    ...['-nln', table, '-nlt', 'PROMOTE_TO_MULTI', '-dim', 'XY', '-gt', '65536', '-progress'],
    ...['-lco', `SCHEMA=${schema}`, '-lco', 'GEOMETRY_NAME=wkb_geometry', '-lco', `FID=${FEATURE_ID}`],
    ...['-lco', 'SPATIAL_INDEX=NONE', '-lco', 'PRECISION=NO', '--config', 'PG_USE_COPY', 'YES'],
    ...(sourceSrid === undefined ? [] : ['-s_srs', `EPSG:${sourceSrid}`]),
    // Without a target ogr2ogr needs to be told that the source's is to be kept.
    ...(srid !== undefined
      ? ['-t_srs', `EPSG:${srid}`]
      : sourceSrid !== undefined
        ? ['-t_srs', `EPSG:${sourceSrid}`]
        : []),
    ...(keepIds ? ['-preserve_fid'] : []),
  ];
  await runGdal('ogr2ogr', args, libpqVariables(connection, process.env), options);
}

/** Absolute, so that no name is taken for an option or another kind of source; archives are read as they are. */
function dataset(file: string): string {
  const path = resolve(file);
  return /\.zip$/i.test(path) ? `/vsizip/${path}` : path;
}

interface RunOptions {
  readonly signal?: AbortSignal;
  readonly onShare?: (share: number) => void;
}

/** What the program printed. @throws UserError with its last words. */
function runGdal(
  program: 'ogr2ogr' | 'ogrinfo',
  args: readonly string[],
  connection: Readonly<Record<string, string>>,
  { signal, onShare }: RunOptions = {},
): Promise<string> {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(PG[A-Z]+|DATABASE_URL|AWS_.*)$/.test(name)),
  );
  return new Promise((done, failed) => {
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...env, ...connection },
      ...(signal && { signal }),
    });
    let out = '';
    let err = '';
    child.stdout.on('data', (piece: Buffer) => {
      out += piece.toString();
      // `0...10...20`: a number each tenth, three dots between.
      const last = /(\d+)(\.{0,3})[^\d.]*$/.exec(out);
      if (last !== null) onShare?.((Number(last[1]) + 2.5 * last[2]!.length) / 100);
    });
    child.stderr.on('data', (piece: Buffer) => (err += piece.toString()));
    child.on('error', failed);
    child.on('close', (code) => {
      if (code === 0) done(out);
      else failed(new UserError(`${program}: ${lastWords(err) || `ended with code ${code ?? '?'}`}`, 1));
    });
  });
}

function lastWords(text: string): string {
  return text.trim().split('\n').slice(-LAST_LINES).join('; ');
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === 'ENOENT';
}
