/**
 * Small files of a scratch folder. They are written complete or not at all, also where the power goes; and what is read is
 * never trusted to be what was written: disks are cloned, filled by others, and cut short.
 */
import { constants } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/** The longest list is of the parcels of a chunk, for each of its bands. */
const MAX_BYTES = 1 << 28;

/** A file of the scratch folder is not what it must be. */
export class ScratchDamaged extends Error {
  override readonly name = 'ScratchDamaged';
  constructor(
    readonly path: string,
    readonly why: string,
  ) {
    super(`${path} can't be used: ${why}`);
  }
}

/**
 * Reads JSON of a known shape; undefined where there is no such file.
 * @throws ScratchDamaged where there is something else.
 */
export async function readJson<T>(
  path: string,
  isShape: (value: unknown) => value is T,
): Promise<T | undefined> {
  const text = await readText(path);
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ScratchDamaged(path, text === '' ? 'it is empty' : 'it is no JSON');
  }
  if (!isShape(value)) throw new ScratchDamaged(path, 'it holds something else');
  return value;
}

async function readText(path: string): Promise<string | undefined> {
  try {
    // A pipe left in a file's place would be waited for without end.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const info = await file.stat();
      if (!info.isFile()) throw new ScratchDamaged(path, 'it is no file');
      if (info.size > MAX_BYTES) throw new ScratchDamaged(path, `it has ${info.size} bytes`);
      return await file.readFile('utf8');
    } finally {
      await file.close();
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    if (code !== undefined && NO_FILE.has(code)) throw new ScratchDamaged(path, code);
    throw error;
  }
}

/** What the system says of things that are in a file's place, or that we may not read. */
export const NO_FILE: ReadonlySet<string> = new Set([
  'EISDIR',
  'EACCES',
  'EPERM',
  'ELOOP',
  'ENXIO',
  'ENOTDIR',
]);

/** Complete or not at all, and on the disk before it stands under its name. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  const part = `${path}.part`;
  const file = await open(part, 'w');
  try {
    await file.writeFile(JSON.stringify(value));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(part, path);
  await syncFolder(dirname(path));
}

/** A name stands in its folder for good once the folder is written. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } catch (error) {
    // Some file systems keep no folders to be written.
    if ((error as NodeJS.ErrnoException).code !== 'EINVAL') throw error;
  } finally {
    await folder.close();
  }
}

/** Whether what was read is an object with fields. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
