import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { CoverageBuilder } from '../../zonal/coverage-builder.js';
import { Coverage, CoverageDamaged } from '../../zonal/coverage.js';
import type { Grid } from '../../zonal/grid.js';
import { ParcelSetBuilder } from '../../zonal/parcel-set.js';
import { onGround, parcelSet, pixelsOf, rectangle, spansOf, wkbOf } from './shapes.js';

const GRID: Grid = { width: 100, height: 80, originX: 500_000, originY: 4_300_020, stepX: 10, stepY: -10 };

interface Field {
  readonly pid: number;
  readonly box: readonly [number, number, number, number];
}

const pixel = fc.double({ min: -10, max: 110, noNaN: true });
const fields = fc
  .uniqueArray(
    fc.record({ pid: fc.integer({ min: -50, max: 50 }), box: fc.tuple(pixel, pixel, pixel, pixel) }),
    {
      selector: ({ pid }) => pid,
      maxLength: 40,
    },
  )
  .map((all): Field[] => all);

/** Of fields in batches of so many, the last ones first. */
function coverageOf(all: readonly Field[], batch = 7, grid = GRID): Coverage {
  const byPid = [...all].sort((a, b) => a.pid - b.pid);
  const batches = Array.from({ length: Math.ceil(all.length / batch) }, (_, i) =>
    byPid.slice(i * batch, (i + 1) * batch),
  );
  return coverageOfBatches(batches.reverse(), grid);
}

function coverageOfBatches(batches: readonly (readonly Field[])[], grid = GRID): Coverage {
  const builder = new CoverageBuilder(grid);
  for (const batch of batches) {
    const set = new ParcelSetBuilder();
    for (const { pid, box } of batch) {
      const bounds = { minX: pid, minY: pid + 1, maxX: pid + 2, maxY: pid + 3 };
      set.add(pid, bounds, wkbOf([[onGround(grid, rectangle(...box))]]));
    }
    builder.add(set.finish());
  }
  return builder.finish();
}

function pixelsUnder({ start, length, offsets }: Coverage, index: number): number[] {
  return pixelsOf(start, length, offsets[index]!, offsets[index + 1]!);
}

describe('a coverage', () => {
  it('holds the pixels and bounds of each parcel by ascending pid, in whatever order batches came', () => {
    fc.assert(
      fc.property(fields, fc.integer({ min: 1, max: 9 }), (all, batch) => {
        const coverage = coverageOf(all, batch);
        const byPid = [...all].sort((a, b) => a.pid - b.pid);
        assert.deepEqual(coverage.grid, GRID);
        assert.deepEqual([...coverage.pids], byPid.map(({ pid }) => pid)); // prettier-ignore
        byPid.forEach(({ pid, box }, index) => {
          const alone = spansOf(GRID, parcelSet([[onGround(GRID, rectangle(...box))]]));
          assert.deepEqual(pixelsUnder(coverage, index), pixelsOf(alone.start, alone.length, 0, alone.count));
          assert.deepEqual(
            [...coverage.bounds.subarray(4 * index, 4 * index + 4)],
            [pid, pid + 1, pid + 2, pid + 3],
          );
        });
      }),
    );
  });

  it('keeps parcels that have no geometry or lie off the grid, without spans', () => {
    const set = new ParcelSetBuilder();
    const bounds = { minX: 0, minY: 0, maxX: 0, maxY: 0 };
    set.add(1, bounds, wkbOf([[onGround(GRID, rectangle(0, 0, 2, 1))]]));
    set.add(2, bounds, wkbOf([[onGround(GRID, rectangle(200, 0, 210, 9))]]));
    set.add(3, bounds, null);
    const builder = new CoverageBuilder(GRID);
    builder.add(set.finish());
    const coverage = builder.finish();
    assert.deepEqual([...coverage.pids], [1, 2, 3]);
    assert.deepEqual([...coverage.offsets], [0, 1, 1, 1]);
  });

  it('keeps a parcel whose outline crosses the rows too often, without spans, and says so', () => {
    const grid: Grid = { ...GRID, width: 3000, height: 1000 };
    const comb = Array.from({ length: 18_000 }, (_, i): [number, number] => [i / 6, i % 2 === 0 ? 1000 : 0]);
    const bounds = { minX: 0, minY: 0, maxX: 0, maxY: 0 };
    const set = new ParcelSetBuilder();
    set.add(7, bounds, wkbOf([[onGround(grid, comb)]]));
    set.add(8, bounds, wkbOf([[onGround(grid, rectangle(0, 0, 2, 1))]]));
    const builder = new CoverageBuilder(grid);
    const [message, ...others] = builder.add(set.finish());
    assert.match(message ?? '', /parcel 7 can't be used: .* 18 million times; split it/);
    assert.deepEqual(others, []);
    const coverage = builder.finish();
    assert.deepEqual([...coverage.offsets], [0, 0, 1]);
  });

  it('may be empty', () => {
    const coverage = new CoverageBuilder(GRID).finish();
    assert.equal(coverage.count, 0);
    assert.deepEqual(coverage.range(-1000, 1000), { from: 0, to: 0 });
    assert.ok(coverage.touchedBlocks(16, 16).every((mark) => mark === 0));
  });

  it('refuses pids that occur twice or do not ascend', () => {
    const batches = (...pids: number[][]): Field[][] =>
      pids.map((batch) => batch.map((pid) => ({ pid, box: [0, 0, 5, 5] })));
    assert.throws(() => coverageOfBatches(batches([1, 2], [2, 3])), /parcel 2 occurs twice/);
    assert.throws(() => coverageOfBatches(batches([1, 1])), /parcel 1 occurs twice/);
    assert.throws(() => coverageOfBatches(batches([2, 1])), /parcel 1 comes after parcel 2/);
    assert.throws(() => coverageOfBatches(batches([1, 3], [2, 4])), /parcel 2 comes after parcel 3/);
  });

  it('joined from coverages is the one that all parcels make at once', () => {
    fc.assert(
      fc.property(fields, fc.array(fc.integer({ min: -50, max: 50 }), { maxLength: 4 }), (all, cuts) => {
        const borders = [-Infinity, ...cuts.sort((a, b) => a - b), Infinity];
        const parts = borders.slice(1).map((border, i) => {
          return coverageOf(all.filter(({ pid }) => pid >= borders[i]! && pid < border));
        });
        const joined = Coverage.join(GRID, parts.reverse());
        assert.deepEqual(Buffer.from(joined.buffer), Buffer.from(coverageOf(all).buffer));
      }),
      { numRuns: 50 },
    );
  });

  it('splits runs that 16 bits cannot count', () => {
    const grid: Grid = { ...GRID, width: 200_000, height: 3 };
    const coverage = coverageOf([{ pid: 1, box: [5, 0, 199_990, 2] }], 1, grid);
    assert.deepEqual([...coverage.length], [65_535, 65_535, 65_535, 3380, 65_535, 65_535, 65_535, 3380]);
    const pixels = pixelsUnder(coverage, 0);
    assert.equal(pixels.length, 2 * 199_985);
    assert.ok(pixels.every((at, i) => at === (i < 199_985 ? 5 + i : 200_005 + i - 199_985)));
  });

  it('finds the parcels of a range of pids', () => {
    fc.assert(
      fc.property(
        fields,
        fc.integer({ min: -60, max: 60 }),
        fc.integer({ min: -60, max: 60 }),
        (all, first, last) => {
          const coverage = coverageOf(all);
          const { from, to } = coverage.range(first, last);
          const expected = [...coverage.pids].filter((pid) => pid >= first && pid <= last);
          assert.deepEqual([...coverage.pids.subarray(from, to)], expected);
        },
      ),
    );
  });

  it('says which blocks its parcels touch', () => {
    const size = fc.integer({ min: 1, max: 120 });
    fc.assert(
      fc.property(fields, size, size, fc.nat(40), fc.nat(40), (all, blockWidth, blockHeight, a, b) => {
        const coverage = coverageOf(all);
        const from = Math.min(a, b, coverage.count);
        const to = Math.min(Math.max(a, b), coverage.count);
        const across = Math.ceil(GRID.width / blockWidth);
        const expected = new Uint8Array(across * Math.ceil(GRID.height / blockHeight));
        for (let index = from; index < to; index++) {
          for (const at of pixelsUnder(coverage, index)) {
            const column = Math.floor((at % GRID.width) / blockWidth);
            expected[Math.floor(Math.floor(at / GRID.width) / blockHeight) * across + column] = 1;
          }
        }
        assert.deepEqual(coverage.touchedBlocks(blockWidth, blockHeight, from, to), expected);
      }),
    );
  });

  it('touches the blocks that end and begin with its first and last pixels, and none beside them', () => {
    for (const [box, blocks] of [
      [[10, 4, 20, 8], [11]],
      [
        [9, 4, 20, 8],
        [10, 11],
      ],
      [
        [10, 4, 21, 8],
        [11, 12],
      ],
      [
        [10, 3, 20, 8],
        [1, 11],
      ],
      [
        [10, 4, 20, 9],
        [11, 21],
      ],
    ] as const) {
      const touched = coverageOf([{ pid: 1, box }]).touchedBlocks(10, 4);
      const marked = Array.from(touched.keys()).filter((block) => touched[block] === 1);
      assert.deepEqual(marked, blocks, String(box));
    }
  });

  it('is read by another thread without copying', async () => {
    const coverage = coverageOf([{ pid: 9, box: [1, 1, 4, 3] }]);
    const source = `
      const { parentPort, workerData } = require('node:worker_threads');
      import(workerData.module).then(({ Coverage }) => {
        const { pids, start, length } = Coverage.from(workerData.buffer);
        pids[0] = 10;
        parentPort.postMessage([[...start], [...length]]);
      });`;
    const module = new URL('../../zonal/coverage.js', import.meta.url).href;
    const worker = new Worker(source, { eval: true, workerData: { module, buffer: coverage.buffer } });
    const seen = await new Promise((resolve, reject) => worker.on('message', resolve).on('error', reject));
    await worker.terminate();
    assert.deepEqual(seen, [[101, 201], [3, 3]]); // prettier-ignore
    assert.equal(coverage.pids[0], 10);
  });

  it('is not seen in a buffer that holds something else', () => {
    const copy = (bytes: number) => {
      const { buffer } = coverageOf([{ pid: 9, box: [1, 1, 4, 3] }]);
      const other = new SharedArrayBuffer(bytes);
      new Uint8Array(other).set(new Uint8Array(buffer).subarray(0, bytes));
      return other;
    };
    const { byteLength } = copy(160);
    const whole = coverageOf([{ pid: 9, box: [1, 1, 4, 3] }]).buffer.byteLength;
    assert.throws(() => Coverage.from(new SharedArrayBuffer(0)), CoverageDamaged);
    assert.throws(() => Coverage.from(new SharedArrayBuffer(byteLength)), /not a coverage/);
    assert.throws(() => Coverage.from(copy(whole - 2)), /can't hold/);
    const newer = copy(whole);
    new Uint32Array(newer, 4, 1)[0] = 77;
    assert.throws(() => Coverage.from(newer), /version 77/);
  });
});
