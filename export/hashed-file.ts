/** A file being written, with its size and its SHA-256. */
import { createHash } from 'node:crypto';
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DiskFull, isDiskFull } from '../store/object-store.js';
import type { ByteSink } from './table-file.js';

export interface Digest {
  readonly bytes: number;
  readonly sha256: string;
}

export class HashedFile implements ByteSink {
  private readonly hash = createHash('sha256');
  private bytes = 0;

  private constructor(
    readonly path: string,
    private readonly file: FileHandle,
  ) {}

  static async create(path: string): Promise<HashedFile> {
    await mkdir(dirname(path), { recursive: true });
    return new HashedFile(path, await open(path, 'w'));
  }

  /** @throws DiskFull */
  async write(bytes: Uint8Array): Promise<void> {
    this.hash.update(bytes);
    this.bytes += bytes.length;
    try {
      for (let at = 0; at < bytes.length;) {
        const { bytesWritten } = await this.file.write(bytes, at);
        at += bytesWritten;
      }
    } catch (error) {
      throw isDiskFull(error) ? new DiskFull(this.path) : error;
    }
  }

  async close(): Promise<Digest> {
    await this.file.close();
    return { bytes: this.bytes, sha256: this.hash.digest('hex') };
  }

  /** Removes what was written. */
  async discard(): Promise<void> {
    await this.file.close().catch(() => undefined);
    await rm(this.path, { force: true });
  }
}
