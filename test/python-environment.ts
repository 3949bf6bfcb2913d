/** Packages from PyPI in an environment of their own, which is made once and kept in the cache folder. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const PIP = [
  '-m',
  'pip',
  'install',
  '--quiet',
  '--no-input',
  '--no-compile',
  '--timeout',
  '15',
  '--retries',
  '1',
];
const INSTALL_TIMEOUT_MS = 240_000;

export type PythonEnvironment = { readonly python: string } | { readonly missing: string };

/** @param name of the folder. @returns the environment's Python; or why there is none. */
export async function findPython(name: string, packages: readonly string[]): Promise<PythonEnvironment> {
  let version: string;
  try {
    version = (
      await run('python3', ['-c', 'import sys; print(*sys.version_info[:2], sep=".")'])
    ).stdout.trim();
  } catch {
    return { missing: 'python3 is not installed' };
  }
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  const folder = join(cache, 'parcelwise', `${name}-python${version}`);
  const python = join(folder, 'bin', 'python');
  if (existsSync(python)) return { python };
  const making = `${folder}.${process.pid}`;
  try {
    await mkdir(dirname(folder), { recursive: true });
    await run('python3', ['-m', 'venv', making]);
    await run(join(making, 'bin', 'python'), [...PIP, ...packages], { timeout: INSTALL_TIMEOUT_MS });
    await rename(making, folder);
  } catch (error) {
    await rm(making, { recursive: true, force: true });
    // Another process may have made it meanwhile.
    if (existsSync(python)) return { python };
    const { stderr = '', message } = error as Error & { stderr?: string };
    const [why = message] = stderr.trim().split('\n').reverse();
    return { missing: `${packages.join(', ')} can not be installed: ${why}` };
  }
  return { python };
}
