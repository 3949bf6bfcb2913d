/** Partial files made of whole ones: what is asked for is put in its place, as a download would. */
import assert from 'node:assert/strict';
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
import fc from 'fast-check';
import { type ByteRange, bytesOf, joined } from '../../rasters/byte-ranges.js';
import { openRaster } from '../../rasters/open.js';
import { NotFetched, partialPath, readPresent, writePresent } from '../../rasters/partial-file.js';
import { PIXEL_ARRAYS, type Raster, type Window } from '../../rasters/raster.js';

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
    rmSync(`${this.path}.places`, { force: true });
    writeFileSync(this.path, '');
    truncateSync(this.path, statSync(whole).size);
    this.id = statSync(this.path, { bigint: true }).ino;
    const header = whole.replace(/\.\w+$/, '.hdr');
    if (existsSync(header)) copyFileSync(header, `${whole}.hdr`);
    if (existsSync(`${whole}.aux.xml`)) copyFileSync(`${whole}.aux.xml`, `${this.path}.aux.xml`);
  }

  /** Of the file. */
  get bytes(): number {
    return statSync(this.whole).size;
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

export async function pixelsOf(raster: Raster, band: number, window: Window): Promise<unknown> {
  const pixels = new PIXEL_ARRAYS[raster.pixelType](window.width * window.height);
  await raster.readWindow(band, window, { pixels, offset: 0, stride: window.width });
  return pixels;
}

/** Bands and windows of a raster. */
function windowsOf({ bandCount, grid: { width, height } }: Raster): fc.Arbitrary<readonly [number, Window]> {
  const span = (size: number) => fc.tuple(fc.nat(size - 1), fc.nat(size - 1));
  return fc.tuple(fc.integer({ min: 1, max: bandCount }), span(width), span(height)).map(([band, x, y]) => {
    const [column, row] = [Math.min(...x), Math.min(...y)];
    return [band, { column, row, width: Math.max(...x) - column + 1, height: Math.max(...y) - row + 1 }];
  });
}

/** Of any window whose bytes are there the pixels are those of the whole file; where some are not there they are refused. */
export async function hasPixelsOfWhole(path: string, numRuns = 15): Promise<void> {
  const whole = await openRaster(path);
  try {
    const everything = { column: 0, row: 0, width: whole.grid.width, height: whole.grid.height };
    await fc.assert(
      fc.asyncProperty(windowsOf(whole), async ([band, window]) => {
        const partly = new Partly(path);
        const raster = await partly.reading(() => openRaster(partly.path));
        try {
          const ranges = await partly.reading(() => raster.rangesOf(band, window));
          assert.deepEqual(joined(ranges), joined(whole.rangesOf(band, window)));
          await partly.put(ranges);
          const asked = partly.misses;
          assert.deepEqual(await pixelsOf(raster, band, window), await pixelsOf(whole, band, window));
          assert.equal(partly.misses, asked);
          const all = joined([...partly.present, ...whole.rangesOf(band, everything)]);
          if (bytesOf(all) > bytesOf(partly.present))
            await assert.rejects(pixelsOf(raster, band, everything), NotFetched);
        } finally {
          await raster.close();
        }
      }),
      { numRuns },
    );
  } finally {
    await whole.close();
  }
}
