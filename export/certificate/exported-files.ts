/** The files of an export, by its manifest: each with its SHA-256, read from the disk and compared with what the manifest says. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { UserError } from '../../terminal/user-error.js';
import { MANIFEST, parseManifest } from '../manifest.js';
import type { CertifiedFile, Statement } from './certificate.js';

export interface ExportedFiles {
  readonly files: readonly CertifiedFile[];
  /** Which scenes' rows are in them, and the results table that these are of. */
  readonly results: string;
  readonly obsids: ReadonlySet<number>;
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
  const scenes = manifest.files.flatMap((file) => file.scenes ?? []);
  return {
    files: files.sort((a, b) => (a.path < b.path ? -1 : 1)),
    results: manifest.of.results,
    obsids: new Set(scenes.map(({ obsid }) => obsid)),
  };
}

/** @throws UserError where files hold scenes that the certificate is not about: nobody could say what they were made of. */
export function requireCertified({ results, obsids }: ExportedFiles, { tables }: Statement): void {
  const own = tables.filter((table) => table.results === results);
  const certified = new Set(own.flatMap(({ scenes }) => scenes.map(({ obsid }) => obsid)));
  const others = [...obsids].filter((obsid) => !certified.has(obsid));
  if (others.length === 0) return;
  throw new UserError(
    `${others.length} exported scenes of ${results} (the first is ${others[0] ?? 0}) are not among those that are certified: ask for all of them, or for another export`,
  );
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
