/** JRC's Python client from PyPI, in an environment of its own that is made once and kept in the cache folder. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const CLIENT = 'cbm==0.0.18';
/** The client asks setuptools for its version, by a module that later ones have given up. */
const PACKAGES = [CLIENT, 'setuptools<81'];
/** Nothing is compiled beforehand: the client uses a small part of what it wants installed. */
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

/** The environment's Python; or why there is none. */
export async function findCbmClient(): Promise<{ readonly python: string } | { readonly missing: string }> {
  let version: string;
  try {
    version = (
      await run('python3', ['-c', 'import sys; print(*sys.version_info[:2], sep=".")'])
    ).stdout.trim();
  } catch {
    return { missing: 'python3 is not installed' };
  }
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  const folder = join(cache, 'parcelwise', `${CLIENT.replace('==', '-')}-python${version}`);
  const python = join(folder, 'bin', 'python');
  if (existsSync(python)) return { python };
  const making = `${folder}.${process.pid}`;
  try {
    await mkdir(dirname(folder), { recursive: true });
    await run('python3', ['-m', 'venv', making]);
    await run(join(making, 'bin', 'python'), [...PIP, ...PACKAGES], { timeout: INSTALL_TIMEOUT_MS });
    await rename(making, folder);
  } catch (error) {
    await rm(making, { recursive: true, force: true });
    // Another process may have made it meanwhile.
    if (existsSync(python)) return { python };
    const { stderr = '', message } = error as Error & { stderr?: string };
    const [why = message] = stderr.trim().split('\n').reverse();
    return { missing: `${CLIENT} can not be installed: ${why}` };
  }
  return { python };
}
