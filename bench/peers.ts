/**
 * The programs parcelwise is compared with, from PyPI, in environments below the benchmark's folder.
 * oxidized-rasterstats installs itself in the place of rasterstats, so it has an environment of its own.
 */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { runMeasured } from './child.js';

const execFileAsync = promisify(execFile);

const PACKAGES = [
  ...['rasterio', 'rasterstats', 'exactextract', 'shapely', 'scipy', 'spyndex'],
  ...['psycopg2-binary', 'boto3', 'pandas'],
];
const OXIDIZED = ['oxidized-rasterstats', 'rasterio', 'shapely'];

export interface Peers {
  /** The Python of the environment with everything but oxidized-rasterstats. */
  readonly python: string;
  /** Why there is none: it is built from source where no wheel fits, and needs Rust and GDAL's headers then. */
  readonly oxidizedPython: string | { readonly missing: string };
  /** OpenJPEG's own program, where the machine has it. */
  readonly opjDecompress: string | undefined;
  /** "rasterio 1.4.4 (GDAL 3.10)" and so on. */
  readonly versions: readonly string[];
}

/** Makes the environments once, and again where they lack a package; later calls only look. */
export async function installPeers(folder: string, say: (line: string) => void): Promise<Peers> {
  const python = await environment(join(folder, 'venv'), PACKAGES, say);
  const oxidizedPython = await environment(join(folder, 'venv-oxidized'), OXIDIZED, say).catch(
    (error: unknown) => ({ missing: (error as Error).message.split('\n').slice(-1)[0] ?? '' }),
  );
  return {
    python,
    oxidizedPython,
    opjDecompress: await which('opj_decompress'),
    versions: await versionsOf(python, oxidizedPython),
  };
}

async function environment(folder: string, packages: readonly string[], say: (line: string) => void) {
  const python = join(folder, 'bin', 'python');
  const complete = join(folder, 'complete');
  const wanted = packages.join(' ');
  if (existsSync(complete) && readFileSync(complete, 'utf8') === wanted) return python;
  say(`installing ${packages.join(', ')} into ${folder}`);
  await runMeasured('python3', ['-m', 'venv', folder]);
  await runMeasured(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages]);
  writeFileSync(complete, wanted);
  return python;
}

const VERSIONS = `
from importlib.metadata import version, PackageNotFoundError
import rasterio
names = "rasterio rasterstats exactextract oxidized-rasterstats numpy scipy spyndex shapely".split()
for name in names:
    try: print(name, version(name))
    except PackageNotFoundError: pass
print("GDAL", rasterio.__gdal_version__, "within rasterio")`;

async function versionsOf(python: string, oxidized: Peers['oxidizedPython']): Promise<string[]> {
  const list = async (executable: string): Promise<string[]> =>
    (await execFileAsync(executable, ['-c', VERSIONS])).stdout.trim().split('\n');
  const others = typeof oxidized === 'string' ? await list(oxidized) : [];
  return [...(await list(python)), ...others.filter((line) => line.startsWith('oxidized'))];
}

async function which(name: string): Promise<string | undefined> {
  return execFileAsync('/bin/sh', ['-c', `command -v ${name}`]).then(
    ({ stdout }) => stdout.trim(),
    () => undefined,
  );
}
