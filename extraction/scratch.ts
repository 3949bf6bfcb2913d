/**
 * A worker's scratch folder: staged scenes, chunks waiting to be copied, cached coverages.
 *
 * ```
 * <root>/slot-<n>/scenes/<obsid>-<hash of the results table>/   one staged scene, see staged-scene.ts
 * <root>/coverages/                                              shared by all workers of the host, see coverages.ts
 * ```
 * A slot belongs to one process at a time. A process that starts again takes the lowest free slot, hence its own, and
 * with it the scenes that lie there.
 */
import { createHash } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { mkdir, readdir, realpath, rm, statfs } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { type Lock, tryLock } from './lock.js';

const MAX_SLOTS = 64;

export class Scratch {
  /** Names this host and slot in queues and for people. */
  readonly host: string;
  readonly coverages: string;
  private readonly scenes: string;
  private readonly events = new EventEmitter().setMaxListeners(0);

  private constructor(
    readonly root: string,
    slot: number,
    private readonly lock: Lock,
  ) {
    const place = createHash('sha256').update(root).digest('hex').slice(0, 6);
    this.host = `${hostname()}-${place}-${slot}`;
    this.coverages = join(root, 'coverages');
    this.scenes = join(root, `slot-${slot}`, 'scenes');
  }

  /** Makes the folders and takes the lowest slot that no living process holds. */
  static async open(root: string): Promise<Scratch> {
    await mkdir(root, { recursive: true });
    const real = await realpath(root);
    for (let slot = 0; slot < MAX_SLOTS; slot++) {
      const lock = await tryLock(`slot ${slot} of ${real}`);
      if (lock === undefined) continue;
      const scratch = new Scratch(real, slot, lock);
      await mkdir(scratch.scenes, { recursive: true });
      await mkdir(scratch.coverages, { recursive: true });
      return scratch;
    }
    throw new Error(
      `${real}: ${MAX_SLOTS} workers use this scratch folder already; give this one another by --scratch`,
    );
  }

  /** The folder of one extraction. Its name is made of numbers only, whatever the table is called. */
  sceneFolder(results: string, obsid: number): string {
    const table = createHash('sha256').update(results).digest('hex').slice(0, 8);
    return join(this.scenes, `${obsid}-${table}`);
  }

  /** Folders of the scenes staged here. */
  async stagedFolders(): Promise<string[]> {
    return (await readdir(this.scenes)).map((name) => join(this.scenes, name));
  }

  /** Bytes that may still be written on the scratch volume. */
  async freeBytes(): Promise<number> {
    const volume = await statfs(this.root);
    return volume.bavail * volume.bsize;
  }

  async removeFolder(folder: string): Promise<void> {
    await rm(folder, { recursive: true, force: true });
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
}
