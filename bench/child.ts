/** Runs a program to its end and tells what it took. */
import { spawn } from 'node:child_process';
import { Watch } from './process-tree.js';

export interface ChildOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

export interface Finished {
  /** Seconds from start to end. */
  readonly wall: number;
  /** Seconds of user and system time of the program and its children. */
  readonly cpu: number;
  readonly peakBytes: number;
  readonly stdout: string;
}

/** Node knows no CPU time of children that ended; the shell does (`times`, POSIX). */
const WITH_TIMES = '"$@"; code=$?; times >&3; exit $code';

/** @throws with the last lines of what the program said when it fails. */
export async function runMeasured(
  command: string,
  args: readonly string[],
  options: ChildOptions = {},
): Promise<Finished> {
  const began = performance.now();
  const child = spawn('/bin/sh', ['-c', WITH_TIMES, 'sh', command, ...args], {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  const [stdout, stderr, times] = [1, 2, 3].map((descriptor) => collect(child.stdio[descriptor]));
  const watch = new Watch(child.pid === undefined ? [] : [child.pid]);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  watch.stop();
  if (code !== 0) {
    const said = `${stderr!.text}\n${stdout!.text}`.trim().split('\n').slice(-12).join('\n');
    throw new Error(`${command} ${args.join(' ')} failed (exit code ${String(code)}):\n${said}`);
  }
  return {
    wall: (performance.now() - began) / 1000,
    cpu: childSeconds(times!.text),
    peakBytes: watch.peakBytes,
    stdout: stdout!.text,
  };
}

/** Runs a program whose last line of output is JSON. */
export async function runForJson<T>(
  command: string,
  args: readonly string[],
  options: ChildOptions = {},
): Promise<T & Pick<Finished, 'peakBytes'>> {
  const { stdout, peakBytes } = await runMeasured(command, args, options);
  const lastLine = stdout.trimEnd().slice(stdout.trimEnd().lastIndexOf('\n') + 1);
  return { ...(JSON.parse(lastLine) as T), peakBytes };
}

function collect(stream: unknown): { text: string } {
  const collected = { text: '' };
  (stream as NodeJS.ReadableStream).setEncoding('utf8').on('data', (text: string) => {
    collected.text += text;
  });
  return collected;
}

/** The second line of `times` is the children's: `0m1.230000s 0m0.120000s`. */
function childSeconds(times: string): number {
  const line = times.trim().split('\n')[1] ?? '';
  return [...line.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, minutes, seconds]) => sum + 60 * Number(minutes) + Number(seconds),
    0,
  );
}
