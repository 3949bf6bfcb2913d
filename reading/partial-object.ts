/** An object of which parts are brought to the disk, range by range, and never those of two versions. */
import { basename, extname } from 'node:path';
import { constants, type FileHandle, open } from 'node:fs/promises';
import {
  type ByteRange,
  bytesOf,
  joined,
  missing,
  NotFetched,
  partialPath,
  readPresent,
  removeList,
  writePresent,
} from '../rasters/index.js';
import { shownAddress } from '../store/address.js';
import { versionDigest } from '../store/download.js';
import { DiskFull, isDiskFull, type ObjectInfo, type ObjectStore } from '../store/object-store.js';
import { untilOneFails } from '../store/until-one-fails.js';
import { pieces } from './fetch-costs.js';

export interface Bringing {
  readonly signal: AbortSignal;
  /** Called with bytes as they come. */
  readonly onBytes?: ((bytes: number) => void) | undefined;
}

export class PartialObject {
  /** Lists are written one after the other, and of those that wait only the last. */
  private writing: Promise<void> = Promise.resolve();
  private isStale = false;
  /** What readers in threads find there. */
  private listed: readonly ByteRange[];
  private onListed: ((listed: readonly ByteRange[]) => void) | undefined;

  private constructor(
    private readonly store: ObjectStore,
    readonly object: ObjectInfo,
    /** By which it is known wherever it is read, whoever signed its address. */
    readonly version: string,
    readonly path: string,
    private readonly file: FileHandle,
    private readonly id: bigint,
    private present: ByteRange[],
  ) {
    this.listed = present;
  }

  /**
   * Goes on with what lies there of this version.
   * @param whole the path that the whole object would have
   */
  static async open(store: ObjectStore, object: ObjectInfo, whole: string): Promise<PartialObject> {
    // The same whoever signed the address.
    const version = versionDigest({ ...object, key: shownAddress(object.key) });
    const path = partialPath(`${whole}.${version}`);
    const file = await open(path, constants.O_RDWR | constants.O_CREAT, 0o644);
    const { size, ino } = await file.stat({ bigint: true });
    if (Number(size) !== object.bytes) {
      // A new one. Systems give numbers of files that are gone to new ones, so a list that lies here would be believed.
      await removeList(path);
      await file.truncate(object.bytes);
    }
    return new PartialObject(store, object, version, path, file, ino, readPresent(path, ino));
  }

  /** In its folder. */
  get name(): string {
    return basename(this.path);
  }

  /** Where a reader looks for what lies beside the object: a header lies under the name of its pixels, with an ending of its own. */
  beside(name: string): string {
    return this.path.slice(0, -extname(this.path).length) + extname(name);
  }

  /** That are there. */
  get bytes(): number {
    return bytesOf(this.present);
  }

  /** What of these bytes is not there. */
  missing(ranges: readonly ByteRange[]): ByteRange[] {
    return missing(joined(ranges), this.present);
  }

  /**
   * Brings what is not there of these bytes, several pieces at a time as far as the store allows.
   * @throws ObjectReplaced, RangesIgnored and what else the store fails with; DiskFull
   */
  async bring(ranges: readonly ByteRange[], { signal, onBytes }: Bringing): Promise<void> {
    try {
      await untilOneFails(pieces(this.missing(ranges)), signal, async (piece, either) => {
        let from = piece.from;
        const onProgress = (position: number): void => {
          onBytes?.(position - from);
          this.note({ from, to: position });
          from = position;
        };
        await this.store.fetch(this.object, piece, this.file, { signal: either, onProgress });
      });
    } catch (error) {
      throw isDiskFull(error) ? new DiskFull(this.path) : error;
    } finally {
      await this.writing;
    }
  }

  /** Tells what of it others can read: now, and whenever there is more. */
  watch(onListed: (listed: readonly ByteRange[]) => void): void {
    this.onListed = onListed;
    onListed(this.listed);
  }

  /** Does something with the file, again and again until it finds there all that it reads. */
  async reading<T>(work: () => T | Promise<T>, ahead: number, bringing: Bringing): Promise<T> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof NotFetched) || error.path !== this.path) throw error;
        const to = error.position + Math.max(error.length, ahead);
        const wanted = [{ from: error.position, to: Math.min(to, this.object.bytes) }];
        // Said to be missing and there all the same: the list is another's.
        if (this.missing(wanted).length === 0) throw error;
        await this.bring(wanted, bringing);
      }
    }
  }

  close(): Promise<void> {
    return this.file.close();
  }

  private note(range: ByteRange): void {
    this.present = joined([...this.present, range]);
    if (this.isStale) return;
    this.isStale = true;
    this.writing = this.writing.then(async () => {
      this.isStale = false;
      const { present } = this;
      await writePresent(this.path, this.id, present);
      this.listed = present;
      this.onListed?.(present);
    });
    this.writing.catch(() => undefined);
  }
}
