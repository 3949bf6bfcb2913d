/** Partial files made of whole ones: what is asked for is put in its place, as a download would. */
import {
  copyFileSync,
  existsSync,
  openSync,
  readSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
  closeSync,
} from 'node:fs';
import { type ByteRange, joined } from '../../rasters/byte-ranges.js';
import { NotFetched, partialPath, readPresent, writePresent } from '../../rasters/partial-file.js';

export class Partly {
  readonly path: string;
  /** How often something was missing. */
  misses = 0;
  private readonly id: bigint;

  /** Nothing of the file is there. */
  constructor(private readonly whole: string) {
    this.path = partialPath(whole);
    rmSync(this.path, { force: true });
    rmSync(`${this.path}.list`, { force: true });
    writeFileSync(this.path, '');
    truncateSync(this.path, statSync(whole).size);
    this.id = statSync(this.path, { bigint: true }).ino;
    const header = whole.replace(/\.\w+$/, '.hdr');
    if (existsSync(header)) copyFileSync(header, `${whole}.hdr`);
    if (existsSync(`${whole}.aux.xml`)) copyFileSync(`${whole}.aux.xml`, `${this.path}.aux.xml`);
  }

  get present(): readonly ByteRange[] {
    return readPresent(this.path, this.id);
  }

  async put(ranges: readonly ByteRange[]): Promise<void> {
    const [from, to] = [openSync(this.whole, 'r'), openSync(this.path, 'r+')];
    for (const range of ranges) {
      const bytes = Buffer.alloc(range.to - range.from);
      readSync(from, bytes, 0, bytes.length, range.from);
      writeSync(to, bytes, 0, bytes.length, range.from);
    }
    closeSync(from);
    closeSync(to);
    await writePresent(this.path, this.id, joined([...this.present, ...ranges]));
  }

  /** Does something with it, and puts in its place what is missing. */
  async reading<T>(work: () => T | Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof NotFetched)) throw error;
        this.misses += 1;
        if (this.misses > 500) throw error;
        await this.put([{ from: error.position, to: error.position + error.length }]);
      }
    }
  }
}
