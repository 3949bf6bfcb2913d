/** Parts of objects, fetched from a folder by their chain or their list, and found whole again afterwards. */
import assert from 'node:assert/strict';
import { readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { withTileLengths } from '../../bench/tile-lengths.js';
import { jp2File } from '../../demo/season/jp2-file.js';
import { openRaster, type Raster, RasterError, type Window } from '../../rasters/index.js';
import { FetchCosts } from '../../reading/fetch-costs.js';
import { fetchPart } from '../../reading/fetch-part.js';
import { PartialObject } from '../../reading/partial-object.js';
import { FolderStore } from '../../store/folder-store.js';
import { makeImage } from '../rasters/jpeg2000.peers.js';
import { temporaryFolder } from '../temporary-folder.js';

const folder = temporaryFolder('fetch-part');
const GRID = { epsg: 32631, width: 320, height: 192, originX: 5e5, originY: 5e6, stepX: 10, stepY: -10 };
const WINDOW = { column: 130, row: 70, width: 120, height: 50 };
const NEVER = { signal: new AbortController().signal };

async function pixelsOf(raster: Raster, window: Window): Promise<Uint16Array> {
  const pixels = new Uint16Array(window.width * window.height);
  await raster.readWindow(1, window, { pixels, offset: 0, stride: window.width });
  return pixels;
}

/** The file without the number of tile-parts of its first tile. */
function untold(file: Buffer): Buffer {
  const changed = Buffer.from(file);
  changed[changed.indexOf(Buffer.from([0xff, 0x90, 0, 10])) + 11] = 0;
  return changed;
}

describe('a part of an object', () => {
  let file: Buffer;
  before(async () => {
    const { samples } = makeImage(GRID.width, GRID.height, 15);
    file = await jp2File(samples as Uint16Array, GRID, { bits: 15, tileSize: 64 });
  });

  async function fetched(name: string, bytes: Buffer): Promise<{ partial: PartialObject; raster: Raster }> {
    await writeFile(join(folder, name), bytes);
    const store = new FolderStore(folder);
    const partial = await PartialObject.open(store, (await store.head(name))!, join(folder, `part-${name}`));
    const raster = await partial.reading(() => openRaster(partial.path), 4096, NEVER);
    const part = { partial, raster, windows: [[1, WINDOW]] as const, bytes: 0, blocks: 0, ofBlocks: 0 };
    await fetchPart(part, new FetchCosts(), NEVER);
    return { partial, raster };
  }

  for (const [name, change] of Object.entries({
    'guessed.jp2': (bytes: Buffer) => bytes,
    // Who does not tell how many tile-parts a tile has is followed.
    'chain.jp2': untold,
    'list.jp2': (bytes: Buffer) => withTileLengths(bytes),
  }))
    it(`has the pixels of the whole, and holes where nothing was wanted: ${name}`, async () => {
      const { partial, raster } = await fetched(name, change(file));
      const whole = await openRaster(join(folder, name));
      assert.deepEqual(await pixelsOf(raster, WINDOW), await pixelsOf(whole, WINDOW));
      const object = await readFile(join(folder, name));
      const there = await readFile(partial.path);
      assert.equal(there.length, object.length);
      for (const { from, to } of partial.missing([{ from: 0, to: object.length }]))
        assert.ok(there.subarray(from, to).every((byte) => byte === 0));
      // What a process before it has brought is not brought again.
      const again = await PartialObject.open(
        new FolderStore(folder),
        partial.object,
        join(folder, `part-${name}`),
      );
      assert.equal(again.bytes, partial.bytes);
      for (const one of [raster, whole, partial, again]) await one.close();
    });

  it('has nothing of a file that is new, whatever list lies beside it', async () => {
    const store = new FolderStore(folder);
    await writeFile(join(folder, 'object'), file);
    const object = (await store.head('object'))!;
    const first = await PartialObject.open(store, object, join(folder, 'part-object'));
    await first.bring([{ from: 0, to: 1000 }], NEVER);
    await first.close();
    // As the system gives the number of a file that is gone to the next one.
    await truncate(first.path);
    const second = await PartialObject.open(store, object, join(folder, 'part-object'));
    assert.deepEqual([second.path, second.bytes], [first.path, 0]);
    await assert.rejects(openRaster(second.path), { name: 'NotFetched' });
    await second.close();
  });

  it('is refused where the list in its header was wrong', async () => {
    const wrong = withTileLengths(file, undefined, (parts) => {
      [parts[6]!.length, parts[7]!.length] = [parts[7]!.length, parts[6]!.length];
    });
    await assert.rejects(fetched('wrong.jp2', wrong), RasterError);
  });
});
