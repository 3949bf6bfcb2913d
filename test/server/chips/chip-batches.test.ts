/** Chips of several bands at once: of products that are named, and of radar between two days. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { skipWithoutServer } from '../../database/database.js';
import { temporaryFolder } from '../../temporary-folder.js';
import { type Answer, post as postTo, readChip, square } from './ask.js';
import {
  addScenes,
  BS,
  C6,
  type ChipSeason,
  moreOf,
  pixelOf,
  realOf,
  S2,
  serveChips,
} from './chip-scenes.js';

const folder = temporaryFolder('chip-batches');

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

describe("CbM's routes of batches of chips", { skip: skipWithoutServer }, () => {
  let season: ChipSeason;
  let place: { readonly lon: number; readonly lat: number };
  before(async () => {
    season = await serveChips(folder);
    await addScenes(season, 2);
    const { lon, lat } = await season.placeAt(500, 500);
    place = { lon: Number(lon), lat: Number(lat) };
  });
  after(() => season.close());

  const post = (path: string, body: object): Promise<Answer> => postTo(season.app, path, body);

  it('give every band of every product that is there, by date and band', async () => {
    const [product, later] = [S2, moreOf(2)].map((name) => name.replace('.SAFE', ''));
    const tiles = [later, S2, product, 'S2A_NOSUCH', BS];
    const body = { ...place, tiles, bands: ['B08', 'B04', 'B4'], chipsize: 320 };
    const { dates, chips } = await post('rawChipsBatch', body);
    assert.deepEqual(dates, [
      '20240302T105619_B04',
      '20240302T105619_B08',
      '20240402T105619_B04',
      '20240402T105619_B08',
    ]);
    assert.deepEqual(chips?.map(nameOf), [
      `${product}.B04.tif`,
      `${product}.B08.tif`,
      `${later}.B04.tif`,
      `${later}.B08.tif`,
    ]);
    // Clients find one band by the name of the other.
    assert.equal(chips[1], chips[0]!.replace('B04.tif', 'B08.tif'));
    const { pixels } = await readChip(season.app, chips[1], folder);
    assert.deepEqual([...pixels], square(pixelOf.B08, 484, 484, 32));
  });

  it('give both polarisations of radar from the first day to the last', async () => {
    const body = { ...place, dates: ['2024-03-02', '2024-03-06'], chipsize: 320, plevel: 'CARD-BS' };
    const { dates, chips } = await post('rawS1ChipsBatch', body);
    assert.deepEqual(dates, ['20240302T172431_VH', '20240302T172431_VV']);
    assert.deepEqual(chips?.map(nameOf), [`${BS}_VH.tif`, `${BS}_VV.tif`]);
    const { pixels } = await readChip(season.app, chips[1]!, folder);
    assert.deepEqual([...pixels], square(realOf, 484, 484, 32));
    const coherence = { ...body, plevel: 'CARD-COH6' };
    assert.deepEqual((await post('rawS1ChipsBatch', coherence)).chips?.map(nameOf), [
      `${C6}_VH.tif`,
      `${C6}_VV.tif`,
    ]);
    for (const [dates, count] of [
      [['2024-03-06'], 2],
      [['2024-03-05'], 0],
      [['2024-03-05', '2024-03-31'], 2],
      [['2024-03-07', '2024-03-31'], 0],
      [['2024-03-31', '2024-03-01'], 0],
    ] as const)
      assert.equal(
        (await post('rawS1ChipsBatch', { ...coherence, dates })).chips?.length,
        count,
        dates.join(),
      );
  });

  it('say which keys are wanted, and answer nothing to what makes no sense', async () => {
    const good = { ...place, tiles: [S2], bands: ['B04'], chipsize: 320 };
    assert.equal((await post('rawChipsBatch', good)).chips?.length, 1);
    const { chipsize, ...less } = good;
    for (const wrong of [{ ...good, more: 1 }, { ...less, size: chipsize }, less, [], [good]])
      assert.match(
        (await post('rawChipsBatch', wrong)).error!,
        /exactly the keys lon, lat, tiles, bands, chipsize/,
      );
    const many = (count: number): string[] => Array.from({ length: count }, (_, i) => `S2A_${i}`);
    for (const wrong of [
      ...[{ bands: 'B04' }, { bands: [] }, { bands: ['../B04'] }, { tiles: [1] }, { lon: null }],
      ...[
        { chipsize: -1 },
        { chipsize: [] },
        { tiles: many(37) },
        { tiles: many(19), bands: ['B04', 'B08'] },
      ],
    ])
      assert.deepEqual(await post('rawChipsBatch', { ...good, ...wrong }), {}, JSON.stringify(wrong));
    const most = { ...good, tiles: many(18), bands: ['B04', 'B08'] };
    assert.deepEqual(await post('rawChipsBatch', most), { dates: [], chips: [] });
    const radar = { ...place, dates: ['2024-03-01', '2024-03-31'], chipsize: 320, plevel: 'CARD-BS' };
    for (const wrong of [
      ...[{ dates: [] }, { dates: ['2024-03-01', '2024-03-02', '2024-03-03'] }, { dates: ['x', 'y'] }],
      ...[{ dates: '2024-03-01' }, { plevel: 'LEVEL2A' }, { plevel: 5 }],
    ])
      assert.deepEqual(await post('rawS1ChipsBatch', { ...radar, ...wrong }), {}, JSON.stringify(wrong));
  });
});
