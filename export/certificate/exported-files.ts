/** The files of an export, by its manifest: each with its SHA-256, read from the disk and compared with what the manifest says. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { scenesWithRows } from '../../database/certified/scenes-with-rows.js';
import { exportedScenes } from '../../database/reads/exported-scenes.js';
import { databaseId } from '../../database/session/database-id.js';
import { requireTable } from '../../database/session/identifier.js';
import { UserError } from '../../terminal/user-error.js';
import { type ExportOf, MANIFEST, type ManifestScene, parseManifest } from '../manifest.js';
import type { CertifiedFile, Statement } from './certificate.js';

export interface ExportedFiles {
  readonly folder: string;
  readonly files: readonly CertifiedFile[];
  /** What they were exported from. */
  readonly of: ExportOf;
  /** The scenes whose rows are in them. */
  readonly scenes: readonly ManifestScene[];
}

/**
 * The files that the manifest of an export lists, in the order of their paths. The manifest itself is none of them: the next
 * export writes it anew, also where it leaves files as they are.
 * @throws UserError where there is no manifest, its export has not ended, or files are not as it says
 */
export async function exportedFiles(folder: string): Promise<ExportedFiles> {
  const manifest = parseManifest(await textOf(folder), folder);
  if (manifest.made === null || manifest.files.some(({ pending }) => pending))
    throw new UserError(`the export to ${folder} has not ended: run it once more`);
  const files: CertifiedFile[] = [];
  for (const { path, bytes, sha256, rows } of manifest.files) {
    if (!isInside(path)) throw new UserError(`${MANIFEST} in ${folder} lists ${path}, which is not in there`);
    const found = await fileDigest(join(folder, path));
    if (found?.sha256 !== sha256 || found.bytes !== bytes)
      throw new UserError(`${path} in ${folder} is not as ${MANIFEST} says: export it anew`);
    files.push({ path, bytes, sha256, rows });
  }
  return {
    ...{ folder, of: manifest.of },
    files: files.sort((a, b) => (a.path < b.path ? -1 : 1)),
    scenes: manifest.files.flatMap((file) => file.scenes ?? []),
  };
}

/**
 * In the transaction of the audit: files must be of its database, of certified scenes, and of the rows that these have now. A scene
 * that another tool is said to have extracted is listed by an export also where it has no rows; that one is nobody's concern.
 * @throws UserError where it is not so: nobody could say what the files were made of.
 */
export async function requireCertified(
  client: pg.ClientBase,
  { folder, of, scenes }: ExportedFiles,
  { tables }: Pick<Statement, 'tables'>,
): Promise<void> {
  if (of.database !== (await databaseId(client)).id)
    throw new UserError(
      `the files in ${folder} were exported from another database: export them from this one`,
    );
  const own = tables.filter((table) => table.results === of.results);
  const certified = new Set(own.flatMap((table) => table.scenes.map(({ obsid }) => obsid)));
  const unknown = scenes.filter(({ obsid }) => !certified.has(obsid)).map(({ obsid }) => obsid);
  const rows = await requireTable(client, of.table, 'results_table');
  const [other, ...others] = await scenesWithRows(client, rows, unknown);
  if (other !== undefined)
    throw new UserError(
      `${others.length + 1} exported scenes of ${of.results} (the first is ${other}) are not among those that are certified: ask for all of them, or for another export`,
    );
  const catalogue = await requireTable(client, of.catalogue, 'catalogue_table');
  const results = await requireTable(client, of.results, 'results_table');
  const now = await exportedScenes(client, { catalogue, results, kind: 'raw' });
  const stamps = new Map(now.map(({ obsid, stamp }) => [obsid, stamp]));
  const [stale, ...more] = scenes.filter(
    ({ obsid, stamp }) => certified.has(obsid) && stamps.get(obsid) !== stamp,
  );
  if (stale !== undefined)
    throw new UserError(
      `of ${more.length + 1} scenes (the first is ${stale.obsid}) the files in ${folder} are older than the rows in ${of.results}: run the export once more`,
    );
}

/** The paths of all files in a folder and below it, in their order; with slashes on every system. */
export async function filesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const files: string[] = [];
  for (const name of names)
    if ((await stat(join(folder, name))).isFile()) files.push(name.replaceAll(sep, '/'));
  return files.sort();
}

/** Whether a path names something within the folder that it is relative to. */
export function isInside(path: string): boolean {
  return path !== '' && !/^([/\\]|[a-z]:)/i.test(path) && !path.split(/[/\\]/).includes('..');
}

/** Undefined where there is no such file. */
export async function fileDigest(
  path: string,
): Promise<{ readonly bytes: number; readonly sha256: string } | undefined> {
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    await pipeline(createReadStream(path), async (chunks) => {
      for await (const chunk of chunks as AsyncIterable<Buffer>) {
        bytes += chunk.length;
        hash.update(chunk);
      }
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  return { bytes, sha256: hash.digest('hex') };
}

async function textOf(folder: string): Promise<string> {
  try {
    return await readFile(join(folder, MANIFEST), 'utf8');
  } catch (error) {
    throw new UserError(
      `${folder} holds no export: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
