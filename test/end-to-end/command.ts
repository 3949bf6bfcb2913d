/** The command `parcelwise` as a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** The command of this build. */
const MAIN = fileURLToPath(new URL('../../cli/main.js', import.meta.url));

export class Command {
  private said = '';
  private readonly child: ChildProcess;
  private readonly ended: Promise<unknown>;

  /** @param main of another build; it runs in `cwd`, where one is given. */
  constructor(
    args: readonly string[],
    env: Readonly<Record<string, string>>,
    { main = MAIN, cwd }: { readonly main?: string; readonly cwd?: string } = {},
  ) {
    this.child = spawn(process.execPath, [main, ...args], {
      ...(cwd !== undefined && { cwd }),
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.on('data', (piece: Buffer) => (this.said += piece.toString()));
    this.ended = once(this.child, 'close');
  }

  /** Everything it printed so far. */
  get output(): string {
    return this.said;
  }

  /** Waits until it prints the words. @throws with all it said when it ends before. */
  async says(words: string): Promise<void> {
    while (!this.said.includes(words)) {
      const [stdout, stderr] = [this.child.stdout, this.child.stderr].map((stream) => once(stream!, 'data'));
      const ended = await Promise.race([stdout, stderr, this.ended.then(() => 'ended' as const)]);
      if (ended === 'ended') throw new Error(`it ended without a word of "${words}":\n${this.said}`);
    }
  }

  /** Its exit code, or the signal that killed it. */
  async end(): Promise<number | string> {
    await this.ended;
    return this.child.exitCode ?? this.child.signalCode ?? 'unknown';
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<number | string> {
    this.child.kill(signal);
    return await this.end();
  }
}
