/** A file, read by range. Reads are synchronous: decoding runs in threads of its own, and blocks are read one by one. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { Damage } from './damage.js';

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
  private descriptor: number | undefined;

  constructor(readonly path: string) {
    this.descriptor = openSync(path, 'r');
    this.size = fstatSync(this.descriptor).size;
  }

  /** Bytes [position, position + length) of the file. */
  read(position: number, length: number): Uint8Array {
    // Damaged tags give negative numbers and fractions too.
    if (!(Number.isSafeInteger(position) && position >= 0 && Number.isSafeInteger(length) && length >= 0))
      throw new Damage(`says that ${length} bytes lie at ${position}`);
    if (position + length > this.size) throw truncated(position, length, this.size);
    const bytes = new Uint8Array(length);
    this.readInto(position, bytes);
    return bytes;
  }

  /** Fills `target` with the file's bytes from `position` on. */
  readInto(position: number, target: Uint8Array): void {
    if (this.descriptor === undefined) throw new Error(`${this.path} is closed`);
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
