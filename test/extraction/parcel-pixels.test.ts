/** Whichever way pixels come to a parcel, from a plane or strip by strip from a file, they are the same. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type PixelSource, type Visit, visitParcelPixels } from '../../extraction/parcel-pixels.js';
import type { Raster, Window } from '../../rasters/index.js';
import { Coverage, type Strip } from '../../zonal/index.js';

interface Span {
  readonly row: number;
  readonly column: number;
  readonly length: number;
}

/** A coverage of parcels with the given spans, rows from the top. */
function coverageOf(width: number, height: number, parcels: readonly (readonly Span[])[]): Coverage {
  const spans = parcels.map((one) => [...one].sort((a, b) => a.row - b.row || a.column - b.column));
  const grid = { width, height, originX: 0, originY: 0, stepX: 1, stepY: -1 };
  const made = Coverage.allocate(grid, parcels.length, spans.flat().length);
  made.pids.set([...parcels.keys()]);
  made.start.set(spans.flat().map(({ row, column }) => row * width + column));
  made.length.set(spans.flat().map(({ length }) => length));
  spans.forEach((one, i) => (made.offsets[i + 1] = made.offsets[i]! + one.length));
  return made;
}

/** Each parcel's pixels in the order of its spans. */
async function visit(
  source: PixelSource,
  coverage: Coverage,
  selection: Int32Array,
  memory?: Float32Array,
): Promise<(number[] | undefined)[]> {
  const found: (number[] | undefined)[] = Array<undefined>(selection.length).fill(undefined);
  const take: Visit = (k, pixels, start, length, from, to) => {
    assert.equal(found[k], undefined, 'visited once');
    const values: number[] = (found[k] = []);
    for (let span = from; span < to; span++)
      values.push(...pixels.subarray(start[span], start[span]! + length[span]!));
  };
  await visitParcelPixels(source, coverage, selection, take, memory && stripOf(memory));
  return found;
}

function stripOf(pixels: Float32Array): Strip {
  return { pixels, start: new Int32Array(30), length: new Uint16Array(30) };
}

/** A file of float32 whose windows are counted. */
function fileOf(pixels: Float32Array, width: number, height: number): { raster: Raster; windows: Window[] } {
  const windows: Window[] = [];
  const readWindow: Raster['readWindow'] = (_band, window, { pixels: into, offset, stride }) => {
    windows.push(window);
    for (let row = 0; row < window.height; row++) {
      const from = (window.row + row) * width + window.column;
      into.set(pixels.subarray(from, from + window.width), offset + row * stride);
    }
    return Promise.resolve();
  };
  const grid = { epsg: 32631, width, height, originX: 0, originY: 0, stepX: 1, stepY: -1 };
  return { raster: { grid, pixelType: 'float32', flat: true, readWindow } as unknown as Raster, windows };
}

function planeOf(pixels: Float32Array, width: number, height: number): PixelSource {
  const shared = new SharedArrayBuffer(pixels.byteLength);
  new Float32Array(shared).set(pixels);
  return {
    plane: { pixels: shared, pixelType: 'float32', width, height, blockWidth: width, blockHeight: height },
  };
}

describe('visitParcelPixels', () => {
  it('brings strips of a file and a plane in memory to the same pixels', async () => {
    const [width, height] = [37, 23];
    const pixels = Float32Array.from({ length: width * height }, (_, i) => Math.fround(Math.sin(i) * 1000));
    const span = fc
      .record({
        row: fc.nat(height - 1),
        column: fc.nat(width - 1),
        length: fc.integer({ min: 1, max: width }),
      })
      .map(({ row, column, length }) => ({ row, column, length: Math.min(length, width - column) }));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(span, { maxLength: 6 }), { maxLength: 12 }),
        fc.nat(),
        fc.nat(2 * width * height),
        async (parcels, skipped, room) => {
          const coverage = coverageOf(width, height, parcels);
          const selection = Int32Array.from(parcels.keys()).filter((parcel) => parcel !== skipped % 13);
          const expected = [...selection].map((parcel) => {
            const spans = coverage.start.subarray(coverage.offsets[parcel], coverage.offsets[parcel + 1]);
            if (spans.length === 0) return undefined;
            return [...spans].flatMap((start, i) => [
              ...pixels.subarray(start, start + coverage.length[coverage.offsets[parcel]! + i]!),
            ]);
          });
          const file = fileOf(pixels, width, height);
          assert.deepEqual(
            await visit({ raster: file.raster, rasterBand: 1 }, coverage, selection),
            expected,
          );
          const plane = planeOf(pixels, width, height);
          assert.deepEqual(await visit(plane, coverage, selection), expected);
          assert.deepEqual(await visit(plane, coverage, selection, new Float32Array(room)), expected);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('copies a plane to memory strip by strip where parcels are dense, and leaves a tall one where it is', async () => {
    const [width, height] = [50, 400];
    const pixels = Float32Array.from({ length: width * height }, (_, i) => i);
    const column = (row: number, rows: number): Span[] =>
      Array.from({ length: rows }, (_, i) => ({ row: row + i, column: row % 40, length: 9 }));
    const parcels = [...Array.from({ length: 390 }, (_, i) => column(i, 10)), column(1, 399)];
    const coverage = coverageOf(width, height, parcels);
    const memory = new Float32Array(40 * width + 7);
    let inMemory = 0;
    let sum = 0;
    const take: Visit = (_k, from, start, length, first, end) => {
      if (from === memory) inMemory++;
      for (let span = first; span < end; span++)
        for (let i = 0; i < length[span]!; i++) sum += from[start[span]! + i]!;
    };
    const selection = Int32Array.from(parcels.keys());
    await visitParcelPixels(planeOf(pixels, width, height), coverage, selection, take, stripOf(memory));
    assert.equal(inMemory, 390);
    let expected = 0;
    coverage.start.forEach((start) => (expected += 9 * start + 36));
    assert.equal(sum, expected);
  });

  it('reads a large file in strips, of which only a parcel that needs it is larger than 4 million pixels', async () => {
    const [width, height] = [3000, 3000];
    const pixels = Float32Array.from({ length: width * height }, (_, i) => i % 8191);
    const square = (row: number, column: number, side: number): Span[] =>
      Array.from({ length: side }, (_, i) => ({ row: row + i, column, length: side }));
    const parcels = [
      ...Array.from({ length: 200 }, (_, i) => square((i * 977) % 2900, (i * 613) % 2900, 5 + (i % 40))),
      // One across the whole image, longer than the buffers for its spans at first.
      Array.from({ length: 3000 }, (_, row) =>
        [0, 1499, 2998].map((column) => ({ row, column, length: 2 })),
      ).flat(),
    ];
    const coverage = coverageOf(width, height, parcels);
    const selection = Int32Array.from(parcels.keys());
    const { raster, windows } = fileOf(pixels, width, height);
    const strips = await visit({ raster, rasterBand: 1 }, coverage, selection);
    assert.deepEqual(strips, await visit(planeOf(pixels, width, height), coverage, selection));
    const sizes = windows.map((window) => window.width * window.height).sort((a, b) => a - b);
    assert.ok(sizes.length > 2 && sizes.at(-2) <= 4 << 20, sizes.join(' '));
  });
});
