/**
 * Locks between the processes that share a disk: a slot of a scratch folder, a coverage being built. A lock is one of the
 * file system's (flock(2)), held by an open file: the kernel drops it with the process, however that ends, so no stale
 * lock has to be told from a live one by guessing at process ids; and it holds between containers that share a volume,
 * whose process ids, host names and networks say nothing to each other.
 *
 * Node has no flock of its own. The lock belongs to the open file and not to who asked for it, so a program that is lent
 * the file for a moment takes it for us: `flock` of util-linux or BusyBox, else perl, which every macOS has.
 */
import { spawn } from 'node:child_process';
import { close, fstat, open } from 'node:fs';
import { stat, unlink } from 'node:fs/promises';
import { promisify } from 'node:util';

/** By number, and not by Node's handle of a file: that closes it, and drops the lock, once nobody refers to the handle. */
const openFile = promisify(open);
const closeFile = promisify(close);
const statOpen = promisify(fstat);

export interface Lock {
  release(): Promise<void>;
}

/** Where the program finds the file it is lent. */
const LENT = 3;
/** What the programs end with where somebody else holds the lock. */
const HELD = 1;

const PERL = `use Fcntl ":flock"; open(my $f, "+>>&=", ${LENT}) or exit 2; exit(flock($f, LOCK_EX | LOCK_NB) ? 0 : $!{EWOULDBLOCK} ? ${HELD} : 2)`;

const LOCKERS: readonly (readonly [program: string, args: readonly string[]])[] = [
  ['flock', ['-x', '-n', String(LENT)]],
  ['perl', ['-e', PERL]],
];

/**
 * Takes the lock of this file, which is made where it is missing, or returns undefined when a living process holds it.
 * @throws Error where the file can't be opened, or files can't be locked here.
 */
export async function tryLock(path: string): Promise<Lock | undefined> {
  for (;;) {
    const file = await openFile(path, 'a');
    let held = false;
    try {
      if (!(await lockOpen(file, path))) return undefined;
      // Its last holder may have removed it meanwhile: whoever comes next locks another file of this name.
      held = await isStill(path, file);
      if (held) return { release: () => release(path, file) };
    } finally {
      if (!held) await closeFile(file);
    }
  }
}

async function release(path: string, file: number): Promise<void> {
  await unlink(path).catch(() => undefined);
  await closeFile(file);
}

async function isStill(path: string, file: number): Promise<boolean> {
  const [ours, there] = await Promise.all([statOpen(file), stat(path).catch(() => undefined)]);
  return there?.ino === ours.ino && there.dev === ours.dev;
}

async function lockOpen(file: number, path: string): Promise<boolean> {
  for (const [program, args] of LOCKERS) {
    const code = await exitCode(program, args, file);
    if (code === 0) return true;
    if (code === HELD) return false;
    if (code !== undefined) throw new Error(`${path} can't be locked: ${program} ended with ${code}`);
  }
  throw new Error(`${path} can't be locked: neither flock (of the package util-linux) nor perl is installed`);
}

/** Undefined where there is no such program. */
function exitCode(program: string, args: readonly string[], file: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'ignore', file] });
    child.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') resolve(undefined);
      else reject(error);
    });
    // A program that a signal ended has taken no lock, or its word is lost: closing the file drops it in any case.
    child.once('exit', (code, signal) => {
      resolve(code ?? 128 + (signal === null ? 0 : 1));
    });
  });
}
