/** Chips end to end: a scene's own pixels, of which no more is fetched than the tiles under the square. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { openRaster } from '../../../rasters/index.js';
import { skipWithoutServer } from '../../database/database.js';
import { GRID } from '../../database/season.js';
import { gdalPixels, hasGdal, readAll } from '../../rasters/jpeg2000.peers.js';
import { temporaryFolder } from '../../temporary-folder.js';
import { BS, C6, type ChipSeason, KEYS, pixelOf, realOf, S2, serveChips } from './chip-scenes.js';

type Answer = Readonly<{ dates?: string[]; chips?: string[]; error?: string }>;

const MARCH = { start_date: '2024-03-01', end_date: '2024-03-31' };
const folder = temporaryFolder('chips');

describe("CbM's routes of raw chips", { skip: skipWithoutServer }, () => {
  let season: ChipSeason;
  before(async () => {
    season = await serveChips(folder);
    // Others of the season have no products.
    await season.database.pool.query('DELETE FROM dias_catalogue WHERE id IN (2, 3, 7)');
  });
  after(async () => {
    await season.app.close();
    await season.chips.close();
    await season.end();
  });

  /** The place of a corner of pixels. */
  async function placeAt(column: number, row: number): Promise<{ lon: string; lat: string }> {
    const { originX, originY, epsg } = GRID;
    const { rows } = await season.database.pool.query<{ lon: string; lat: string }>(
      `SELECT ST_X(p)::text AS lon, ST_Y(p)::text AS lat
       FROM (SELECT ST_Transform(ST_SetSRID(ST_MakePoint($1, $2), $3), 4326) AS p) AS point`,
      [originX + 10 * column, originY - 10 * row, epsg],
    );
    return rows[0]!;
  }

  async function ask(path: string, query: Record<string, string>): Promise<Answer> {
    return (await season.app.inject({ url: `/query/${path}`, query })).json();
  }

  let files = 0;
  /** Fetches a chip and opens it as anybody would. */
  async function open(path: string) {
    const answer = await season.app.inject(path);
    assert.equal(answer.statusCode, 200, answer.body);
    assert.equal(answer.headers['content-type'], 'image/tiff');
    const file = join(folder, `${(files += 1)}.tif`);
    await writeFile(file, answer.rawPayload);
    return await openRaster(file);
  }

  async function pixelsOf(path: string) {
    const raster = await open(path);
    const pixels = await readAll(raster);
    await raster.close();
    return { grid: raster.grid, noData: raster.noData, pixels };
  }

  const asExpected = (
    pixel: (row: number, column: number) => number,
    column: number,
    row: number,
    side: number,
  ) => Array.from({ length: side * side }, (_, i) => pixel(row + Math.floor(i / side), column + (i % side)));

  const kinds = [
    {
      plevel: 'LEVEL2A',
      band: 'B4',
      file: 'B04',
      product: S2.replace('.SAFE', ''),
      pixel: pixelOf.B04,
      date: '20240302T105619',
    },
    { plevel: 'CARD-BS', band: 'VV', file: 'VV', product: BS, pixel: realOf, date: '20240302T172431' },
    {
      ...{ plevel: 'CARD-COH6', band: 'VH', file: 'VH', product: C6, date: '20240306T055824' },
      pixel: (row: number, column: number) => realOf(row, column) / 2,
    },
  ];
  for (const { plevel, band, file, product, pixel, date } of kinds)
    it(`cut the scene's own pixels, across the edges of its tiles: ${plevel}`, async () => {
      const place = await placeAt(260, 500);
      const answer = await ask('rawChipByLocation', { ...place, ...MARCH, band, plevel, chipsize: '640' });
      assert.deepEqual(answer.dates, [date]);
      assert.equal(answer.chips?.length, 1);
      assert.match(
        answer.chips[0]!,
        new RegExp(`^/static/tmp/E\\d+N\\d+_[0-9a-f]{32}/${product}\\.${file}\\.tif$`),
      );
      const { grid, pixels, noData } = await pixelsOf(answer.chips[0]!);
      assert.deepEqual(grid, {
        ...GRID,
        width: 64,
        height: 64,
        originX: GRID.originX + 2280,
        originY: GRID.originY - 4680,
      });
      assert.equal(noData, 0);
      assert.deepEqual([...pixels], asExpected(pixel, 228, 468, 64));
    });

  it('fetch the tiles under the square alone, and nothing again', async () => {
    const near = { ...MARCH, band: 'B08', chipsize: '640' };
    season.fetched.length = 0;
    const first = await ask('rawChipByLocation', { ...(await placeAt(128, 128)), ...near });
    const one = season.fetched.reduce((sum, bytes) => sum + bytes, 0);
    const object = (await stat(join(season.bucket, KEYS.B08))).size;
    // One tile of sixteen, the header and a look or two at where the tile begins.
    assert.ok(one > object / 17 && one < object / 6, `${one} of ${object} bytes`);
    season.fetched.length = 0;
    // Its name is another one, and the pixels are the same.
    const second = await ask('rawChipByLocation', { ...(await placeAt(128, 128)), ...near });
    const beside = await ask('rawChipByLocation', { ...(await placeAt(140, 120)), ...near });
    assert.deepEqual(season.fetched, []);
    assert.notEqual(second.chips![0], first.chips![0]);
    assert.deepEqual(await pixelsOf(second.chips![0]!), await pixelsOf(first.chips![0]!));
    assert.deepEqual((await pixelsOf(beside.chips![0]!)).pixels[0], pixelOf.B08(88, 108));
  });

  it('have no data beyond the edge of a scene, and are none where it has no pixel', async () => {
    const edge = { ...MARCH, band: 'B04', chipsize: '400' };
    const { chips } = await ask('rawChipByLocation', { ...(await placeAt(4, 990)), ...edge });
    const { pixels, grid } = await pixelsOf(chips![0]!);
    assert.equal(grid.originX, GRID.originX - 160);
    const inside = (row: number, column: number): number =>
      column < 0 || row >= GRID.height ? 0 : pixelOf.B04(row, column);
    assert.deepEqual([...pixels], asExpected(inside, -16, 970, 40));
    // Its footprint may be drawn larger than it is.
    await season.database.pool.query(
      `UPDATE dias_catalogue SET footprint = ST_Expand(footprint, 0.1) WHERE id = 1`,
    );
    const outside = await ask('rawChipByLocation', { ...(await placeAt(-200, 500)), ...edge });
    assert.deepEqual(outside, { dates: [], chips: [] });
  });

  it('are of the middle of a parcel where its id is given, in whatever zone the scene lies', async () => {
    const query = { aoi: 'ms', year: '2024', pid: 'P1', ...MARCH, band: 'B04', chipsize: '100' };
    const { chips } = await ask('rawChipByParcelID', query);
    // Parcel 1 begins 200 m from the left and ends 300 m above the lower edge.
    assert.deepEqual([...(await pixelsOf(chips![0]!)).pixels], asExpected(pixelOf.B04, 20, 970, 10));
    assert.deepEqual(await ask('rawChipByParcelID', { ...query, pid: 'nobody' }), { dates: [], chips: [] });
  });

  it('list products alone where that is asked for', async () => {
    const query = { ...(await placeAt(500, 500)), ...MARCH, band: 'B04', onlylist: 'True' };
    assert.deepEqual(await ask('rawChipByLocation', query), { chips: [S2.replace('.SAFE', '')] });
    const before = { ...query, start_date: '2024-02-01', end_date: '2024-03-01' };
    assert.deepEqual(await ask('rawChipByLocation', before), { chips: [] });
    const last = { ...query, start_date: '2024-02-01', end_date: '2024-03-02' };
    assert.equal((await ask('rawChipByLocation', last)).chips?.length, 1);
  });

  it('answer nothing where the question makes no sense', async () => {
    const good = { ...(await placeAt(500, 500)), ...MARCH, band: 'B04', chipsize: '640' };
    for (const wrong of [
      ...['0', '-640', '1e9', '10241', 'Infinity', 'NaN', 'x'].map((chipsize) => ({ chipsize })),
      ...[{ lon: '181' }, { lat: '90' }, { lat: '' }, { lon: "1'; DROP TABLE parcels" }],
      ...[{ band: 'B99' }, { band: '' }, { band: '../B04' }, { plevel: 'LEVEL1C' }, { plevel: '__proto__' }],
      ...[{ start_date: '2024-02-30x' }, { end_date: '' }, { start_date: '2024-13-01' }],
    ])
      assert.deepEqual(await ask('rawChipByLocation', { ...good, ...wrong }), {}, JSON.stringify(wrong));
  });

  it('are made of products that are named, and of days of radar', async () => {
    const post = async (path: string, body: object): Promise<Answer> =>
      (await season.app.inject({ method: 'POST', url: `/query/${path}`, payload: body })).json();
    const place = await placeAt(500, 500);
    const products = { ...place, tiles: [S2, 'S2A_NOSUCH'], bands: ['B04', 'B08'], chipsize: 320 };
    const { dates, chips } = await post('rawChipsBatch', products);
    assert.deepEqual(dates, ['20240302T105619', '20240302T105619']);
    assert.deepEqual([...(await pixelsOf(chips![1]!)).pixels], asExpected(pixelOf.B08, 484, 484, 32));
    const days = { ...place, dates: ['20240306', '2024-03-05'], chipsize: 320, plevel: 'CARD-COH6' };
    assert.deepEqual(
      (await post('rawS1ChipsBatch', days)).chips?.map((path) => path.slice(path.lastIndexOf('/') + 1)),
      [`${C6}.VV.tif`, `${C6}.VH.tif`],
    );
    assert.match((await post('rawChipsBatch', { ...products, more: 1 })).error!, /exactly the keys/);
    assert.match((await post('rawChipsBatch', [])).error!, /exactly the keys/);
    assert.deepEqual(await post('rawChipsBatch', { ...products, bands: 'B04' }), {});
    assert.deepEqual(await post('rawChipsBatch', { ...products, tiles: Array<string>(19).fill(S2) }), {});
  });

  it('say so where the product is gone, and leave it out beside others', async () => {
    const path = join(season.bucket, KEYS.B08);
    await rename(path, `${path}.away`);
    await season.app.close();
    await season.chips.close();
    season = { ...season, ...(await season.again()) };
    try {
      const place = await placeAt(700, 200);
      const alone = await season.app.inject({
        url: '/query/rawChipByLocation',
        query: { ...place, ...MARCH, band: 'B08' },
      });
      assert.equal(alone.statusCode, 404);
      assert.match(
        alone.json<Answer>().error!,
        /^B08 of S2A_\S+ can't be read: .* not in the store any more\.$/,
      );
      const payload = { ...place, tiles: [S2], bands: ['B08', 'B04'], chipsize: 320 };
      const both = await season.app.inject({ method: 'POST', url: '/query/rawChipsBatch', payload });
      assert.equal(both.headers['x-chips-missing'], '1');
      assert.equal(both.json<Answer>().chips?.length, 1);
    } finally {
      await rename(`${path}.away`, path);
    }
  });

  it('are files that are there for those who were told their names', async () => {
    const place = await placeAt(500, 500);
    const { chips } = await ask('rawChipByLocation', { ...place, ...MARCH, band: 'B04' });
    const app = season.app;
    const [folderName, file] = chips![0]!.split('/').slice(-2);
    for (const path of [
      `/static/tmp/${folderName}/${file!.replace('B04', 'B08')}`,
      `/static/tmp/${folderName!.replace(/_[0-9a-f]{32}$/, `_${'0'.repeat(32)}`)}/${file}`,
      `/static/tmp/..%2f..%2fetc/passwd`,
    ])
      assert.equal((await app.inject(path)).statusCode, 404, path);
  });

  it('are opened by GDAL at the same place', { skip: !hasGdal() && 'GDAL is not installed' }, async () => {
    const place = await placeAt(260, 500);
    for (const [plevel, band, type] of [
      ['LEVEL2A', 'B04', 'UInt16'],
      ['CARD-BS', 'VV', 'Float32'],
    ] as const) {
      const query = { ...place, ...MARCH, band, plevel, chipsize: '640' };
      const { chips } = await ask('rawChipByLocation', query);
      const raster = await open(chips![0]!);
      const pixels = await readAll(raster);
      await raster.close();
      assert.deepEqual(gdalPixels(folder, raster.path), Buffer.from(pixels.buffer));
      const told = execFileSync('gdalinfo', [raster.path], { encoding: 'utf8' });
      assert.match(told, new RegExp(`Type=${type}`));
      assert.match(told, /Origin = \(502280\.0+,5645320\.0+\)/);
      assert.match(told, /ID\["EPSG",32631\]\]\n|AUTHORITY\["EPSG","32631"\]/);
      assert.match(told, /NoData Value=0/);
    }
  });
});
