/**
 * A worker's scratch folder: staged scenes, chunks waiting to be copied, cached coverages.
 *
 * ```
 * <root>/slot-<n>.lock                                           held by the process that has the slot, see lock.ts
 * <root>/slot-<n>/disk.json                                      what the slot is known by, wherever its disk goes
 * <root>/slot-<n>/scenes/<obsid>-<hash of the results table>/    one staged scene, see staged-scene.ts
 * <root>/coverages/                                              shared by all workers of the folder, see coverages.ts
 * <root>/places/                                                 where blocks of objects lie that were read before, see known-places.ts
 * <root>/set-aside/                                              what was found in a place of ours and is none of ours
 * ```
 * A slot belongs to one process at a time. A process that starts again takes the lowest free slot, hence its own, and
 * with it the scenes that lie there.
 */
import { createHash, randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { access, constants, mkdir, readdir, realpath, rename, rm, stat, statfs } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { FoldersInUse } from './folders-in-use.js';
import { type Lock, tryLock } from './lock.js';
import { readJson, ScratchDamaged, writeJson } from './scratch-file.js';

const MAX_SLOTS = 64;

/** The folder of an extraction, as `sceneFolder` names it. */
const SCENE = /^\d+-[0-9a-f]{8}$/;

/** The folder can't serve as scratch folder; the message says why, and what to do. */
export class ScratchUnusable extends Error {
  override readonly name = 'ScratchUnusable';
}

interface Log {
  warn(message: string): void;
}

export class Scratch {
  readonly coverages: string;
  readonly places: string;
  /** Folders of scenes, by whether steps of this process work on them. */
  readonly inUse = new FoldersInUse();
  private readonly slot: string;
  private readonly scenes: string;
  private readonly events = new EventEmitter().setMaxListeners(0);
  private name = '';

  private constructor(
    readonly root: string,
    slot: number,
    private readonly lock: Lock,
    private readonly log: Log,
  ) {
    this.coverages = join(root, 'coverages');
    this.places = join(root, 'places');
    this.slot = join(root, `slot-${slot}`);
    this.scenes = join(this.slot, 'scenes');
  }

  /**
   * Makes the folders and takes the lowest slot that no living process holds.
   * @throws ScratchUnusable
   */
  static async open(root: string, log: Log = { warn: () => undefined }): Promise<Scratch> {
    try {
      await mkdir(root, { recursive: true });
      const real = await realpath(root);
      await access(real, constants.R_OK | constants.W_OK | constants.X_OK);
      for (let slot = 0; slot < MAX_SLOTS; slot++) {
        const path = join(real, `slot-${slot}.lock`);
        // Something else may lie in its place.
        if ((await stat(path).catch(() => undefined))?.isFile() === false) continue;
        const lock = await tryLock(path);
        if (lock === undefined) continue;
        const scratch = new Scratch(real, slot, lock, log);
        await scratch.furnish().catch(async (error: unknown) => {
          await lock.release();
          throw error;
        });
        return scratch;
      }
    } catch (error) {
      throw unusable(root, error);
    }
    throw new ScratchUnusable(
      `${root}: ${MAX_SLOTS} workers use this scratch folder already; give this one another by --scratch`,
    );
  }

  /** What names this scratch disk and slot in queues: the machine that first used it, for people, and a number of its own. */
  get host(): string {
    return this.name;
  }

  /** Takes another name, and leaves what lies here to the one who bears that of before: this disk is a copy of its. */
  async rename(): Promise<void> {
    await this.removeScenes();
    await this.baptise();
  }

  /** The folder of one extraction. Its name is made of numbers only, whatever the table is called. */
  sceneFolder(results: string, obsid: number): string {
    const table = createHash('sha256').update(results).digest('hex').slice(0, 8);
    return join(this.scenes, `${obsid}-${table}`);
  }

  /** Folders of the scenes staged here. */
  async stagedFolders(): Promise<string[]> {
    const entries = await readdir(this.scenes, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory() && SCENE.test(entry.name))
      .map(({ name }) => join(this.scenes, name));
  }

  /** Puts what is none of ours out of the way of staged scenes, and names it. */
  async setStrangersAside(): Promise<void> {
    for (const entry of await readdir(this.scenes, { withFileTypes: true }))
      if (!entry.isDirectory() || !SCENE.test(entry.name))
        await this.setAside(join(this.scenes, entry.name), 'it is no staged scene');
  }

  /** Moves something out of the way, for people to look at, and names it. */
  async setAside(path: string, why: string): Promise<void> {
    const folder = join(this.root, 'set-aside');
    const place = join(
      folder,
      `${basename(dirname(path))}-${basename(path)}-${randomBytes(3).toString('hex')}`,
    );
    try {
      await mkdir(folder, { recursive: true });
      await rename(path, place);
      this.log.warn(`${path} can't be used: ${why}; it is set aside as ${place}`);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      throw error;
    }
  }

  /** Bytes that may still be written on the scratch volume. */
  async freeBytes(): Promise<number> {
    const volume = await statfs(this.root);
    return volume.bavail * volume.bsize;
  }

  async removeFolder(folder: string): Promise<void> {
    await this.inUse.removing(folder, () => rm(folder, { recursive: true, force: true }));
    this.events.emit('removed');
  }

  /** Calls `listener` whenever this process has removed a scene, until the returned function is called. */
  onRemoval(listener: () => void): () => void {
    this.events.on('removed', listener);
    return () => this.events.off('removed', listener);
  }

  async removeScenes(): Promise<void> {
    for (const folder of await this.stagedFolders()) await this.removeFolder(folder);
  }

  /** Gives the slot to whoever comes next. */
  async close(): Promise<void> {
    await this.lock.release();
  }

  private async furnish(): Promise<void> {
    for (const folder of [this.slot, this.scenes, this.coverages, this.places]) await this.makeFolder(folder);
    try {
      const disk = await readJson(this.disk, isDisk);
      if (disk !== undefined) {
        this.name = disk.host;
        return;
      }
    } catch (error) {
      if (!(error instanceof ScratchDamaged)) throw error;
      await this.setAside(this.disk, error.why);
    }
    await this.baptise();
  }

  private async makeFolder(folder: string): Promise<void> {
    const there = await stat(folder).catch(() => undefined);
    if (there?.isDirectory() === false) await this.setAside(folder, 'it is no folder');
    await mkdir(folder, { recursive: true });
  }

  private async baptise(): Promise<void> {
    const machine = hostname()
      .replace(/[^\w.-]/g, '-')
      .slice(0, 60);
    this.name = `${machine}-${randomBytes(6).toString('hex')}`;
    await writeJson(this.disk, { host: this.name } satisfies Disk);
  }

  private get disk(): string {
    return join(this.slot, 'disk.json');
  }
}

interface Disk {
  readonly host: string;
}

function isDisk(value: unknown): value is Disk {
  return (
    typeof value === 'object' &&
    value !== null &&
    'host' in value &&
    typeof value.host === 'string' &&
    /^[\w.-]{1,60}-[0-9a-f]{12}$/.test(value.host)
  );
}

function unusable(root: string, error: unknown): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === undefined) return error;
  const why = WHY[code] ?? message;
  return new ScratchUnusable(
    `${root} can't be used as scratch folder: ${why}. Give the worker another by --scratch or PARCELWISE_SCRATCH`,
    { cause: error },
  );
}

const WHY: Readonly<Record<string, string>> = {
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'its file system is read-only',
  ENOSPC: 'its disk is full',
  EDQUOT: "this user's quota on it is used up",
  ENOTDIR: 'a part of its path is no folder',
  EEXIST: 'it is a file',
  EIO: 'its disk fails',
};
