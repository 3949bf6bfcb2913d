import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { CoverageBuilder } from '../../zonal/coverage-builder.js';
import { readCoverageFile, writeCoverageFile } from '../../zonal/coverage-file.js';
import { CoverageDamaged } from '../../zonal/coverage.js';
import type { Grid } from '../../zonal/grid.js';
import { onGround, parcelSet, rectangle } from './shapes.js';

const GRID: Grid = { width: 100, height: 80, originX: 500_000, originY: 4_300_020, stepX: 10, stepY: -10 };
const KEY = 'parcels_2024 32631 c0ffee';

function someCoverage() {
  const builder = new CoverageBuilder(GRID);
  builder.add(parcelSet(...[3, 9, 27].map((at) => [[onGround(GRID, rectangle(at, at, 2 * at, 2 * at))]])));
  return builder.finish();
}

describe('a coverage file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'parcelwise-coverage-'));
  after(() => rm(folder, { recursive: true }));
  let files = 0;
  const written = async () => {
    const path = join(folder, `${files++}.coverage`);
    await writeCoverageFile(path, someCoverage(), KEY);
    return path;
  };

  it('gives back what was written, and leaves nothing else behind', async () => {
    const path = await written();
    const coverage = await readCoverageFile(path, KEY);
    assert.deepEqual(new Uint8Array(coverage!.buffer), new Uint8Array(someCoverage().buffer));
    assert.deepEqual(coverage!.grid, GRID);
    assert.ok(coverage!.start.length > 30);
    assert.ok((await readdir(folder)).every((name) => name.endsWith('.coverage')));
  });

  it('is none where there is none', async () => {
    assert.equal(await readCoverageFile(join(folder, 'nothing'), KEY), undefined);
  });

  it('replaces an older one as a whole', async () => {
    const path = await written();
    await writeCoverageFile(path, new CoverageBuilder(GRID).finish(), 'another key');
    assert.equal((await readCoverageFile(path, 'another key'))!.count, 0);
  });

  it('is refused under another key', async () => {
    const path = await written();
    await assert.rejects(readCoverageFile(path, 'parcels_2025'), (error) => {
      assert.ok(error instanceof CoverageDamaged);
      assert.ok(error.message.includes(path) && error.message.includes(KEY));
      return true;
    });
  });

  it('is refused when it was cut, grew, or has a single bit turned anywhere', async () => {
    const path = await written();
    const sound = await readFile(path);
    for (const bytes of [0, 100, 4096, sound.length - 1]) {
      await writeFile(path, sound);
      await truncate(path, bytes);
      await assert.rejects(readCoverageFile(path, KEY), CoverageDamaged, `${bytes} bytes`);
    }
    await writeFile(path, Buffer.concat([sound, Buffer.alloc(8)]));
    await assert.rejects(readCoverageFile(path, KEY), CoverageDamaged);
    const head = sound.indexOf('\n');
    for (let at = 0; at < sound.length; at += at < head || at >= 4096 ? 3 : 4096 - head) {
      const damaged = Buffer.from(sound);
      damaged[at]! ^= 0x10;
      await writeFile(path, damaged);
      await assert.rejects(readCoverageFile(path, KEY), CoverageDamaged, `byte ${at}`);
    }
  });

  it('leaves no half-written file when writing fails', async () => {
    await assert.rejects(
      writeCoverageFile(join(folder, 'missing', 'x.coverage'), someCoverage(), KEY),
      /ENOENT/,
    );
    await assert.rejects(
      writeCoverageFile(join(folder, 'x.coverage'), someCoverage(), 'k'.repeat(5000)),
      /key/,
    );
    assert.ok((await readdir(folder)).every((name) => /^\d+\.coverage$/.test(name)));
  });
});
