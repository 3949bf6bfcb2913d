/** What the numbers were measured on. */
import { execFile } from 'node:child_process';
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';
import { promisify } from 'node:util';

const execFileAsync = promisify(execFile);

/** When and on what something is measured. */
export async function machineFacts(): Promise<string> {
  const revision = await output('git', ['describe', '--always', '--dirty', '--abbrev=10']);
  return [
    `${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC, revision ${revision}`,
    `${availableParallelism()} cores of ${cpus()[0]?.model ?? 'an unknown processor'}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Linux ${release()}`,
    `Node ${process.versions.node}`,
  ].join('; ');
}

/** Of the last minute; near 0 on a machine that has nothing else to do. */
export function load(): string {
  return loadavg()[0]!.toFixed(1);
}

async function output(command: string, args: readonly string[]): Promise<string> {
  try {
    return (await execFileAsync(command, [...args])).stdout.trim();
  } catch {
    return 'unknown';
  }
}
