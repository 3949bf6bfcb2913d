/** Finds the servers' programs on this machine, and builds those that are missing into the project's cache folder. */
import { execFile, spawn } from 'node:child_process';
import { access, constants, mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import type { Report } from './report.js';

const execFileAsync = promisify(execFile);

/** A program written in Go that one `go install` builds. */
export interface Tool {
  readonly name: string;
  /** What `go install` is given: path@version. */
  readonly module: string;
  /** What the build takes on two cores with nothing cached, for the progress line. */
  readonly expectedSeconds: number;
  /** What a person can do where it cannot be built. */
  readonly remedy: string;
  /** Brings a finished program into the folder; false where that is not possible. */
  readonly download?: (folder: string, report: Report, signal?: AbortSignal) => Promise<boolean>;
}

/** Where what we build or download is kept for all projects of this user. */
function cacheFolder(): string {
  return join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'parcelwise', 'bin');
}

/**
 * The tool's path: on PATH, in the cache folder or in Go's bin folder; else downloaded or built.
 * @throws with the tool's remedy when none of these works.
 */
export async function findTool(tool: Tool, report: Report, signal?: AbortSignal): Promise<string> {
  const found = await firstExecutable(tool.name, [...pathFolders(), cacheFolder()]);
  if (found !== undefined) return found;
  const goBin = await goBinFolder();
  const built = goBin && (await firstExecutable(tool.name, [goBin]));
  if (built !== undefined) return built;

  const cache = cacheFolder();
  await mkdir(cache, { recursive: true });
  if (await tool.download?.(cache, report, signal)) return join(cache, tool.name);
  if (goBin === undefined)
    throw new Error(`${tool.name} is not installed, nor is Go to build it: ${tool.remedy}`);
  await build(tool, cache, report, signal);
  return join(cache, tool.name);
}

export function pathFolders(): string[] {
  return (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
}

export async function firstExecutable(name: string, folders: readonly string[]): Promise<string | undefined> {
  for (const folder of folders) {
    const path = join(folder, name);
    if (
      await access(path, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return path;
  }
  return undefined;
}

/** Where `go install` puts programs; undefined without Go. */
async function goBinFolder(): Promise<string | undefined> {
  try {
    const { stdout } = await execFileAsync('go', ['env', 'GOBIN', 'GOPATH']);
    const [goBin = '', goPath = ''] = stdout.split('\n');
    return goBin === '' ? join(goPath.split(delimiter)[0] ?? '', 'bin') : goBin;
  } catch {
    return undefined;
  }
}

async function build(tool: Tool, folder: string, report: Report, signal?: AbortSignal): Promise<void> {
  const started = Date.now();
  const showProgress = (): void => {
    const seconds = Math.round((Date.now() - started) / 1000);
    report(
      `building ${tool.name} (once): ${clock(seconds)}, two idle cores need about ${clock(tool.expectedSeconds)}`,
      'passing',
    );
  };
  showProgress();
  const ticking = setInterval(showProgress, 1000);
  try {
    // Without cgo no C compiler is needed.
    const env = { GOBIN: folder, CGO_ENABLED: '0' };
    await run('go', ['install', tool.module], { env, signal });
  } catch (error) {
    throw new Error(`building ${tool.name} failed: ${(error as Error).message}\n${tool.remedy}`, {
      cause: error,
    });
  } finally {
    clearInterval(ticking);
  }
  report(`built ${tool.name} in ${clock(Math.round((Date.now() - started) / 1000))} into ${folder}`);
}

/** How {@link run} runs its command. */
export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs a command to its end.
 * @throws with the last lines of its error output when it fails, or the signal's reason when it is aborted.
 */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<void> {
  const { signal } = options;
  signal?.throwIfAborted();
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'ignore', 'pipe'],
    ...options.user,
  });
  // As Ctrl-C would, so that the command can end its own children.
  const abort = (): void => void child.kill('SIGINT');
  signal?.addEventListener('abort', abort, { once: true });
  let output = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output = (output + text).slice(-4000);
  });
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    signal?.throwIfAborted();
    if (code !== 0) throw new Error(output.trim().split('\n').slice(-8).join('\n') || `${command} failed`);
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

function clock(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
