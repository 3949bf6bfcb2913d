/** A band as large as ESA's in a bucket, of which a chip takes a tile or a few. */
import assert from 'node:assert/strict';
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { joinedJp2, jp2Tile } from '../../../demo/season/jp2-file.js';
import { Chips } from '../../../server/chips/chips.js';
import type { ChipScene } from '../../../server/chips/known-bands.js';
import { Place } from '../../../server/chips/place.js';
import type { ObjectStore } from '../../../store/object-store.js';
import { S3Store } from '../../../store/s3-store.js';
import { storeWith } from '../../activities/store-with.js';
import { createDatabase, skipWithoutServer, type TestDatabase } from '../../database/database.js';
import { GRID as SMALL, makeSeason } from '../../database/season.js';
import { gateway, skipWithoutStore } from '../../end-to-end/gateway.js';
import { temporaryFolder } from '../../temporary-folder.js';
import { KEYS, S2 } from './chip-scenes.js';

const folder = temporaryFolder('large-scene');
const BUCKET = 'large-scenes';
const TILE = 1024;
const GRID = { ...SMALL, width: 10_980, height: 10_980 };

/** The same in every tile, and different within: seven bits of noise on ground that rises. */
const pixelOf = (row: number, column: number): number => {
  const [y, x] = [row % TILE, column % TILE];
  return 1000 + y + x + ((Math.imul(y * TILE + x, 2_654_435_761) >>> 9) & 127);
};

async function largeBand(): Promise<Buffer> {
  const sides = [TILE, GRID.width % TILE];
  const kinds = new Map<string, Buffer>();
  for (const height of sides)
    for (const width of sides) {
      const pixels = new Uint16Array(width * height);
      for (let i = 0; i < pixels.length; i++) pixels[i] = pixelOf(Math.floor(i / width), i % width);
      kinds.set(`${width} ${height}`, await jp2Tile(pixels, width, height, 15));
    }
  const tiles: Buffer[] = [];
  for (let row = 0; row < GRID.height; row += TILE)
    for (let column = 0; column < GRID.width; column += TILE)
      tiles.push(kinds.get(`${Math.min(TILE, GRID.width - column)} ${Math.min(TILE, GRID.height - row)}`)!);
  return joinedJp2(tiles, GRID, { bits: 15, tileSize: TILE });
}

describe('A chip of a scene of 10,980 pixels', { skip: skipWithoutServer || skipWithoutStore }, () => {
  let database: TestDatabase;
  let chips: Chips;
  let objectBytes: number;
  const asked: number[] = [];
  before(async () => {
    database = await createDatabase();
    await makeSeason(database.pool);
    const { endpoint, accessKey, secretKey, region, folder: beside } = gateway();
    const path = join(dirname(beside), BUCKET, KEYS.B04);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, await largeBand());
    objectBytes = (await stat(path)).size;
    const store = new S3Store({
      ...{ endpoint, bucket: BUCKET, region, addressing: 'path' },
      credentials: () => ({ accessKeyId: accessKey, secretAccessKey: secretKey }),
    });
    chips = await Chips.open({
      ...{ pool: database.pool, store: counting(store), folder: join(folder, 'cache') },
      ...{ maxBytes: 1e9, threads: 1 },
    });
  });
  after(async () => {
    await chips.close();
    await database.drop();
  });

  function counting(store: ObjectStore): ObjectStore {
    return storeWith(store, {
      fetch: async (object, span, ...rest) => {
        asked.push(span.to - span.from);
        await store.fetch(object, span, ...rest);
      },
      download: () => Promise.reject(new Error('the whole object was asked for')),
    });
  }

  const scene: ChipScene = {
    ...{ obsid: 1, reference: S2, card: 's2', obstime: '2024-03-02T10:56:19.000000', share: 1 },
    catalogue: 'public.dias_catalogue',
  };
  const bytes = (): number => asked.reduce((sum, one) => sum + one, 0);

  async function chipAt(column: number, row: number) {
    const { rows } = await database.pool.query<{ lon: number; lat: number }>(
      `SELECT ST_X(p) AS lon, ST_Y(p) AS lat
       FROM (SELECT ST_Transform(ST_SetSRID(ST_MakePoint($1, $2), $3), 4326) AS p) AS point`,
      [GRID.originX + 10 * column, GRID.originY - 10 * row, GRID.epsg],
    );
    const place = new Place(database.pool, rows[0]!.lon, rows[0]!.lat);
    const made = await chips.make(scene, 'B04', place, 1280, new AbortController().signal);
    return (await chips.kept(made!.name))!;
  }

  it('takes the one tile that it lies in, and some looks at where that is', async (t) => {
    const { grid, pixels } = await chipAt(5600, 4600);
    assert.deepEqual([grid.width, grid.height], [128, 128]);
    assert.equal(grid.originX, GRID.originX + 10 * (5600 - 64));
    for (const [y, x] of [
      [0, 0],
      [0, 127],
      [127, 0],
      [64, 31],
      [127, 127],
    ] as const)
      assert.equal(pixels[128 * y + x], pixelOf(4600 - 64 + y, 5600 - 64 + x));
    t.diagnostic(`${bytes()} of ${objectBytes} bytes by ${asked.length} requests`);
    assert.ok(objectBytes > 40e6, 'the object is as large as real ones');
    assert.ok(bytes() < (3 * objectBytes) / 121, `${bytes()} of ${objectBytes} bytes`);
    assert.ok(asked.length <= 10, `${asked.length} requests`);
  });

  it('takes four tiles where they meet, and of those not again what is there', async (t) => {
    asked.length = 0;
    const { pixels } = await chipAt(5 * TILE + 10, 4 * TILE - 5);
    assert.equal(pixels[0], pixelOf(4 * TILE - 69, 5 * TILE - 54));
    assert.equal(pixels[128 * 127 + 127], pixelOf(4 * TILE + 58, 5 * TILE + 73));
    t.diagnostic(`${bytes()} of ${objectBytes} bytes by ${asked.length} requests`);
    assert.ok(bytes() < (6 * objectBytes) / 121, `${bytes()} of ${objectBytes} bytes`);
    assert.ok(asked.length <= 20, `${asked.length} requests`);
    asked.length = 0;
    await chipAt(5 * TILE + 200, 4 * TILE + 200);
    assert.deepEqual(asked, []);
  });

  it('takes the last tile, which is smaller', async (t) => {
    asked.length = 0;
    const { pixels } = await chipAt(10_950, 10_970);
    assert.equal(pixels[0], pixelOf(10_906, 10_886));
    // Beyond the edge there is no data.
    assert.equal(pixels[127], 0);
    assert.equal(pixels[128 * 127], 0);
    t.diagnostic(`${bytes()} of ${objectBytes} bytes by ${asked.length} requests`);
    assert.ok(bytes() < (4 * objectBytes) / 121);
  });
});
