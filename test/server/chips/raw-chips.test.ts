/** Chips end to end: a scene's own pixels, of which no more is fetched than the tiles under the square. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { skipWithoutServer } from '../../database/database.js';
import { GRID } from '../../database/season.js';
import { hasGdal } from '../../rasters/jpeg2000.peers.js';
import { temporaryFolder } from '../../temporary-folder.js';
import { type Answer, ask as askOf, fetchChip, MARCH, type ReadChip, readChip, square } from './ask.js';
import {
  addScenes,
  BS,
  C6,
  type ChipSeason,
  KEYS,
  moreOf,
  pixelOf,
  realOf,
  S2,
  serveChips,
} from './chip-scenes.js';

const NO_GDAL = !hasGdal() && 'GDAL is not installed';

const folder = temporaryFolder('chips');

describe("CbM's routes of raw chips", { skip: skipWithoutServer }, () => {
  let season: ChipSeason;
  before(async () => {
    season = await serveChips(folder);
    await addScenes(season, 25);
  });
  after(() => season.close());

  const ask = (path: string, query: Record<string, string>): Promise<Answer> =>
    askOf(season.app, path, query);
  const pixelsOf = (path: string): Promise<ReadChip> => readChip(season.app, path, folder);

  const kinds = [
    {
      ...{ plevel: 'LEVEL2A', band: 'B4', file: 'B04', product: S2.replace('.SAFE', ''), type: 'UInt16' },
      ...{ date: '20240302T105619', pixel: pixelOf.B04, key: KEYS.B04, bandOf: '1' },
    },
    {
      ...{ plevel: 'CARD-BS', band: 'VV', file: 'VV', product: BS, type: 'Float32' },
      ...{ date: '20240302T172431', pixel: realOf, key: `${KEYS.BS}.img`, bandOf: '1' },
    },
    {
      ...{ plevel: 'CARD-COH6', band: 'VH', file: 'VH', product: C6, type: 'Float32' },
      ...{ date: '20240306T055824', key: KEYS.C6, bandOf: '2' },
      pixel: (row: number, column: number) => realOf(row, column) / 2,
    },
  ];
  for (const { plevel, band, file, product, pixel, date, key, bandOf, type } of kinds) {
    it(`cut the scene's own pixels, across the edges of its tiles: ${plevel}`, async () => {
      const place = await season.placeAt(260, 500);
      const answer = await ask('rawChipByLocation', { ...place, ...MARCH, band, plevel, chipsize: '640' });
      assert.deepEqual(answer.dates, [date]);
      assert.equal(answer.chips?.length, 1);
      assert.match(
        answer.chips[0]!,
        new RegExp(`^/static/tmp/E\\d+N\\d+_[0-9a-f]{32}/${product}\\.${file}\\.tif$`),
      );
      const { grid, pixels, noData } = await pixelsOf(answer.chips[0]!);
      assert.deepEqual(grid, {
        ...{ ...GRID, width: 64, height: 64 },
        ...{ originX: GRID.originX + 2280, originY: GRID.originY - 4680 },
      });
      assert.equal(noData, 0);
      assert.deepEqual([...pixels], square(pixel, 228, 468, 64));
    });

    it(`are to GDAL what the scene is, at the same place: ${plevel}`, { skip: NO_GDAL }, async () => {
      const place = await season.placeAt(511, 260);
      const answer = await ask('rawChipByLocation', { ...place, ...MARCH, band, plevel });
      const chip = await fetchChip(season.app, answer.chips![0]!, folder);
      const told = execFileSync('gdalinfo', [chip], { encoding: 'utf8' });
      assert.match(told, new RegExp(`Size is 128, 128[^]*Type=${type}`));
      assert.match(told, /ID\["EPSG",32631\]\]\n|AUTHORITY\["EPSG","32631"\]/);
      assert.match(told, /NoData Value=0/);
      const source = join(season.bucket, key);
      const box = /Upper Left +\( *([\d.]+), *([\d.]+)\)[^]*Lower Right +\( *([\d.]+), *([\d.]+)\)/.exec(
        told,
      )!;
      assert.deepEqual(gdalPixels(chip, []), gdalPixels(source, ['-b', bandOf, '-projwin', ...box.slice(1)]));
      // The middles of pixels near the corners, and one within.
      const points = [
        [504_475, 5_648_035],
        [505_735, 5_646_775],
        [505_105, 5_647_405],
      ];
      const at = (path: string, ...more: string[]): string =>
        execFileSync('gdallocationinfo', ['-valonly', '-geoloc', ...more, path], {
          input: points.map((point) => point.join(' ')).join('\n'),
          encoding: 'utf8',
        });
      assert.equal(at(chip), at(source, '-b', bandOf));
      assert.equal(at(chip).trim().split('\n').length, points.length);
    });
  }

  it('fetch the tiles under the square alone, and nothing again', async () => {
    const near = { ...MARCH, band: 'B08', chipsize: '640' };
    season.fetched.length = 0;
    const first = await ask('rawChipByLocation', { ...(await season.placeAt(128, 128)), ...near });
    const one = season.fetched.reduce((sum, bytes) => sum + bytes, 0);
    const object = (await stat(join(season.bucket, KEYS.B08))).size;
    // One tile of sixteen, the header and a look or two at where the tile begins.
    assert.ok(one > object / 17 && one < object / 6, `${one} of ${object} bytes`);
    season.fetched.length = 0;
    // Its name is another one, and the pixels are the same.
    const second = await ask('rawChipByLocation', { ...(await season.placeAt(128, 128)), ...near });
    const beside = await ask('rawChipByLocation', { ...(await season.placeAt(140, 120)), ...near });
    assert.deepEqual(season.fetched, []);
    assert.notEqual(second.chips![0], first.chips![0]);
    assert.deepEqual(await pixelsOf(second.chips![0]!), await pixelsOf(first.chips![0]!));
    assert.deepEqual((await pixelsOf(beside.chips![0]!)).pixels[0], pixelOf.B08(88, 108));
  });

  it('have no data beyond the edge of a scene, and are none where it has no pixel', async () => {
    const edge = { ...MARCH, band: 'B04', chipsize: '400' };
    const { chips } = await ask('rawChipByLocation', { ...(await season.placeAt(4, 990)), ...edge });
    const { pixels, grid } = await pixelsOf(chips![0]!);
    assert.equal(grid.originX, GRID.originX - 160);
    const inside = (row: number, column: number): number =>
      column < 0 || row >= GRID.height ? 0 : pixelOf.B04(row, column);
    assert.deepEqual([...pixels], square(inside, -16, 970, 40));
    // Its footprint may be drawn larger than it is.
    await season.database.pool.query(
      `UPDATE dias_catalogue SET footprint = ST_Expand(footprint, 0.1) WHERE id = 1`,
    );
    const outside = await ask('rawChipByLocation', { ...(await season.placeAt(-200, 500)), ...edge });
    assert.deepEqual(outside, { dates: [], chips: [] });
  });

  it('are of the middle of a parcel where its id is given, in whatever zone the scene lies', async () => {
    const query = { aoi: 'ms', year: '2024', pid: 'P1', ...MARCH, band: 'B04', chipsize: '100' };
    const { chips } = await ask('rawChipByParcelID', query);
    // Parcel 1 begins 200 m from the left and ends 300 m above the lower edge.
    assert.deepEqual([...(await pixelsOf(chips![0]!)).pixels], square(pixelOf.B04, 20, 970, 10));
    assert.deepEqual(await ask('rawChipByParcelID', { ...query, pid: 'nobody' }), { dates: [], chips: [] });
  });

  it('list products alone where that is asked for', async () => {
    const query = { ...(await season.placeAt(500, 500)), ...MARCH, band: 'B04', onlylist: 'True' };
    assert.deepEqual(await ask('rawChipByLocation', query), { chips: [S2] });
    const before = { ...query, start_date: '2024-02-01', end_date: '2024-03-01' };
    assert.deepEqual(await ask('rawChipByLocation', before), { chips: [] });
    const last = { ...query, start_date: '2024-02-01', end_date: '2024-03-02' };
    assert.equal((await ask('rawChipByLocation', last)).chips?.length, 1);
  });

  it('are of twenty-four scenes at most, in the order of their days', async () => {
    const query = { ...(await season.placeAt(700, 700)), band: 'B04', chipsize: '100' };
    const until = (day: string) => ({ ...query, start_date: '2024-04-01', end_date: `2024-04-${day}` });
    const { dates, chips } = await ask('rawChipByLocation', until('24'));
    assert.deepEqual(
      dates,
      Array.from({ length: 24 }, (_, i) => `202404${String(i + 1).padStart(2, '0')}T105619`),
    );
    assert.equal(chips?.length, 24);
    assert.ok(chips[23]!.endsWith(`/${moreOf(24).replace('.SAFE', '')}.B04.tif`));
    assert.deepEqual(await ask('rawChipByLocation', until('25')), {});
    assert.equal((await ask('rawChipByLocation', { ...until('25'), onlylist: '1' })).chips?.length, 25);
  });

  it('show the middle of what is larger than chips can be', async () => {
    const query = { ...(await season.placeAt(500, 500)), ...MARCH, band: 'B04' };
    for (const [chipsize, side] of [
      ['5120', 512],
      ['5121', 512],
      ['1e9', 512],
      ['', 128],
      ['1', 1],
    ] as const) {
      const { chips } = await ask('rawChipByLocation', { ...query, chipsize });
      const { grid } = await pixelsOf(chips![0]!);
      assert.deepEqual([grid.width, grid.height], [side, side], chipsize);
      assert.equal(grid.originX, GRID.originX + 10 * Math.round(500 - side / 2));
    }
  });

  it('answer nothing where the question makes no sense', async () => {
    const good = { ...(await season.placeAt(500, 500)), ...MARCH, band: 'B04', chipsize: '640' };
    for (const wrong of [
      ...['0', '-640', 'Infinity', 'NaN', 'x'].map((chipsize) => ({ chipsize })),
      ...[{ lon: '181' }, { lat: '90' }, { lat: '' }, { lon: "1'; DROP TABLE parcels" }],
      ...[{ band: 'B99' }, { band: '' }, { band: '../B04' }, { plevel: 'LEVEL1C' }, { plevel: '__proto__' }],
      ...[{ start_date: '2024-02-30x' }, { end_date: '' }, { start_date: '2024-13-01' }],
    ])
      assert.deepEqual(await ask('rawChipByLocation', { ...good, ...wrong }), {}, JSON.stringify(wrong));
  });
});

/** Rows of the pixels that GDAL reads. */
function gdalPixels(path: string, options: readonly string[]): Buffer {
  const raw = join(folder, 'gdal.img');
  execFileSync('gdal_translate', ['-q', '-of', 'ENVI', ...options, path, raw]);
  return readFileSync(raw);
}
