/** Where the cluster lies and who runs it: PostgreSQL refuses to be root, and its user must reach the data folder. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { lstat, mkdir, readlink, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Report } from './report.js';
import type { RunAs } from './server.js';

const execFileAsync = promisify(execFile);

/**
 * The user to run PostgreSQL as: undefined (ourselves) unless we are root, then `postgres`.
 * @throws when we are root and the machine has no such user.
 */
export async function postgresUser(): Promise<RunAs | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  try {
    const ids = await Promise.all(['-u', '-g'].map((which) => execFileAsync('id', [which, 'postgres'])));
    const [uid = 0, gid = 0] = ids.map(({ stdout }) => Number.parseInt(stdout, 10));
    return { uid, gid };
  } catch {
    throw new Error(
      'PostgreSQL does not run as root and there is no user postgres: add one, or start as another user',
    );
  }
}

/**
 * The data folder: `postgres` in the stack's folder, or, where PostgreSQL's user cannot get there (root's home, say), a
 * folder below /var/tmp that a link of that name leads to.
 */
export async function clusterFolder(root: string, user: RunAs | undefined, report: Report): Promise<string> {
  const wanted = join(root, 'postgres');
  if (user === undefined) return wanted;
  const linked = await readlink(wanted).catch(() => undefined);
  if (linked !== undefined && (await isOurs(dirname(linked)))) return linked;
  if (await canEnter(root, user)) return wanted;
  const elsewhere = await ownFolder(root);
  await rm(wanted, { force: true });
  await symlink(join(elsewhere, 'postgres'), wanted);
  report(`the user postgres cannot enter ${root}; the database lies in ${elsewhere} instead`);
  return join(elsewhere, 'postgres');
}

/** Removes the cluster of a stack's folder, wherever it lies. */
export async function removeCluster(root: string): Promise<void> {
  const place = join(root, 'postgres');
  const linked = await readlink(place).catch(() => undefined);
  if (linked !== undefined && (await isOurs(dirname(linked))))
    await rm(dirname(linked), { recursive: true, force: true });
  await rm(place, { recursive: true, force: true });
}

async function canEnter(folder: string, user: RunAs): Promise<boolean> {
  return execFileAsync('/bin/sh', ['-c', 'test -x "$1"', 'test', folder], { ...user, cwd: '/' }).then(
    () => true,
    () => false,
  );
}

/** Makes a folder below /var/tmp whose name follows from the stack's folder. Anyone may write there: trust only our own. */
async function ownFolder(root: string): Promise<string> {
  const temporary =
    (await stat('/var/tmp').catch(() => undefined))?.isDirectory() === true ? '/var/tmp' : tmpdir();
  const folder = join(
    temporary,
    `parcelwise-${createHash('sha256').update(root).digest('hex').slice(0, 12)}`,
  );
  await mkdir(folder, { mode: 0o755 }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  });
  if (!(await isOurs(folder)))
    throw new Error(`${folder} is not ours: remove it, or start from another folder`);
  return folder;
}

async function isOurs(folder: string): Promise<boolean> {
  const found = await lstat(folder).catch(() => undefined);
  return found?.isDirectory() === true && found.uid === process.getuid?.();
}
