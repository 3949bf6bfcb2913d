/**
 * A folder of bounded size for what was fetched: entries are folders of their own, and those go that were not used longest.
 *
 * ```
 * <root>/<slot>.lock        held by the process that has the slot
 * <root>/<slot>/<entry>/    files of an entry
 * ```
 */
import { mkdir, readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { type Lock, tryLock } from '../../extraction/scratch/lock.js';

/** As stat(2) counts them. */
const BLOCK_BYTES = 512;

interface Entry {
  bytes: number;
  /** Who uses it, or waits for it. */
  users: number;
  /** When the last of those who came is done. */
  turn: Promise<unknown>;
}

export class FileCache {
  /** The first of the map is the one that was not used longest. */
  private readonly entries = new Map<string, Entry>();
  private bytes = 0;

  private constructor(
    private readonly folder: string,
    private readonly lock: Lock,
    private readonly maxBytes: number,
  ) {}

  /** Takes the lowest slot that no living process holds, and goes on with what lies there. */
  static async open(root: string, maxBytes: number): Promise<FileCache> {
    await mkdir(root, { recursive: true, mode: 0o700 });
    for (let slot = 0; ; slot++) {
      const lock = await tryLock(join(root, `${slot}.lock`));
      if (lock === undefined) continue;
      const cache = new FileCache(join(root, String(slot)), lock, maxBytes);
      await cache.look();
      return cache;
    }
  }

  has(name: string): boolean {
    return this.entries.has(name);
  }

  /** Does something in the folder of an entry; one at a time. */
  async within<T>(name: string, work: (folder: string) => Promise<T>): Promise<T> {
    const entry = this.entries.get(name) ?? { bytes: 0, users: 0, turn: Promise.resolve() };
    this.entries.delete(name);
    this.entries.set(name, entry);
    entry.users += 1;
    const done = entry.turn.then(() => this.use(name, entry, work));
    entry.turn = done.catch(() => undefined);
    try {
      return await done;
    } finally {
      entry.users -= 1;
      await this.trim();
    }
  }

  close(): Promise<void> {
    return this.lock.release();
  }

  private async use<T>(name: string, entry: Entry, work: (folder: string) => Promise<T>): Promise<T> {
    const folder = join(this.folder, name);
    await mkdir(folder, { recursive: true });
    try {
      return await work(folder);
    } finally {
      const now = new Date();
      await utimes(folder, now, now);
      const bytes = await bytesBelow(folder);
      this.bytes += bytes - entry.bytes;
      entry.bytes = bytes;
    }
  }

  private async trim(): Promise<void> {
    for (const [name, entry] of this.entries) {
      if (this.bytes <= this.maxBytes) return;
      if (entry.users > 0) continue;
      this.bytes -= entry.bytes;
      entry.bytes = 0;
      // Whoever comes meanwhile waits until it is gone.
      entry.users += 1;
      entry.turn = rm(join(this.folder, name), { recursive: true, force: true });
      await entry.turn;
      entry.users -= 1;
      if (entry.users === 0) this.entries.delete(name);
    }
  }

  private async look(): Promise<void> {
    await mkdir(this.folder, { recursive: true });
    const found = await Promise.all(
      (await readdir(this.folder)).map(async (name) => {
        const folder = join(this.folder, name);
        return { name, used: (await stat(folder)).mtimeMs, bytes: await bytesBelow(folder) };
      }),
    );
    for (const { name, bytes } of found.sort((a, b) => a.used - b.used)) {
      this.entries.set(name, { bytes, users: 0, turn: Promise.resolve() });
      this.bytes += bytes;
    }
    await this.trim();
  }
}

/** What the files of a folder take of the disk: of those with holes, what is there. */
async function bytesBelow(folder: string): Promise<number> {
  const files = await Promise.all((await readdir(folder)).map((name) => stat(join(folder, name))));
  return files.reduce((sum, { blocks }) => sum + blocks * BLOCK_BYTES, 0);
}
