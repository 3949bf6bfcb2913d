/** What the geotiff package is shown of a header, and what is refused before it sees it. */
import assert from 'node:assert/strict';
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';
import { memorySource } from '../../rasters/file-source.js';
import { Directory } from '../../rasters/geotiff/directory.js';
import { openGeoTiff } from '../../rasters/geotiff/index.js';
import { RasterError, type RasterGrid } from '../../rasters/raster.js';
import { fixture, read } from './made.js';
import { madeTiff, PLACE, plain } from './made-tiff.js';
import { geoKeys, tinyTiff, type Tags } from './tiny-tiff.js';
import { temporaryFolder } from '../temporary-folder.js';

const folder = temporaryFolder('header');

const path = join(folder, 'made.tif');
const [ASCII, SHORT, LONG, RATIONAL, SLONG8, UNKNOWN] = [2, 3, 4, 5, 17, 99];

/** Where the entry of a tag stands in a little-endian file of one directory. */
function entryOf(bytes: Buffer, tag: number): number {
  const first = bytes.readUInt32LE(4);
  for (let i = 0; i < bytes.readUInt16LE(first); i++)
    if (bytes.readUInt16LE(first + 2 + 12 * i) === tag) return first + 2 + 12 * i;
  throw new Error(`there is no tag ${tag}`);
}

interface Change {
  readonly as?: number;
  readonly type?: number;
  readonly count?: number;
  readonly value?: number;
}

/** A sound file of 2 x 2 bytes, whose entry of `tag` is then changed. */
function changed(tags: Tags, tag: number, { as = tag, type, count, value }: Change): Buffer {
  const bytes = tinyTiff(tags);
  const at = entryOf(bytes, tag);
  bytes.writeUInt16LE(as, at);
  if (type !== undefined) bytes.writeUInt16LE(type, at + 2);
  if (count !== undefined) bytes.writeUInt32LE(count, at + 4);
  if (value !== undefined) bytes.writeUInt32LE(value, at + 8);
  return bytes;
}

async function gridOf(bytes: Buffer): Promise<RasterGrid> {
  writeFileSync(path, bytes);
  const raster = await openGeoTiff(path);
  try {
    assert.deepEqual(await read(raster, 1, { column: 0, row: 0, width: 2, height: 2 }), [1, 2, 3, 4]);
    return raster.grid;
  } finally {
    await raster.close();
  }
}

async function assertRefused(bytes: Buffer, says: RegExp): Promise<void> {
  writeFileSync(path, bytes);
  await assert.rejects(openGeoTiff(path), (error: Error) => {
    assert.ok(error instanceof RasterError, String(error));
    assert.match(error.message, says);
    return true;
  });
}

describe('a tag that nobody looks at', () => {
  it('may be of any type and lead anywhere', async () => {
    const software: Tags = { 305: 'a program of some kind' };
    for (const change of [
      { type: UNKNOWN },
      { value: 2 ** 31 },
      { count: 2 ** 32 - 1 },
      { as: 320, type: SHORT, count: 2 ** 32 - 1 },
      { as: 330, type: LONG, count: 2 ** 31, value: 2 ** 31 },
    ])
      assert.equal((await gridOf(changed(software, 305, change))).epsg, 32631, JSON.stringify(change));
  });
});

describe('a tag that is looked at', () => {
  it('counts by its first entry where there are two', async () => {
    // A second width and a second pixel size; 305 and 33551 come after the first ones.
    await gridOf(changed({ 305: [7] }, 305, { as: 256 }));
    const grid = await gridOf(changed({ 34734: [20, 20, 0] }, 34734, { as: 33550, type: 12, count: 1 }));
    assert.equal(grid.stepX, 10);
  });

  it('is as if it were not there where it is no number', async () => {
    for (const type of [ASCII, RATIONAL, SLONG8, UNKNOWN])
      await assertRefused(changed({}, 256, { type }), /damaged: has a width of nothing/);
  });

  it('is damaged where it is larger than the file, or lies within the directory', async () => {
    await assertRefused(
      changed({}, 258, { count: 2 ** 32 - 1 }),
      /damaged: the file is truncated: .*8589934590/,
    );
    const bytes = tinyTiff();
    const first = bytes.readUInt32LE(4);
    for (const place of [first, first + 2 + 12])
      await assertRefused(changed({}, 33550, { value: place }), /damaged: has a tag whose values lie within/);
  });

  it('is damaged where it leads beyond the file by a byte, and read where it ends with it', async () => {
    const scale = Buffer.alloc(24);
    scale.writeDoubleLE(10, 0);
    scale.writeDoubleLE(10, 8);
    const bytes = changed({}, 33550, { value: tinyTiff().length });
    assert.equal((await gridOf(Buffer.concat([bytes, scale]))).stepX, 10);
    await assertRefused(Buffer.concat([bytes, scale.subarray(1)]), /damaged: the file is truncated/);
  });

  it('may have 64 KB, or 64 MB where it is a list of blocks, and all together 128 MB', async () => {
    const MB = 1 << 20;
    const large = async (tag: number, type: number, count: number, also: Tags = {}): Promise<void> => {
      writeFileSync(path, changed(also, tag, { type, count, value: 0 }));
      truncateSync(path, 70 * MB);
      await (await openGeoTiff(path)).close();
    };
    const [noData, lists] = [{ 42113: '1234' }, { 34264: undefined }];
    await assert.rejects(
      large(42113, ASCII, 65_537, noData),
      /not supported: has a tag of 65537 bytes; at most 65536/,
    );
    await large(273, LONG, 16 * MB, lists);
    await assert.rejects(large(273, LONG, 16 * MB + 1), /not supported: has a tag of 67108868 bytes/);
    const three = changed({ 324: [0], 325: [0] }, 273, { count: 16 * MB, value: 0 });
    for (const tag of [279, 324]) three.writeUInt32LE(16 * MB, entryOf(three, tag) + 4);
    writeFileSync(path, three);
    truncateSync(path, 70 * MB);
    await assert.rejects(openGeoTiff(path), /not supported: has tags of more than 134217728 bytes/);
  });
});

describe('the directories of a TIFF file', () => {
  const pages = (count: number): Buffer =>
    madeTiff(
      Array.from({ length: count }, (_, i) => ({
        tags: { ...plain(2, 2), ...(i === 0 ? PLACE : { 254: [1] }) },
        blocks: [Uint8Array.of(1, 2, 3, 4)],
      })),
    );

  it('may be 1024', async () => {
    await gridOf(pages(1024));
    await assertRefused(pages(1025), /not supported: has more than 1024 directories/);
  });

  it('may have 4096 tags', async () => {
    const others = (count: number): Tags =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [50_700 + i, [i]]));
    const sound = tinyTiff();
    const own = sound.readUInt16LE(sound.readUInt32LE(4));
    assert.equal((await gridOf(tinyTiff(others(4096 - own)))).epsg, 32631);
    await assertRefused(tinyTiff(others(4097 - own)), /not supported: has a directory of 4097 tags/);
  });

  it('are all read, by their tags', async () => {
    const all = await Directory.readAll(memorySource(pages(3)));
    assert.deepEqual(
      all.map((one) => [one.number('ImageWidth'), one.number('NewSubfileType'), one.has('ModelTiepoint')]),
      [
        [2, undefined, true],
        [2, 1, false],
        [2, 1, false],
      ],
    );
  });
});

describe("a GeoTIFF's keys", () => {
  const user = { 1024: 1, 3072: 32767 };
  const name = 'WGS 84 / UTM zone 33S|';

  it('have places in bytes, whatever the letters before them', async () => {
    // Latin-1 of one byte, and UTF-8 of two.
    for (const before of ['Réseau|', 'RÃ©seau|']) {
      const keys = geoKeys(user, { 1026: [0, before.length], 3073: [before.length, name.length] });
      assert.equal((await gridOf(tinyTiff({ 34735: keys, 34737: before + name }))).epsg, 32733);
    }
  });

  it('are refused where they lead nowhere: to no tag, beyond a tag', async () => {
    const keys = [1, 1, 0, 2, 1024, 0, 1, 1, 3072, 34736, 1, 1];
    await assertRefused(tinyTiff({ 34735: keys }), /damaged: has a GeoKey 3072 that leads nowhere/);
    const beyond = tinyTiff({ 34735: keys, 34699: [1, 1] });
    beyond.writeUInt16LE(34736, entryOf(beyond, 34699));
    beyond.writeUInt32LE(1, entryOf(beyond, 34736) + 4);
    await assertRefused(beyond, /damaged: has a GeoKey 3072 that leads nowhere/);
    const ofItsOwn = [1, 1, 0, 2, 1024, 0, 1, 1, 60_000, 50_000, 1, 1];
    await assertRefused(tinyTiff({ 34735: ofItsOwn }), /damaged: has a GeoKey of its own that leads nowhere/);
  });

  it('that say to be millions are refused at once', { timeout: 10_000 }, async () => {
    const shorts = geoKeys({ 1024: 1, 3072: 32631 });
    assert.equal((await gridOf(tinyTiff({ 34735: shorts.with(3, 65_535) }))).epsg, 32631);
    const bytes = changed({}, 34735, { type: LONG, count: 4 });
    await assertRefused(bytes, /damaged: has GeoKeys that are not numbers of 16 bits/);
  });
});

describe('a GeoTIFF in a worker thread', () => {
  it('is opened, where the thread has workerData as those of workers/ have', async () => {
    const program = `
      const { parentPort, workerData } = require('node:worker_threads');
      import(workerData.module).then(async ({ openGeoTiff }) => {
        const raster = await openGeoTiff(workerData.path);
        parentPort.postMessage(raster.grid.epsg);
        await raster.close();
      });`;
    const module = new URL('../../rasters/geotiff/index.js', import.meta.url).href;
    const worker = new Worker(program, { eval: true, workerData: { module, path: fixture('u16_zstd.tif') } });
    const epsg = await new Promise((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
    });
    await worker.terminate();
    assert.equal(epsg, 32631);
  });
});
