/** The coverage cache, on coverages that are quickly built. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, stat, truncate, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CheckedSelection } from '../../database/selection/check.js';
import type { BuildCoverages, Wanted } from '../../extraction/build-coverages.js';
import { Coverages } from '../../extraction/coverages.js';
import type { RasterGrid } from '../../rasters/index.js';
import { Coverage, writeCoverageFile } from '../../zonal/index.js';

const SELECTION = {} as CheckedSelection;
const NEVER = new AbortController().signal;
const GIB = 2 ** 30;

/** A grid of its own for each number. */
const grid = (number: number): RasterGrid => ({
  ...{ epsg: 32631, width: 100 + number, height: 100 },
  ...{ originX: 500000, originY: 5650000, stepX: 10, stepY: -10 },
});

const wanted = (number: number): Wanted => ({ grid: grid(number), pixels: 'centre', innerBufferM: 0 });

/** Builds empty coverages, slowly, and counts. */
class Builders {
  built: number[] = [];
  broken = false;

  readonly build: BuildCoverages = async (_selection, _fingerprint, targets) => {
    await sleep(20);
    if (this.broken) throw new Error('the database is away');
    const coverages = targets.map((target) => Coverage.allocate(target.grid, 0, 0));
    for (const [i, { path, key, grid }] of targets.entries()) {
      this.built.push(grid.width - 100);
      await writeCoverageFile(path, coverages[i]!, key);
    }
    return { coverages: coverages.map(({ buffer }) => buffer), refused: ['parcel 7 has no rings'] };
  };
}

describe('Coverages', () => {
  let folder = '';
  let builders = new Builders();
  let warnings: string[] = [];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parcelwise-coverages-'));
    builders = new Builders();
    warnings = [];
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** As another process would see the folder. */
  const open = (maxBytes = GIB): Coverages =>
    new Coverages(folder, maxBytes, builders.build, { warn: (message) => warnings.push(message) });
  const get = (coverages: Coverages, numbers: number[], signal = NEVER): Promise<Coverage[]> =>
    coverages.get(SELECTION, 'parcels-1', numbers.map(wanted), signal);
  const widths = (found: Coverage[]): number[] => found.map((coverage) => coverage.grid.width - 100);

  it('builds a coverage once for callers of one process and of several, and gives each its own grids', async () => {
    const [one, other] = [open(), open()];
    const found = await Promise.all([get(one, [1]), get(one, [1]), get(one, [1, 2]), get(other, [1])]);
    assert.deepEqual(found.map(widths), [[1], [1], [1, 2], [1]]);
    assert.deepEqual(builders.built.sort(), [1, 2]);
    assert.deepEqual(new Set(warnings), new Set(['parcel 7 has no rings']));
  });

  it('gives every caller its coverage though more are asked for than stay in memory', async () => {
    const coverages = open();
    const numbers = Array.from({ length: 12 }, (_, i) => i);
    const found = await Promise.all(numbers.map((number) => get(coverages, [number])));
    assert.deepEqual(
      found.map(widths),
      numbers.map((number) => [number]),
    );
    assert.equal(builders.built.length, 12);
  });

  it('takes what lies on disk, and tells one parcel set from another', async () => {
    await get(open(), [1]);
    const later = open();
    const [found] = await get(later, [1]);
    assert.equal(await later.find(later.key('parcels-1', wanted(1))), found);
    assert.equal(await later.find(later.key('parcels-2', wanted(1))), undefined);
    assert.deepEqual(builders.built, [1]);
  });

  it('builds a damaged file again, and says so', async () => {
    await get(open(), [1]);
    const [name] = await readdir(folder);
    await truncate(join(folder, name!), 4100);
    assert.deepEqual(widths(await get(open(), [1])), [1]);
    assert.deepEqual(builders.built, [1, 1]);
    assert.ok(
      warnings.some((warning) => warning.includes('it is built again')),
      warnings.join(),
    );
    assert.deepEqual(widths(await get(open(), [1])), [1]);
  });

  it('tries again after a build that failed', async () => {
    const coverages = open();
    builders.broken = true;
    await assert.rejects(get(coverages, [1]), /the database is away/);
    builders.broken = false;
    assert.deepEqual(widths(await get(coverages, [1])), [1]);
  });

  it('lets one caller leave without harm to the others', async () => {
    const coverages = open();
    const leaving = new AbortController();
    const left = get(coverages, [1], leaving.signal);
    const staying = get(coverages, [1]);
    await sleep(5);
    leaving.abort(new Error('cancelled'));
    await Promise.all([left.catch(() => undefined), staying]);
    assert.deepEqual(widths(await staying), [1]);
  });

  it('removes the files that were not used longest, and keeps the newest', async () => {
    await get(open(), [1]);
    const [old] = await readdir(folder);
    const { size } = await stat(join(folder, old!));
    await utimes(join(folder, old!), 1, 1);
    await get(open(2 * size), [2]);
    assert.equal((await readdir(folder)).length, 2);
    await get(open(2 * size), [3]);
    const names = await readdir(folder);
    assert.equal(names.length, 2);
    assert.ok(!names.includes(old!));
  });
});
