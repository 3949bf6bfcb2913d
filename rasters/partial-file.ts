/**
 * Files of which only parts have been fetched: as long as the object, with holes where it was not read, and a list of what
 * is there beside them. A hole reads as zeros to the operating system, so nothing but `FileSource` may read such a file.
 *
 * Its name tells that it is one. Without its list it has no bytes at all, never all of them.
 */
import { readFileSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { type ByteRange, joined } from './byte-ranges.js';

const ENDING = '.partial';

export function isPartial(path: string): boolean {
  return path.endsWith(ENDING);
}

/** The name of the file that holds parts of what `path` would hold whole. */
export function partialPath(path: string): string {
  return path + ENDING;
}

/** Bytes are asked for that were not fetched. The name is that of the failure table. */
export class NotFetched extends Error {
  override readonly name = 'NotFetched';
  constructor(
    readonly path: string,
    readonly position: number,
    readonly length: number,
  ) {
    super(`${path}: bytes ${position} to ${position + length} were not fetched`);
  }
}

const listPath = (path: string): string => `${path}.list`;

/** Which file a list is of: another one of the same name has none of what it says. */
export type FileId = bigint;

/** What of a partial file is there; nothing where its list can't be read, or is another file's. */
export function readPresent(path: string, file: FileId): ByteRange[] {
  try {
    const list: unknown = JSON.parse(readFileSync(listPath(path), 'utf8'));
    if (!Array.isArray(list) || list[0] !== String(file)) return [];
    const ends: unknown[] = list.slice(1);
    if (ends.length % 2 !== 0 || !ends.every((end) => typeof end === 'number')) return [];
    return joined(
      Array.from({ length: ends.length / 2 }, (_, i) => ({ from: ends[2 * i]!, to: ends[2 * i + 1]! })),
    );
  } catch {
    return [];
  }
}

/** Nothing of the file is there any more. */
export async function removeList(path: string): Promise<void> {
  await rm(listPath(path), { force: true });
}

let written = 0;

/**
 * Says what is there, once it is. Who fetches beside us may have said more; what is left unsaid is only fetched again.
 */
export async function writePresent(path: string, file: FileId, present: readonly ByteRange[]): Promise<void> {
  const part = `${listPath(path)}.${process.pid}-${(written += 1)}`;
  await writeFile(part, JSON.stringify([String(file), ...present.flatMap(({ from, to }) => [from, to])]));
  await rename(part, listPath(path));
}
