/** A folder of somebody else's, with the packed package installed in it as npm installs it. */
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');
/** Types of what the package is used with; programs of one's own bring them. */
const TYPES = '@types/node';

interface Lock {
  readonly packages: Readonly<Record<string, { devDependencies?: Record<string, string> }>>;
}

export class Consumer {
  /** Paths of all that was packed. */
  readonly packed: readonly string[];

  private constructor(
    readonly folder: string,
    packed: readonly string[],
  ) {
    this.packed = packed;
  }

  /**
   * Packs what is built, and installs it beside the versions of the lock file: those that `npm ci` has left in npm's cache,
   * so that hardly anything is fetched.
   */
  static async install(): Promise<Consumer> {
    const folder = await mkdtemp(join(tmpdir(), 'parcelwise-consumer-'));
    // PostgreSQL may run as another user than ours.
    await chmod(folder, 0o711);
    const pack = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
    const [tarball] = JSON.parse(await run('npm', pack, ROOT)) as [
      { filename: string; files: { path: string }[] },
    ];
    const consumer = new Consumer(
      folder,
      tarball.files.map(({ path }) => path),
    );
    const { packages } = JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8')) as Lock;
    const manifest = {
      name: 'consumer',
      version: '1.0.0',
      type: 'module',
      devDependencies: { [TYPES]: packages['']!.devDependencies![TYPES] },
    };
    await consumer.write('package.json', JSON.stringify(manifest));
    const lock = { lockfileVersion: 3, requires: true, packages: { ...packages, '': manifest } };
    await consumer.write('package-lock.json', JSON.stringify(lock));
    await run(
      'npm',
      ['install', '--prefer-offline', '--no-audit', '--no-fund', `./${tarball.filename}`],
      folder,
    );
    return consumer;
  }

  async write(name: string, content: string | Uint8Array): Promise<void> {
    await writeFile(join(this.folder, name), content);
  }

  /** Compiles the file by strict rules. @param options further options of the compiler */
  async compile(name: string, options: readonly string[] = []): Promise<void> {
    const rules = ['--strict', '--target', 'es2022', '--module', 'nodenext', '--types', 'node'];
    await run(process.execPath, [TSC, ...rules, ...options, name], this.folder);
  }

  /** Runs a program, and gives what it writes to its standard output. @throws with all output where it fails */
  async run(program: string, args: readonly string[], env: Record<string, string> = {}): Promise<string> {
    return await run(program, args, this.folder, env);
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

async function run(
  program: string,
  args: readonly string[],
  cwd: string,
  more: Record<string, string> = {},
): Promise<string> {
  // What npm tells the scripts it runs is of this project.
  const own = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|NODE_|INIT_CWD|PARCELWISE_)/.test(name),
  );
  try {
    const env = { ...Object.fromEntries(own), ...more };
    return (await promisify(execFile)(program, args, { cwd, env, maxBuffer: 1 << 26 })).stdout;
  } catch (error) {
    const { message, stdout, stderr } = error as Error & { stdout?: string; stderr?: string };
    throw new Error(`${message}\n${stdout ?? ''}\n${stderr ?? ''}`, { cause: error });
  }
}
