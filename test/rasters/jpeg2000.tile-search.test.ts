/** Tiles found where they may lie: those that the chain leads to, with few looks, or none at all. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import fc from 'fast-check';
import { withTileLengths } from '../../bench/tile-lengths.js';
import { jp2File } from '../../demo/season/jp2-file.js';
import { type BlockPlace, readPlaces, writePlaces } from '../../rasters/block-places.js';
import { bytesOf, joined } from '../../rasters/byte-ranges.js';
import { FileSource } from '../../rasters/file-source.js';
import { TileSearch } from '../../rasters/jpeg2000/tile-search.js';
import { openRaster } from '../../rasters/open.js';
import { NotFetched } from '../../rasters/partial-file.js';
import type { Raster, Window } from '../../rasters/raster.js';
import { temporaryFolder } from '../temporary-folder.js';
import { FIXTURES, writeCodestream } from './jpeg2000.peers.js';
import { Partly } from './partly.js';

const folder = temporaryFolder('tile-search');
/** Twelve by nine tiles of 32 pixels; the last ones are smaller. */
const GRID = { epsg: 32631, width: 370, height: 280, originX: 5e5, originY: 5e6, stepX: 10, stepY: -10 };
const [ACROSS, SIDE] = [12, 32];

function imageOf(pixel: (x: number, y: number) => number): Promise<Buffer> {
  const pixels = new Uint16Array(GRID.width * GRID.height);
  for (let i = 0; i < pixels.length; i++) pixels[i] = pixel(i % GRID.width, Math.floor(i / GRID.width));
  return jp2File(pixels, GRID, { bits: 15, tileSize: SIDE });
}

/** Of some bits, pixel by pixel. */
const noise = (x: number, y: number, bits: number): number =>
  (Math.imul(y * 1000 + x + 1, 2_654_435_761) >>> 7) & ((1 << bits) - 1);

const IMAGES: Readonly<Record<string, (x: number, y: number) => number>> = {
  'tiles of one size': (x, y) => noise(x, y, 14),
  'nothing in one half, cut aslant': (x, y) => (x + y < 300 ? 0 : noise(x, y, 14)),
  'one tile that is full': (x, y) => (x >> 5 === 7 && y >> 5 === 3 ? noise(x, y, 14) : 0),
  'sizes of all kinds': (x, y) => noise(x, y, (noise(x >> 5, y >> 5, 9) * 7) % 15),
};

/** Seeks to the end, one look of each in turn; how many looks that took. */
async function sought(raster: Raster, partly: Partly, windows: readonly Window[]): Promise<number> {
  let looks = 0;
  let seeks = raster.seek!(windows)!;
  while (seeks.length > 0) {
    const ranges = seeks.map((seek) => [seek, seek.next()] as const);
    seeks = ranges.flatMap(([seek, range]) => (range ? [seek] : []));
    const wanted = ranges.flatMap(([, range]) => range ?? []);
    for (const { from, to } of wanted)
      assert.ok(from >= 0 && to > from && to <= partly.bytes, `${from} ${to}`);
    await partly.put(wanted);
    looks += wanted.length;
  }
  return looks;
}

const anyWindows: fc.Arbitrary<Window[]> = fc.array(
  fc
    .tuple(
      fc.nat(GRID.width - 1),
      fc.nat(GRID.height - 1),
      fc.integer({ min: 1, max: 150 }),
      fc.integer({ min: 1, max: 90 }),
    )
    .map(([column, row, width, height]) => ({
      ...{ column, row },
      width: Math.min(width, GRID.width - column),
      height: Math.min(height, GRID.height - row),
    })),
  { minLength: 1, maxLength: 4 },
);

describe('tiles of a file without TLM', () => {
  for (const [name, pixel] of Object.entries(IMAGES)) {
    let file: Buffer;
    let whole: Raster;
    let path: string;
    before(async () => {
      file = await imageOf(pixel);
      path = join(folder, `${name.replaceAll(' ', '-')}.jp2`);
      writeFileSync(path, file);
      whole = await openRaster(path);
    });

    it(`are found where the chain leads to: ${name}`, async () => {
      await fc.assert(
        fc.asyncProperty(anyWindows, async (windows) => {
          const partly = new Partly(path);
          const raster = await partly.reading(() => openRaster(partly.path));
          const looks = await sought(raster, partly, windows);
          for (const window of windows)
            assert.deepEqual(joined(raster.rangesOf(1, window)), joined(whole.rangesOf(1, window)));
          assert.ok(looks < 60, `${looks} looks`);
          // What is found lies beside the file for the next reader.
          await writePlaces(partly.path, raster.places!());
          const next = await openRaster(partly.path);
          for (const window of windows)
            assert.deepEqual(joined(next.rangesOf(1, window)), joined(whole.rangesOf(1, window)));
          for (const one of [raster, next]) await one.close();
        }),
        { numRuns: 20 },
      );
    });
  }

  for (const [name, mostLooks, mostBytes] of [
    ['one tile that is full', 410, 130],
    ['sizes of all kinds', 265, 255_000],
  ] as const)
    it(`are found each for itself with few looks: ${name}`, async () => {
      let [looks, bytes] = [0, 0];
      for (let tile = 0; tile < 108; tile++) {
        const partly = new Partly(join(folder, `${name.replaceAll(' ', '-')}.jp2`));
        const raster = await partly.reading(() => openRaster(partly.path));
        bytes -= bytesOf(partly.present);
        const [column, row] = [(tile % ACROSS) * SIDE, Math.floor(tile / ACROSS) * SIDE];
        looks += await sought(raster, partly, [{ column, row, width: 1, height: 1 }]);
        bytes += bytesOf(partly.present);
        await raster.close();
      }
      assert.ok(looks <= mostLooks && bytes <= mostBytes, `${looks} looks of ${bytes} bytes`);
    });

  it('are found behind one that is larger than many', async () => {
    const partly = new Partly(join(folder, 'one-tile-that-is-full.jp2'));
    const raster = await partly.reading(() => openRaster(partly.path));
    // Tiles 2, 14, 26, 36, 48 and 96: the full one, 43, is met from both sides.
    const windows = [
      { column: 64, row: 0, width: 1, height: 65 },
      { column: 0, row: 96, width: 1, height: 33 },
      { column: 0, row: 256, width: 1, height: 1 },
    ];
    const looks = await sought(raster, partly, windows);
    assert.ok(looks <= 36, `${looks} looks`);
    await raster.close();
  });

  it('take three looks and half a tile more where they are of one size', async () => {
    const path = join(folder, 'tiles-of-one-size.jp2');
    const whole = await openRaster(path);
    const partly = new Partly(path);
    const raster = await partly.reading(() => openRaster(partly.path));
    const window = { column: 4 * SIDE, row: 5 * SIDE, width: 4 * SIDE, height: 1 };
    const [tiles, before] = [joined(whole.rangesOf(1, window)), bytesOf(partly.present)];
    assert.ok((await sought(raster, partly, [window])) <= 4);
    await partly.put(raster.rangesOf(1, window));
    const more = bytesOf(partly.present) - before - bytesOf(tiles);
    assert.ok(more > 0 && more < (0.75 * bytesOf(tiles)) / 4, `${more} beside ${bytesOf(tiles)}`);
    await raster.close();
    await whole.close();
  });

  it('are found in what lies there when it was broken off before their places were written', async () => {
    const partly = new Partly(join(folder, 'sizes-of-all-kinds.jp2'));
    const window = { column: 4 * SIDE, row: 5 * SIDE, width: 4 * SIDE, height: SIDE + 1 };
    const fetched: number[] = [];
    for (let attempt = 0; attempt < 2; attempt++) {
      const raster = await partly.reading(() => openRaster(partly.path));
      await sought(raster, partly, [window]);
      await partly.put(raster.rangesOf(1, window));
      fetched.push(bytesOf(partly.present));
      await raster.close();
    }
    assert.equal(fetched[1], fetched[0]);
  });

  it('are not guessed where a tile has several tile-parts, or its number of them is not told', async () => {
    const several = writeCodestream(
      folder,
      'several.j2k',
      readFileSync(join(FIXTURES, 'rlcp-tile-parts.j2k')),
    );
    const untold = join(folder, 'untold.jp2');
    const file = await imageOf(IMAGES['tiles of one size']!);
    // TNsot of the first.
    file[file.indexOf(Buffer.from([0xff, 0x90, 0, 10])) + 11] = 0;
    writeFileSync(untold, file);
    for (const path of [several, untold]) {
      const partly = new Partly(path);
      const raster = await partly.reading(() => openRaster(partly.path));
      await partly.reading(() => raster.rangesOf(1, { column: 0, row: 0, width: 1, height: 1 }));
      assert.equal(raster.seek!([{ column: 0, row: 0, width: 1, height: 1 }]), undefined);
      await raster.close();
    }
  });

  for (const [what, spoil] of Object.entries({
    'are out of order': (file: Buffer, at: number, tile: number) => file.writeUInt16BE(tile ^ 1, at + 4),
    'have numbers there are none of': (file: Buffer, at: number, tile: number) =>
      file.writeUInt16BE(tile + 500, at + 4),
    'have second tile-parts': (file: Buffer, at: number) => file.writeUInt8(1, at + 10),
    'have several tile-parts': (file: Buffer, at: number) => file.writeUInt8(2, at + 11),
  }))
    it(`are given up where they ${what}`, async () => {
      const file = await imageOf(IMAGES['tiles of one size']!);
      const marks = starts(file);
      marks.slice(1).forEach((at, i) => spoil(file, at, i + 1));
      const path = join(folder, 'spoilt.jp2');
      writeFileSync(path, file);
      const partly = new Partly(path);
      const raster = await partly.reading(() => openRaster(partly.path));
      const window = { column: 100, row: 150, width: 40, height: 1 };
      await assert.rejects(sought(raster, partly, [window]), NotFetched);
      await raster.close();
    });

  it('are never taken for others because a mark lies where none can', async () => {
    const file = await imageOf(IMAGES['tiles of one size']!);
    const marks = starts(file);
    const path = join(folder, 'stray.jp2');
    const window = { column: (64 % ACROSS) * SIDE, row: Math.floor(64 / ACROSS) * SIDE, width: 1, height: 1 };
    let misled = 0;
    for (const share of [0.1, 0.3, 0.5, 0.7, 0.9]) {
      // Within tile 63, a SOT of tile 64 that leads nowhere.
      const spoilt = Buffer.from(file);
      const at = Math.floor(marks[63]! + share * (marks[64]! - marks[63]!));
      spoilt.set([0xff, 0x90, 0, 10, 0, 64, 0, 0, 1, 0, 0, 1], at);
      writeFileSync(path, spoilt);
      const partly = new Partly(path);
      const raster = await partly.reading(() => openRaster(partly.path));
      try {
        await sought(raster, partly, [window]);
        assert.deepEqual(raster.rangesOf(1, window), [{ from: marks[64], to: marks[65] }]);
      } catch (error) {
        assert.ok(error instanceof NotFetched, String(error));
        misled += 1;
      }
      await raster.close();
    }
    assert.ok(misled > 0);
  });
});

/** Where tile-parts begin. */
function starts(file: Buffer): number[] {
  const places: number[] = [];
  for (
    let at = file.indexOf(Buffer.from([0xff, 0x90, 0, 10]));
    at >= 0 && file[at] === 0xff && file[at + 1] === 0x90;
  ) {
    places.push(at);
    at += file.readUInt32BE(at + 6);
  }
  return places;
}

describe('what is known of tiles', () => {
  it('is not at odds with what else is known of them, nor with the end of the file', async () => {
    const path = join(folder, 'four.jp2');
    writeFileSync(path, await imageOf(() => 1));
    const source = new FileSource(path);
    const search = new TileSearch(source, { start: 100, end: 1000 }, [1, 1, 1, 1]);
    assert.equal(search.learn(0, 100, 100), true);
    assert.equal(search.learn(1, 201, 100), false, 'begins where the one before ends');
    assert.equal(search.learn(2, 150, 100), false, 'lies after those before it');
    for (const length of [197, 199, 201])
      assert.equal(search.learn(3, 800, length), false, 'ends with the file');
    assert.equal(search.learn(3, 800, 198), true, 'or before its EOC marker');
    assert.equal(search.learn(2, 700, 101), false, 'ends where the next one begins');
    assert.equal(search.placeOf(2), undefined);
    assert.equal(search.learn(2, 700, 100), true);
    assert.deepEqual(search.placeOf(2), { position: 700, length: 100 });
    source.close();
  });
});

describe('places of tiles that were found before', () => {
  let path: string;
  let whole: Raster;
  before(async () => {
    path = join(folder, 'known.jp2');
    writeFileSync(path, await imageOf(IMAGES['sizes of all kinds']!));
    whole = await openRaster(path);
  });
  const window = { column: 200, row: 200, width: 60, height: 40 };

  it('are as good as a list in the header, where they are of all tiles', async () => {
    const partly = new Partly(path);
    await writePlaces(partly.path, whole.places!());
    assert.equal(readPlaces(partly.path).length, 108);
    const raster = await partly.reading(() => openRaster(partly.path));
    assert.equal(raster.isListed, true);
    const { misses } = partly;
    assert.deepEqual(raster.rangesOf(1, window), whole.rangesOf(1, window));
    assert.equal(partly.misses, misses);
    await raster.close();
  });

  for (const [what, change] of Object.entries<(places: BlockPlace[]) => BlockPlace[]>({
    'do not fill the file': (places) =>
      places.slice(0, -1).map((one) => ({ ...one, position: one.position + 1 })),
    overlap: (places) => places.map((one) => ({ ...one, length: one.length + 1 })),
    'are of tiles that there are not': (places) => places.map((one) => ({ ...one, block: one.block + 200 })),
  }))
    it(`are left aside where they ${what}`, async () => {
      const partly = new Partly(path);
      await writePlaces(partly.path, change(whole.places!()));
      const raster = await partly.reading(() => openRaster(partly.path));
      assert.equal(raster.isListed, false);
      await raster.close();
    });

  it('are refused where a tile turns out to lie elsewhere', async () => {
    const partly = new Partly(path);
    const places = whole.places!().map((one) => ({ ...one }));
    [places[80]!.block, places[81]!.block] = [places[81]!.block, places[80]!.block];
    await writePlaces(partly.path, places);
    const raster = await partly.reading(() => openRaster(partly.path));
    const ranges = raster.rangesOf(1, window);
    await partly.put(ranges);
    assert.throws(() => raster.rangesOf(1, window), /by what was found before/);
    await raster.close();
  });

  it('can not be read, and are none, where something else is written', () => {
    for (const text of ['', '{', '[1,2]', '[1,2,"3"]', '[0,-1,2]', '{"a":1}']) {
      writeFileSync(join(folder, 'odd.places'), text);
      assert.deepEqual(readPlaces(join(folder, 'odd')), []);
    }
  });

  it('are not asked for where TLM tells them', async () => {
    const listed = join(folder, 'listed.jp2');
    writeFileSync(listed, withTileLengths(readFileSync(path)));
    const partly = new Partly(listed);
    const raster = await partly.reading(() => openRaster(partly.path));
    assert.equal(raster.seek!([window]), undefined);
    await raster.close();
  });
});
