/** What the numbers were measured on. */
import { execFile } from 'node:child_process';
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';
import { promisify } from 'node:util';
import { startClock } from './stopwatch.js';

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

/** Pairs of operations in a round of `chain`. */
const PAIRS = 8;

/**
 * The clock of the processor in Hz, as it runs now: operations that wait for each other, of which every processor does one a
 * cycle, over the CPU seconds they take. The best of some tries.
 */
export function clockRate(): number {
  const rounds = 5_000_000;
  chain(rounds, 0);
  const rates = Array.from({ length: 5 }, (_, start) => {
    const elapsed = startClock();
    chain(rounds, start);
    return (2 * PAIRS * rounds) / elapsed().cpu;
  });
  return Math.max(...rates);
}

/** Integer additions and exclusive ors, each on what the one before it gave. */
function chain(rounds: number, start: number): number {
  const other = 0x3ade68b1;
  let x = start;
  for (let i = 0; i < rounds; i++) {
    x = ((x + other) | 0) ^ other;
    x = ((x + other) | 0) ^ other;
    x = ((x + other) | 0) ^ other;
    x = ((x + other) | 0) ^ other;
    x = ((x + other) | 0) ^ other;
    x = ((x + other) | 0) ^ other;
    x = ((x + other) | 0) ^ other;
    x = ((x + other) | 0) ^ other;
  }
  return x;
}
