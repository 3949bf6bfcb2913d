/** A folder of this machine that files are put into. */
import { mkdir, open, readdir, readFile, rename, rm, rmdir } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import type { FilePlace } from './file-place.js';

/** Within the folder, so that what is made there only has to be renamed. */
const WORKSHOP = '.writing';

export class FolderPlace implements FilePlace {
  readonly name: string;
  readonly workshop: string;

  private constructor(
    private readonly root: string,
    private readonly working: string,
  ) {
    this.name = root;
    this.workshop = join(root, working);
  }

  /**
   * The folder is made where it is not there; what a run that was killed left in its workshop goes.
   * @param working name of the workshop: one for each that may be at work in the folder at a time
   */
  static async open(root: string, working = WORKSHOP): Promise<FolderPlace> {
    const place = new FolderPlace(root, working);
    await mkdir(root, { recursive: true });
    await rm(place.workshop, { recursive: true, force: true });
    return place;
  }

  async list(most = Infinity): Promise<string[]> {
    const entries = await readdir(this.root, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => !entry.isDirectory());
    return files
      .map(({ parentPath, name }) => relative(this.root, join(parentPath, name)).split(sep).join('/'))
      .filter((name) => !name.startsWith(`${this.working}/`))
      .slice(0, most);
  }

  async read(name: string): Promise<string | undefined> {
    try {
      return await readFile(this.pathOf(name), 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  async put(file: string, name: string): Promise<void> {
    const path = this.pathOf(name);
    await synced(file);
    await mkdir(dirname(path), { recursive: true });
    await rename(file, path);
  }

  /** Folders that it leaves empty go, too. */
  async remove(name: string): Promise<void> {
    await rm(this.pathOf(name), { force: true });
    for (let folder = dirname(name); folder !== '.'; folder = dirname(folder)) {
      const isGone = await rmdir(this.pathOf(folder)).then(
        () => true,
        () => false,
      );
      if (!isGone) return;
    }
  }

  async close(): Promise<void> {
    await rm(this.workshop, { recursive: true, force: true });
  }

  private pathOf(name: string): string {
    const parts = name.split('/');
    if (parts.some((part) => part === '' || part === '.' || part === '..' || /[\\\0]/.test(part)))
      throw new Error(`${name} is no name of a file below ${this.root}`);
    return join(this.root, ...parts);
  }
}

/** What is renamed before its bytes are on the disk may be empty after a loss of power. */
async function synced(file: string): Promise<void> {
  const opened = await open(file, 'r+');
  try {
    await opened.sync();
  } finally {
    await opened.close();
  }
}
