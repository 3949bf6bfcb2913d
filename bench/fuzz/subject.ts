/** A process that tries hostile inputs one after the other, and is replaced when one kills it, hangs it or bloats it. */
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { PixelRule } from '../../zonal/index.js';
import { usageOf } from '../process-tree.js';

/** After this even a process that computes nothing is taken for hung. */
const LONGEST_WAIT_SECONDS = 180;
const PROGRAM = fileURLToPath(new URL('./try-input.js', import.meta.url));

/** What is tried: one of a raster file, a geometry by a pixel rule, an expression of bands, and a file of options. */
export interface Attempt {
  readonly path?: string;
  readonly wkb?: Uint8Array;
  readonly pixels?: PixelRule;
  readonly expression?: string;
  readonly options?: string;
}

export interface Answer {
  readonly outcome: 'read' | 'refused' | 'fault';
  /** The error's message, or what became of the process. */
  readonly message: string;
  /** What it computed for this input. */
  readonly seconds: number;
  /** And since it started. */
  readonly secondsSoFar: number;
  /** The most memory the process has had resident until then. */
  readonly megabytes: number;
}

interface Limits {
  readonly seconds: number;
  readonly heapMegabytes: number;
  readonly residentMegabytes: number;
}

export class Subject {
  #child: ChildProcess | undefined;
  #secondsSoFar = 0;

  constructor(private readonly limits: Limits) {}

  async try(attempt: Attempt): Promise<Answer> {
    const child = (this.#child ??= await this.#start());
    const answer = await this.#answerOf(child, attempt);
    this.#secondsSoFar = answer.secondsSoFar;
    if (answer.outcome === 'fault' || answer.megabytes > this.limits.residentMegabytes) await this.end();
    return answer;
  }

  #answerOf(child: ChildProcess, attempt: Attempt): Promise<Answer> {
    const started = performance.now();
    return new Promise((resolve) => {
      const settle = (found: Answer): void => {
        clearInterval(timer);
        child.removeAllListeners();
        resolve(found);
      };
      const fault = (message: string): void => {
        settle({ outcome: 'fault', message, seconds: this.limits.seconds, secondsSoFar: 0, megabytes: 0 });
      };
      const timer = setInterval(() => {
        const waited = (performance.now() - started) / 1000;
        if (waited < this.limits.seconds) return;
        // On a busy machine a process waits for its turn; what it computed itself counts.
        const computed = usageOf([child.pid!]).cpu - this.#secondsSoFar;
        if (computed >= this.limits.seconds || waited > LONGEST_WAIT_SECONDS)
          fault(`no answer after ${Math.round(waited)} s, ${Math.round(computed)} s of which it computed`);
      }, 500);
      child.once('message', (message) => {
        settle(message as Answer);
      });
      child.once('exit', (code, signal) => {
        fault(`the process died (${signal ?? `exit code ${code ?? '?'}`})`);
      });
      child.send(attempt);
    });
  }

  async end(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    this.#secondsSoFar = 0;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  }

  /** Starting takes a while on a busy machine; it doesn't count for the first input. */
  async #start(): Promise<ChildProcess> {
    const child = fork(PROGRAM, {
      execArgv: [`--max-old-space-size=${this.limits.heapMegabytes}`],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    await new Promise<void>((resolve, reject) => {
      child.once('message', () => {
        child.removeAllListeners();
        resolve();
      });
      child.once('exit', () => {
        reject(new Error('the process that tries inputs does not start'));
      });
    });
    return child;
  }
}
