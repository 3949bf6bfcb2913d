/**
 * A copy of this build to which docs/adding-a-card.md was done word by word: its blocks of code, taken from the page,
 * are put where it says, type-checked and compiled, and the workflows are bundled anew. Sources stay as they are.
 */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const DIST = join(ROOT, 'dist');
/** What of the build's tests the page's own test needs. */
const TREE = join('test', 'cards', 'tree.js');

interface Block {
  /** The file that the text before it names last. */
  readonly file: string;
  readonly code: string;
}

export class DocumentedCard {
  private constructor(private readonly folder: string) {}

  /** @throws with the compiler's words where the page's code is not right. */
  static async make(): Promise<DocumentedCard> {
    const folder = await mkdtemp(join(tmpdir(), 'parcelwise-card-'));
    const made = new DocumentedCard(folder);
    try {
      await made.copyBuild();
      await made.compile(await blocksOf(join(ROOT, 'docs/adding-a-card.md')));
      await run(process.execPath, [made.path('workers/build.js')]);
      return made;
    } catch (error) {
      await made.remove();
      throw error;
    }
  }

  /** The command of the copy. */
  get main(): string {
    return this.path('cli/main.js');
  }

  /** A file of the copy's build. */
  path(name: string): string {
    return join(this.folder, 'dist', name);
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  private async copyBuild(): Promise<void> {
    const isLeftOut = (path: string): boolean =>
      ['test', 'bench'].some((room) => path === join(DIST, room)) ||
      ['.tsbuildinfo', 'workflow-bundle.js'].includes(basename(path));
    await cp(DIST, join(this.folder, 'dist'), {
      recursive: true,
      preserveTimestamps: true,
      filter: (path) => !isLeftOut(path),
    });
    await cp(join(ROOT, 'package.json'), join(this.folder, 'package.json'));
    await symlink(join(ROOT, 'node_modules'), join(this.folder, 'node_modules'));
    await mkdir(this.path('test/cards'), { recursive: true });
    for (const name of [TREE, TREE.replace(/js$/, 'd.ts')]) await cp(join(DIST, name), this.path(name));
  }

  /** What is compiled lies among the declarations of the rest, and is checked against these. */
  private async compile(blocks: readonly Block[]): Promise<void> {
    const files = [...new Set(blocks.map(({ file }) => file))];
    for (const file of files) {
      const own = blocks.filter((block) => block.file === file).map(({ code }) => code);
      await rm(this.path(file.replace(/ts$/, 'd.ts')), { force: true });
      await writeFile(this.path(file), await written(file, own));
    }
    const { compilerOptions } = JSON.parse(await readFile(join(ROOT, 'tsconfig.json'), 'utf8')) as {
      compilerOptions: object;
    };
    const alone = { composite: false, incremental: false, declaration: false, noEmitOnError: true };
    const options = { ...compilerOptions, ...alone, tsBuildInfoFile: null, rootDir: 'dist', outDir: 'dist' };
    const config = { compilerOptions: options, files: files.map((file) => join('dist', file)) };
    await writeFile(join(this.folder, 'tsconfig.json'), JSON.stringify(config));
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    await run(process.execPath, [tsc, '-p', this.folder], { cwd: this.folder }).catch((error: unknown) => {
      throw new Error((error as { stdout?: string }).stdout ?? String(error));
    });
  }
}

/** A new file is its block; of one that is there, each line of the blocks takes the place of what it begins like. */
async function written(file: string, blocks: readonly string[]): Promise<string> {
  const known = await readFile(join(ROOT, file), 'utf8').catch(() => undefined);
  if (known === undefined) return blocks.join('\n');
  return blocks
    .flatMap((block) => block.trim().split('\n'))
    .reduce((text, line) => {
      if (line.startsWith('import ')) return `${line}\n${text}`;
      const beginning = line.slice(0, line.indexOf('='));
      if (!text.includes(`\n${beginning}`)) throw new Error(`${file} has no line that begins ${beginning}`);
      return text.replace(new RegExp(`^${beginning.replace(/[^\w\s]/g, '\\$&')}.*$`, 'm'), line);
    }, known);
}

async function blocksOf(page: string): Promise<Block[]> {
  const text = await readFile(page, 'utf8');
  const blocks: Block[] = [];
  let file = '';
  for (const [, named, code] of text.matchAll(
    /^(?:.*`((?:test\/)?cards\/[\w./-]+\.ts)`.*|```ts\n([\s\S]*?)^```)$/gm,
  )) {
    if (named !== undefined) file = named;
    if (code !== undefined) blocks.push({ file, code });
  }
  if (blocks.length === 0) throw new Error(`${relative(ROOT, page)} has no code`);
  return blocks;
}
