/** Pages of pictures, one a scene: which there are, and which colours. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Chip } from '../../../server/chips/chip.js';
import { drawPicture } from '../../../server/chips/picture.js';
import { skipWithoutServer } from '../../database/database.js';
import { GRID } from '../../database/season.js';
import { hasGdal } from '../../rasters/jpeg2000.peers.js';
import { temporaryFolder } from '../../temporary-folder.js';
import { MARCH } from './ask.js';
import { addScenes, type ChipSeason, pixelOf, serveChips } from './chip-scenes.js';
import { gdalPng, pngPixels } from './png-pixels.js';

const folder = temporaryFolder('chip-pages');

interface Page {
  readonly html: string;
  /** Paths of pictures, by the date below each. */
  readonly pictures: ReadonlyMap<string, string>;
}

describe("CbM's pages of chips", { skip: skipWithoutServer }, () => {
  let season: ChipSeason;
  before(async () => {
    season = await serveChips(folder);
    await addScenes(season, 2);
  });
  after(() => season.close());

  async function pageOf(path: string, query: Record<string, string>): Promise<Page> {
    const answer = await season.app.inject({ url: `/query/${path}`, query });
    assert.equal(answer.statusCode, 200, answer.body);
    assert.equal(answer.headers['content-type'], 'text/html; charset=utf-8', answer.body);
    const found = answer.body.matchAll(/src="([^"]+)"><figcaption title="[^"]+">(\w+)</g);
    return { html: answer.body, pictures: new Map([...found].map(([, src, date]) => [date!, src!])) };
  }

  async function pixelsAt(path: string) {
    const answer = await season.app.inject(path);
    assert.equal(answer.headers['content-type'], 'image/png');
    return pngPixels(answer.rawPayload);
  }

  it('show a picture a scene in its order, of three bands or one', async () => {
    const place = await season.placeAt(400, 400);
    const spring = { start_date: '2024-03-01', end_date: '2024-04-30', chipsize: '320' };
    const { pictures } = await pageOf('chipsByLocation', { ...place, ...spring, bands: 'B08_B04_B04' });
    assert.deepEqual([...pictures.keys()], ['20240302T105619', '20240401T105619', '20240402T105619']);
    const { width, height, at } = await pixelsAt(pictures.get('20240401T105619')!);
    assert.deepEqual([width, height], [32, 32]);
    const [red, green, blue, opacity] = at(0, 0);
    assert.equal(green, blue);
    assert.ok(red !== undefined && opacity === 255);
    const grey = await pageOf('chipsByLocation', { ...place, ...spring, band: 'B04' });
    const shades = (await pixelsAt(grey.pictures.get('20240401T105619')!)).at(5, 7);
    assert.equal(new Set(shades.slice(0, 3)).size, 1);
  });

  it('stretch between percentiles, or between numbers of each band', async () => {
    const query = { ...(await season.placeAt(400, 400)), ...MARCH, chipsize: '320' };
    const { pictures } = await pageOf('chipsByLocation', { ...query, bands: 'B04', lut: '0_32767.5' });
    const { at } = await pixelsAt([...pictures.values()][0]!);
    // Products of this baseline have an offset of a thousand, which is taken off.
    const shade = (row: number, column: number): number =>
      Math.max(0, Math.min(255, Math.round(((pixelOf.B04(row, column) - 1000) / 32767.5) * 255)));
    for (const [y, x] of [
      [0, 0],
      [3, 17],
      [31, 31],
    ] as const)
      assert.deepEqual(at(y, x), [...Array<number>(3).fill(shade(384 + y, 384 + x)), 255]);
    const three = await pageOf('chipsByLocation', {
      ...query,
      lut: '0_1_0_40000_50000_60000',
      bands: 'B04_B08_B04',
    });
    const colours = (await pixelsAt([...three.pictures.values()][0]!)).at(2, 2);
    assert.deepEqual([colours[0], colours[2]], [255, 0]);
    const usual = await pageOf('chipsByLocation', { ...query, bands: 'B04' });
    const all = await pixelsAt([...usual.pictures.values()][0]!);
    const count = (wanted: number): number =>
      Array.from({ length: 1024 }, (_, i) => all.at(Math.floor(i / 32), i % 32)[0]).filter(
        (one) => one === wanted,
      ).length;
    // A twentieth of the pixels is darkest, another one brightest, and the next ones are nearly so.
    for (const end of [0, 255]) assert.ok(count(end) >= 50 && count(end) < 62, `${end}: ${count(end)}`);
  });

  it('show vegetation by its index, without the offset', async () => {
    const query = { ...(await season.placeAt(400, 400)), ...MARCH, chipsize: '320', bands: 'ndvi' };
    const { pictures } = await pageOf('chipsByLocation', query);
    const { at } = await pixelsAt([...pictures.values()][0]!);
    let greenest = [-1, 0, 0];
    for (let i = 0; i < 1024; i++) {
      const [row, column] = [Math.floor(i / 32), i % 32];
      const [a, b] = [
        pixelOf.B08(384 + row, 384 + column) - 1000,
        pixelOf.B04(384 + row, 384 + column) - 1000,
      ];
      const index = (a - b) / (a + b);
      if (a > 0 && b > 0 && index > greenest[0]!) greenest = [index, row, column];
    }
    const [red, green] = at(greenest[1]!, greenest[2]!);
    assert.ok(
      greenest[0]! > 0.9 && red! < 60 && green! < 140 && green! > red!,
      `${greenest.join(' ')}: ${red}, ${green}`,
    );
  });

  it('are of a parcel where its id is given', async () => {
    const parcel = { aoi: 'ms', year: '2024', pid: 'P1', ...MARCH, band: 'B04', chipsize: '100' };
    const { pictures } = await pageOf('chipsByParcelID', parcel);
    const { width } = await pixelsAt([...pictures.values()][0]!);
    assert.deepEqual([pictures.size, width], [1, 10]);
    const nobody = await pageOf('chipsByParcelID', { ...parcel, pid: '<b>"' });
    assert.match(nobody.html, /There are no scenes/);
    assert.ok(!nobody.html.includes('<b>'));
  });

  it('answer nothing where the question makes no sense', async () => {
    const good = { ...(await season.placeAt(400, 400)), ...MARCH, chipsize: '320', bands: 'B04' };
    for (const wrong of [
      ...['95_5', '5', '5_95_1', '5_95_5_95', 'x_y', '_', '5_5', '0_NaN'].map((lut) => ({ lut })),
      ...['B04_B08', 'B04_B04_B04_B04', '', '<script>'].map((bands) => ({ bands })),
      ...[{ chipsize: '0' }, { lon: 'x' }, { plevel: 'LEVEL1C' }, { start_date: '' }],
    ]) {
      const answer = await season.app.inject({ url: '/query/chipsByLocation', query: { ...good, ...wrong } });
      assert.deepEqual(answer.json(), {}, JSON.stringify(wrong));
    }
  });

  it('are pictures that GDAL reads alike', { skip: !hasGdal() && 'GDAL is not installed' }, async () => {
    const query = { ...(await season.placeAt(2, 2)), ...MARCH, chipsize: '320', bands: 'B08_B04_B04' };
    const { pictures } = await pageOf('chipsByLocation', query);
    const { rawPayload } = await season.app.inject([...pictures.values()][0]!);
    const path = join(folder, 'picture.png');
    await writeFile(path, rawPayload);
    const { width, height, at } = pngPixels(rawPayload);
    const told = gdalPng(path, folder);
    for (let band = 0; band < 4; band++)
      for (let i = 0; i < width * height; i++)
        assert.equal(told[band * width * height + i], at(Math.floor(i / width), i % width)[band]);
    // Beyond the corner of the scene there is nothing.
    assert.deepEqual([at(0, 0)[3], at(31, 31)[3]], [0, 255]);
  });
});

describe('A picture', () => {
  const chipOf = (pixels: number[], side: number): Chip => ({
    ...{ grid: { ...GRID, width: side, height: side }, pixelType: 'uint16', noData: 9 },
    pixels: Uint16Array.from(pixels),
  });
  const draw = (chips: Chip[], numbers: (readonly [number, number])[]) =>
    pngPixels(
      drawPicture({ chips, drawing: { as: 'colours', stretch: { numbers }, offsets: chips.map(() => 0) } }),
    );

  it('has the size of the finest band, of the others pixels are repeated', () => {
    const { width, at } = draw(
      [chipOf([10, 20, 30, 40], 2), chipOf([5], 1), chipOf([10, 20, 30, 40], 2)],
      [
        [10, 40],
        [0, 10],
        [40, 70],
      ],
    );
    assert.equal(width, 2);
    assert.deepEqual(at(0, 0), [0, 128, 0, 255]);
    assert.deepEqual(at(1, 0), [170, 128, 0, 255]);
    assert.deepEqual(at(1, 1), [255, 128, 0, 255]);
  });

  it('is clear where a band has no data', () => {
    const { at } = draw([chipOf([1, 9, 0, 4], 2)], [[1, 4]]);
    assert.deepEqual(
      [at(0, 0), at(1, 1)],
      [
        [0, 0, 0, 255],
        [255, 255, 255, 255],
      ],
    );
    assert.deepEqual([at(0, 1)[3], at(1, 0)[3]], [0, 0]);
  });
});
