/** A file, read by range. Reads are synchronous: decoding runs in threads of its own, and blocks are read one by one. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { type ByteRange, missing } from './byte-ranges.js';
import { Damage } from './damage.js';
import { type FileId, isPartial, NotFetched, readPresent } from './partial-file.js';

/** Bytes that are read by range: a file, or a file inside a file. */
export interface ByteSource {
  readonly size: number;
  /** Bytes [position, position + length). @throws Damage where they are not there */
  read(position: number, length: number): Uint8Array;
}

/** Bytes in memory as a source. */
export function memorySource(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    read(position, length) {
      if (!(position >= 0 && length >= 0 && position + length <= bytes.length))
        throw truncated(position, length, bytes.length);
      return bytes.slice(position, position + length);
    },
  };
}

export class FileSource implements ByteSource {
  readonly size: number;
  /** Whether only parts of it may be there. */
  readonly isPartial: boolean;
  private descriptor: number | undefined;
  private present: readonly ByteRange[] = [];
  private readonly file: FileId;

  constructor(readonly path: string) {
    this.descriptor = openSync(path, 'r');
    const { size, ino } = fstatSync(this.descriptor, { bigint: true });
    this.size = Number(size);
    this.file = ino;
    this.isPartial = isPartial(path);
  }

  /** Whether these bytes of the file are there. */
  has(position: number, length: number): boolean {
    if (!this.isPartial) return true;
    const wanted = [{ from: position, to: position + length }];
    if (missing(wanted, this.present).length === 0) return true;
    // More may have been fetched since.
    this.present = readPresent(this.path, this.file);
    return missing(wanted, this.present).length === 0;
  }

  /** Bytes [position, position + length) of the file. @throws Damage, and NotFetched as `readInto` does */
  read(position: number, length: number): Uint8Array {
    // Damaged tags give negative numbers and fractions too.
    if (!(Number.isSafeInteger(position) && position >= 0 && Number.isSafeInteger(length) && length >= 0))
      throw new Damage(`says that ${length} bytes lie at ${position}`);
    if (position + length > this.size) throw truncated(position, length, this.size);
    const bytes = new Uint8Array(length);
    this.readInto(position, bytes);
    return bytes;
  }

  /** Fills `target` with the file's bytes from `position` on. @throws NotFetched where they are not all there */
  readInto(position: number, target: Uint8Array): void {
    if (this.descriptor === undefined) throw new Error(`${this.path} is closed`);
    if (!this.has(position, target.length)) throw new NotFetched(this.path, position, target.length);
    let done = 0;
    while (done < target.length) {
      const count = readSync(this.descriptor, target, done, target.length - done, position + done);
      if (count === 0) throw truncated(position, target.length, this.size);
      done += count;
    }
  }

  close(): void {
    if (this.descriptor !== undefined) closeSync(this.descriptor);
    this.descriptor = undefined;
  }
}

function truncated(position: number, length: number, size: number): Damage {
  return new Damage(
    `the file is truncated: it has ${size} bytes, but bytes ${position} to ${position + length} are needed`,
  );
}
