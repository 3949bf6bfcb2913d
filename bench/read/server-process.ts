/** `parcelwise serve` as a process of its own, on a free port. */
import { type ChildProcess, spawn } from 'node:child_process';
import { commandPath, environment, type Setting } from '../product/command.js';
import { peakBytes, usageOf } from '../process-tree.js';

const READY_WITHIN_MS = 60_000;
const LISTENING = /listening at (http:\/\/\S+)/;

export class ServerProcess {
  private constructor(
    private readonly child: ChildProcess,
    /** Its address, without a slash at the end. */
    readonly url: string,
  ) {}

  static async start(setting: Setting): Promise<ServerProcess> {
    const args = ['serve', '--no-auth', '--port', '0', '--rate-limit', '0', '--crop-name', 'crop_name'];
    const child = spawn(process.execPath, [commandPath(setting), ...args], {
      cwd: setting.folder,
      env: environment(setting),
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    return new ServerProcess(child, await listening(child));
  }

  /** Seconds of CPU used so far. */
  get cpuSeconds(): number {
    return usageOf([this.child.pid!]).cpu;
  }

  get peakBytes(): number {
    return peakBytes(this.child.pid!);
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null) return;
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGTERM');
    await ended;
  }
}

function listening(child: ChildProcess): Promise<string> {
  let said = '';
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => {
      reject(new Error(`the server ${why}:\n${said}`));
    };
    const killing = setTimeout(() => {
      child.kill('SIGKILL');
      fail('does not listen after a minute');
    }, READY_WITHIN_MS);
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-4000);
      const url = LISTENING.exec(said)?.[1];
      if (url === undefined) return;
      clearTimeout(killing);
      resolve(url);
    });
    child.once('exit', (code) => {
      clearTimeout(killing);
      fail(`ended (exit code ${String(code)})`);
    });
  });
}
