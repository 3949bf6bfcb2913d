/** Looks at and ends processes that an earlier run left behind, known by their id and their command line. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const execFileAsync = promisify(execFile);

/** A server's process, well enough described to tell it from another that has been given its id since. */
export interface ProcessRecord {
  readonly name: string;
  readonly pid: number;
  /** The command and its arguments, joined by spaces. */
  readonly command: string;
  readonly stopSignal: NodeJS.Signals;
}

/** Whether a process with this id exists, be it ours or not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** A process's command line, joined by spaces; undefined when it is gone (or only its exit status is left). */
export async function commandLine(pid: number): Promise<string | undefined> {
  if (!isAlive(pid)) return undefined;
  try {
    const raw =
      process.platform === 'linux'
        ? await readFile(`/proc/${pid}/cmdline`, 'utf8')
        : (await execFileAsync('ps', ['-ww', '-o', 'args=', '-p', String(pid)])).stdout;
    const line = raw.replaceAll('\0', ' ').trim();
    return line === '' ? undefined : line;
  } catch {
    return undefined;
  }
}

export async function isStillRunning(record: ProcessRecord): Promise<boolean> {
  return (await commandLine(record.pid)) === record.command;
}

/** Asks the process to stop, waits up to `graceMs`, then kills it. A process of another command line is left alone. */
export async function endProcess(record: ProcessRecord, graceMs = 10_000): Promise<void> {
  if (!(await isStillRunning(record))) return;
  process.kill(record.pid, record.stopSignal);
  const deadline = Date.now() + graceMs;
  while (await isStillRunning(record)) {
    if (Date.now() > deadline) {
      process.kill(record.pid, 'SIGKILL');
      return;
    }
    await sleep(50);
  }
}
