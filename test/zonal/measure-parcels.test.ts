import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GeometryError, type MeasuredRaster, type Polygon, zonalStatistics } from '../../zonal/index.js';

const WIDTH = 40;
const HEIGHT = 30;
/** Blocks of 16 x 16, pixel values 1 to 1200 by rows, noise where none is wanted; the log has the blocks that were read. */
function raster(log: string[] = []): MeasuredRaster {
  return {
    grid: { width: WIDTH, height: HEIGHT, originX: 600_000, originY: 5_000_000, stepX: 10, stepY: -10 },
    pixelType: 'uint16',
    noData: 7,
    block: { width: 16, height: 16 },
    readWindow(band, { column, row, width, height }, { pixels, offset, stride }, { cell, across, marks }) {
      log.push(`${column} ${row} ${width} ${height}`);
      for (let r = 0; r < height; r++)
        for (let c = 0; c < width; c++) {
          const mark = marks[Math.floor((row + r) / cell) * across + Math.floor((column + c) / cell)];
          pixels[offset + r * stride + c] =
            mark === 1 ? band * ((row + r) * WIDTH + column + c + 1) : 30_000 + c;
        }
      return Promise.resolve();
    },
  };
}

/** A square over whole pixels, as a ring from its upper left corner. */
function ring(column: number, row: number, side: number): [number, number][] {
  const [left, top] = [600_000 + 10 * column, 5_000_000 - 10 * row];
  const [right, bottom] = [left + 10 * side, top - 10 * side];
  return [
    [left, top],
    [left, bottom],
    [right, bottom],
    [right, top],
    [left, top],
  ];
}

const square = (column: number, row: number, side: number): Polygon => ({
  type: 'Polygon',
  coordinates: [ring(column, row, side)],
});

describe('statistics of polygons on a raster', () => {
  it('are those of the pixels under each parcel, in the order of the parcels', async () => {
    const rows = await zonalStatistics(raster(), [
      { id: 9, geometry: square(2, 1, 2) },
      { id: -3, geometry: square(0, 0, 1) },
    ]);
    // Rows 1 and 2, columns 2 and 3: 43, 44, 83, 84.
    assert.deepEqual(rows, [
      {
        id: 9,
        count: 4,
        mean: 63.5,
        std: Math.sqrt((2 * 20.5 ** 2 + 2 * 19.5 ** 2) / 4),
        min: 43,
        max: 84,
        p25: 43.75,
        p50: 63.5,
        p75: 83.25,
      },
      { id: -3, count: 1, mean: 1, std: 0, min: 1, max: 1, p25: 1, p50: 1, p75: 1 },
    ]);
  });

  it('are those of another pixel rule, and more of them, where that is asked for', async () => {
    // Of the pixels 42, 43, 44 in row 1 the last in part.
    const [left, top] = [600_010, 4_999_990];
    const geometry: Polygon = {
      type: 'Polygon',
      coordinates: [[[left, top], [left, top - 10], [left + 25, top - 10], [left + 25, top], [left, top]]], // prettier-ignore
    };
    const options = { rule: 'fraction', isExtended: true } as const;
    const [row] = await zonalStatistics(raster(), [{ id: 1, geometry }], options);
    assert.equal(row!.count, 2.5);
    assert.ok(Math.abs(row!.mean - (42 + 43 + 44 / 2) / 2.5) < 1e-12);
    assert.equal(row!.valid, 1);
    const [inside] = await zonalStatistics(raster(), [{ id: 1, geometry }], { rule: 'inside' });
    assert.deepEqual([inside!.count, inside!.mean, inside!.p05], [2, 42.5, undefined]);
  });

  it('leave out holes, and take several polygons of one parcel together', async () => {
    const holed: Polygon = { type: 'Polygon', coordinates: [ring(10, 10, 3), ring(11, 11, 1)] };
    const [ringOnly, both] = await zonalStatistics(raster(), [
      { id: 1, geometry: holed },
      {
        id: 2,
        geometry: { type: 'MultiPolygon', coordinates: [holed.coordinates, square(30, 20, 2).coordinates] },
      },
    ]);
    assert.equal(ringOnly!.count, 8);
    assert.equal(both!.count, 12);
    assert.equal(both!.max, 21 * WIDTH + 32);
  });

  it('leave out what is no data, and are NaN where nothing is left or the parcel lies beyond the grid', async () => {
    const parcels = [
      { id: 1, geometry: square(6, 0, 1) },
      { id: 2, geometry: square(5, 0, 3) },
      { id: 3, geometry: square(-20, 0, 5) },
    ];
    const [none, some, beyond] = await zonalStatistics(raster(), parcels, { excluded: [6, 8] });
    assert.equal(some!.count, 6);
    for (const { id, ...numbers } of [none!, beyond!])
      assert.deepEqual(
        numbers,
        { count: 0, mean: NaN, std: NaN, min: NaN, max: NaN, p25: NaN, p50: NaN, p75: NaN },
        `${id}`,
      );
  });

  it('read the band that is asked for, and only blocks with a parcel in them', async () => {
    const log: string[] = [];
    const [first] = await zonalStatistics(raster(log), [{ id: 1, geometry: square(31, 20, 2) }], { band: 2 });
    assert.equal(first!.min, 2 * (20 * WIDTH + 32));
    assert.deepEqual(log, ['16 16 16 14', '32 16 8 14']);
  });

  it('are none of no parcels', async () => {
    const log: string[] = [];
    assert.deepEqual(await zonalStatistics(raster(log), []), []);
    assert.deepEqual(log, []);
  });

  it('refuse ids that are not whole or are given twice, and geometries without a number', async () => {
    const geometry = square(0, 0, 1);
    for (const id of [0.5, 2 ** 31, NaN])
      await assert.rejects(zonalStatistics(raster(), [{ id, geometry }]), RangeError);
    const twice = [
      { id: 4, geometry },
      { id: 4, geometry },
    ];
    await assert.rejects(zonalStatistics(raster(), twice), /parcel 4 occurs twice/);
    const broken: Polygon = { type: 'Polygon', coordinates: [[[600_000], [600_010, 5_000_000]]] };
    await assert.rejects(zonalStatistics(raster(), [{ id: 5, geometry: broken }]), (error) => {
      return error instanceof GeometryError && error.message.includes('parcel 5');
    });
  });

  const [shell] = square(2, 1, 2).coordinates;
  const written = (coordinates: unknown, type = 'Polygon'): string => JSON.stringify({ type, coordinates });
  for (const [what, geometry, says] of [
    ['nothing', 'null', /no GeoJSON/],
    ['WKB as a text', '"0103000000"', /no GeoJSON/],
    ['a point', written([600_000, 5_000_000], 'Point'), /a Point, and only Polygon/],
    ['a feature', JSON.stringify({ type: 'Feature', geometry: square(2, 1, 2) }), /a Feature, and only/],
    ['a polygon without coordinates', '{"type":"Polygon"}', /not nested as those of a Polygon/],
    ['a ring in place of a polygon', written(shell), /not nested as those of a Polygon/],
    ['a polygon called several', written([shell], 'MultiPolygon'), /not nested as those of a MultiPolygon/],
    ['a position that is none', written([[null, ...shell!]]), /not nested/],
    ['a coordinate that is none', written([[[600_000, null], ...shell!]]), /not a finite number/],
    ['a coordinate as a text', written([[['600000', 5_000_000], ...shell!]]), /not a finite number/],
  ] as const)
    it(`refuse ${what} for a geometry, and name the parcel`, async () => {
      const parcel = { id: 5, geometry: JSON.parse(geometry) as Polygon };
      await assert.rejects(zonalStatistics(raster(), [parcel]), (error) => {
        assert.ok(error instanceof GeometryError);
        assert.match(error.message, /^the geometry of parcel 5 can't be used: /);
        assert.match(error.message, says);
        return true;
      });
    });

  it('take polygons without extent for such without pixels, and those beyond all bounds for the whole grid', async () => {
    const polygon = (...coordinates: Polygon['coordinates']): Polygon => ({ type: 'Polygon', coordinates });
    const far = Number.MAX_VALUE;
    const parcels = [
      polygon(),
      polygon([]),
      polygon([[600_005, 4_999_995]]),
      polygon([
        [-far, -far],
        [far, -far],
        [far, far],
        [-far, far],
      ]),
    ].map((geometry, id) => ({ id, geometry }));
    const counts = (await zonalStatistics(raster(), parcels)).map(({ count }) => count);
    // All but the one of no data.
    assert.deepEqual(counts, [0, 0, 0, WIDTH * HEIGHT - 1]);
  });

  it('refuse blocks without pixels', async () => {
    const flat = { ...raster(), block: { width: 0, height: 16 } };
    await assert.rejects(zonalStatistics(flat, [{ id: 1, geometry: square(0, 0, 1) }]), RangeError);
  });
});
