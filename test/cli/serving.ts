/** Runs `parcelwise serve` as a person does, in a process of its own, on a free port. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { MAIN } from './command.js';

const STARTED_WITHIN_MS = 20_000;

export interface Serving {
  readonly process: ChildProcess;
  readonly url: string;
  /** All that it has said so far. */
  readonly said: () => string;
  /** Waits until it has said something like this. */
  readonly says: (what: RegExp) => Promise<void>;
}

/** All servers of a test file, so that none outlives it. */
export class Servings {
  private readonly running: ChildProcess[] = [];

  /** Runs it in a folder until it says where it listens and what it serves. */
  async start(folder: string, ...args: string[]): Promise<Serving> {
    const child = spawn(process.execPath, [MAIN, 'serve', ...args, '--port', '0'], {
      cwd: folder,
      env: { PATH: process.env.PATH, HOME: process.env.HOME },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.running.push(child);
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    const says = async (what: RegExp): Promise<void> => {
      const until = performance.now() + STARTED_WITHIN_MS;
      while (!what.test(said)) {
        if (child.exitCode !== null || performance.now() > until)
          throw new Error(`it does not say ${String(what)}: ${said}`);
        await sleep(20);
      }
    };
    await says(/dataset .*\n/);
    const url = /listening at (\S+)/.exec(said)?.[1] ?? '';
    return { process: child, url, said: () => said, says };
  }

  async end(): Promise<void> {
    const living = this.running.filter(
      ({ exitCode, signalCode }) => exitCode === null && signalCode === null,
    );
    await Promise.all(
      living.map((child) => {
        child.kill('SIGKILL');
        return once(child, 'exit');
      }),
    );
  }
}
