/**
 * Clear rows of scenes in GeoTIFFs: of files that lie uncompressed and are read by window, of files with masks of their own,
 * and of grids in degrees.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import type { Order } from '../../campaigns/order.js';
import { query } from '../../database/session/session.js';
import { skipWithoutServer } from '../database/database.js';
import { GRID } from '../database/season.js';
import { geoKeys } from '../rasters/tiny-tiff.js';
import { madeTiff, PLACE, plain } from '../rasters/made-tiff.js';
import { earthSearchItem } from '../stac/items.js';
import type { StacItem } from '../../stac/scene-facts.js';
import { AddressedPlace, RING } from './addressed-place.js';
import { fill, gridOf, pixelB04, type TestDependencies } from './dependencies.js';
import { classAt, extract, forget, ODD_PARCEL, RULE, sameAsMasked } from './masked-scene.js';

const pixelB08 = (row: number, column: number): number => 2000 + ((31 * row + 17 * column) % 900);

/** NDVI of baseline 05.10, whose reflectance is (number - 1000) / 10000. */
const ndvi = (b04: number, b08: number): number => (b08 - 1000 - (b04 - 1000)) / (b08 - 1000 + (b04 - 1000));

type Pixel = (row: number, column: number) => number;

/** Uncompressed, in strips of 16 rows. */
function flatTiff(pixel: Pixel, grid: typeof GRID, bits: 8 | 16): Buffer {
  const { width, height, originX, originY, stepX } = grid;
  const pixels = bits === 8 ? fill(grid, pixel, Uint8Array) : fill(grid, pixel, Uint16Array);
  const bytes = new Uint8Array(pixels.buffer);
  const strip = (width * 16 * bits) / 8;
  const blocks = Array.from({ length: Math.ceil(height / 16) }, (_, i) =>
    bytes.subarray(i * strip, (i + 1) * strip),
  );
  const place = { 33550: [stepX, stepX, 0], 33922: [0, 0, 0, originX, originY, 0] };
  const degrees = grid.epsg === 4326 && { 34735: geoKeys({ 1024: 2, 1025: 1, 2048: 4326 }) };
  return madeTiff([
    { tags: { ...plain(width, height, bits), ...PLACE, ...place, ...degrees, 278: [16] }, blocks },
  ]);
}

const fixture = (name: string): Buffer =>
  readFileSync(new URL(`../../../test/activities/fixtures/${name}`, import.meta.url));

describe('a scene of GeoTIFFs', { skip: skipWithoutServer }, () => {
  let place: AddressedPlace;
  before(async () => {
    place = await AddressedPlace.open({ clear: true, sql: ODD_PARCEL });
  });
  after(() => place.close());

  let day = 12;

  /** Puts the files of a scene of its own on the web server, and takes it through all of its steps. */
  async function measure(
    files: Readonly<Record<string, Buffer>>,
    fields: Partial<Order>,
  ): Promise<TestDependencies> {
    const { test, dependencies, api, web } = place;
    const date = `202403${day++}`;
    const reference = `S2B_MSIL2A_${date}T105019_N0510_R051_T31UES_${date}T140000.SAFE`;
    for (const [name, bytes] of Object.entries(files))
      web.objects.set(`/${reference.replace('.SAFE', '')}/${name}.tif`, bytes);
    const item = JSON.stringify(earthSearchItem({ reference, ring: RING }))
      .replaceAll('https://cogs.example.org', web.url)
      // What the item says of no data is not what is tested.
      .replaceAll('"nodata":0,', '');
    api.items = [JSON.parse(item) as StacItem];
    await place.sync('sentinel-2-c1-l2a');
    const [scene] = await query<{ id: number }>(
      dependencies.pool,
      'SELECT id FROM dias_catalogue WHERE reference = $1',
      [reference],
    );
    const obsid = scene!.id;
    const task = {
      ...test.task,
      scene: { obsid, reference, obstime: `2024-03-${date.slice(6)}T10:50:19` },
      owner: place.ownerOf(obsid),
    };
    await forget(test);
    const here = { ...test, dependencies: { ...test.dependencies, store: dependencies.store }, task };
    assert.ok(await extract(here, fields));
    return here;
  }

  for (const widenM of [0, 45])
    it(`read by window has the clear rows of masked arrays, widened by ${widenM} m`, async () => {
      const files = {
        B04: flatTiff(pixelB04, GRID, 16),
        B08: flatTiff(pixelB08, GRID, 16),
        SCL: flatTiff(classAt, gridOf(20), 8),
      };
      const rule = { ...RULE, classes: widenM > 0 ? [9] : RULE.classes, widenM };
      const test = await measure(files, { bands: ['B04', 'SC', 'NDV'], clear: rule });
      const b04: Pixel = (row, column) => pixelB04(row, column) || NaN;
      for (const [name, numberAt] of [
        ['B04', b04],
        ['NDV', (row: number, column: number) => ndvi(b04(row, column), pixelB08(row, column))],
      ] as const) {
        const seen = await sameAsMasked(test, { name, numberAt }, { rule });
        assert.ok(seen['in part']! > 10 && seen.whole! > 0 && seen['no-data'] === 1, JSON.stringify(seen));
      }
    });

  it('with masks of their own leaves out what they leave out: raw, clear, in indices, and of the classes', async () => {
    // By fixtures/masked_scene.py.
    const isMasked = (row: number) => Math.floor(row / 3) % 4 === 1;
    const hasNoClass = (row: number) => Math.floor(row / 2) % 5 === 3;
    const isCloud = (column: number) => Math.floor(column / 4) % 3 === 0;
    const b04: Pixel = (row, column) => (isMasked(row) ? NaN : 1000 + column);
    const files = {
      B04: fixture('masked_B04.tif'),
      B08: flatTiff(pixelB08, GRID, 16),
      SCL: fixture('masked_SCL.tif'),
    };
    // Class 0 is not among them: a pixel that the map's mask leaves out is not clear for all that.
    const rule = { ...RULE, classes: [9] };
    const test = await measure(files, { bands: ['B04', 'B08', 'NDV'], clear: rule });
    const isClearAt = (row: number, column: number) =>
      !hasNoClass(Math.floor(row / 2)) && !isCloud(Math.floor(column / 2));
    for (const [name, numberAt] of [
      ['B04', b04],
      ['B08', pixelB08],
      ['NDV', (row: number, column: number) => ndvi(b04(row, column), pixelB08(row, column))],
    ] as const) {
      const seen = await sameAsMasked(test, { name, numberAt }, { rule, isClearAt });
      assert.ok(seen['in part']! > 10, JSON.stringify(seen));
    }
  });

  it('in degrees keeps away from clouds by metres on the ground', async () => {
    const degrees = (step: number) => ({
      ...{ epsg: 4326, width: 288 / (step / 0.0005), height: 192 / (step / 0.0005) },
      ...{ originX: 2.999, originY: 51.003, stepX: step, stepY: -step },
    });
    const isCloud = (row: number, column: number) => row % 5 === 2 && column % 7 === 3;
    const files = {
      B04: flatTiff((_, column) => 1000 + column, degrees(0.00025), 16),
      SCL: flatTiff((row, column) => (isCloud(row, column) ? 9 : 4), degrees(0.0005), 8),
    };
    const rule = { ...RULE, classes: [9], widenM: 80, minPixels: 1 };
    const { dependencies } = await measure(files, { bands: ['B04'], clear: rule });
    // Between the centres of pixels of 0.0005 degrees, by the ellipsoid.
    const clear = await query(dependencies.pool, CLEAR_BY_POSTGIS, [rule.widenM]);
    assert.ok(clear.length > 30);
    const stored = await query(
      dependencies.pool,
      `SELECT pid, count::int, mean::float8 FROM clear_sigs ORDER BY pid`,
    );
    assert.deepEqual(stored, clear);
  });
});

/**
 * Count and mean of a parcel's pixels that lie further than $1 metres from a cloud, of the scene in degrees. Clouds stand in rows
 * 2, 7, 12 … and columns 3, 10, 17 …, so that the nearest is one of four.
 */
const CLEAR_BY_POSTGIS = `
  WITH clear AS MATERIALIZED (
    SELECT r, c FROM generate_series(0, 191) AS r, generate_series(0, 287) AS c WHERE NOT EXISTS (
      SELECT FROM (VALUES (0, 0), (5, 0), (0, 7), (5, 7)) AS cloud (down, across)
      WHERE ST_Distance(${centre('r', 'c', 0.0005)}::geography,
        ${centre('(r - (r + 3) % 5 + down)', '(c - (c + 4) % 7 + across)', 0.0005)}::geography) <= $1)),
  fine AS MATERIALIZED (
    SELECT 2 * c + x AS column, ${centre('(2 * r + y)', '(2 * c + x)', 0.00025)} AS centre
    FROM clear, generate_series(0, 1) AS x, generate_series(0, 1) AS y)
  SELECT ogc_fid AS pid, count(*)::int AS count, avg(1000 + fine.column)::real::float8 AS mean
  FROM (SELECT ogc_fid, ST_Transform(wkb_geometry, 4326) AS shape FROM parcels OFFSET 0) AS parcel
  JOIN fine ON ST_Contains(shape, centre)
  GROUP BY 1 ORDER BY 1`;

function centre(row: string, column: string, step: number): string {
  return `ST_SetSRID(ST_Point(2.999 + ${step} * (${column} + 0.5), 51.003 - ${step} * (${row} + 0.5)), 4326)`;
}
