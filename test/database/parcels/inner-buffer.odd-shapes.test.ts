/** What shrinks of parcels that cross themselves, overlap themselves, are no polygons only, or that GEOS refuses. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { copyParcels, type ParcelCopy } from '../../../database/parcels/parcel-copy.js';
import { checkSelection } from '../../../database/selection/check.js';
import { random } from '../../../demo/season/random.js';
import { createDatabase, skipWithoutServer, type TestDatabase } from '../database.js';
import { GRID, makeSeason, SELECTION } from '../season.js';

type Point = readonly [x: number, y: number];

/** The lower left corner of an empty part of the grid, to which points are relative. */
const [EAST, NORTH] = [504_000, 5_645_000];
const DEGREES = { ...GRID, epsg: 4326, originX: 3, originY: 51, stepX: 1e-4, stepY: -1e-4, width: 2000 };

const text = (points: readonly Point[]): string =>
  `(${[...points, points[0]!].map(([x, y]) => `${EAST + x} ${NORTH + y}`).join(', ')})`;
const polygon = (...rings: Point[][]): string => `POLYGON(${rings.map(text).join(', ')})`;
const square = (x: number, side = 100): Point[] => [
  [x, 0],
  [x + side, 0],
  [x + side, side],
  [x, side],
];

/** A ring as well-known binary, closed or not, as it is. */
function wkb(points: readonly Point[]): string {
  const bytes = Buffer.alloc(13 + 16 * points.length);
  [3, 1, points.length].forEach((value, i) => bytes.writeUInt32LE(value, 1 + 4 * i));
  bytes[0] = 1;
  points.forEach(([x, y], i) => {
    bytes.writeDoubleLE(EAST + x, 13 + 16 * i);
    bytes.writeDoubleLE(NORTH + y, 21 + 16 * i);
  });
  return bytes.toString('hex');
}

describe('inner buffers of odd shapes', { skip: skipWithoutServer }, () => {
  let database: TestDatabase;
  before(async () => {
    database = await createDatabase();
    await makeSeason(database.pool, { parcels: 1, srid: 32631 });
    await database.pool.query('ALTER TABLE parcels ALTER wkb_geometry TYPE geometry(Geometry, 32631)');
  });
  beforeEach(() => database.pool.query('DELETE FROM parcels WHERE ogc_fid > 1'));
  after(() => database.drop());

  const enter = (pid: number, shape: string): Promise<unknown> =>
    database.pool.query('INSERT INTO parcels VALUES ($1, ST_SetSRID($2::geometry, 32631))', [pid, shape]);

  /** What is handed over beside parcel 1, as hexadecimal; null where nothing can be. */
  async function shrink(
    innerBufferM: number,
    grid: typeof GRID = GRID,
  ): Promise<{ shapes: Map<number, string | null>; copied: ParcelCopy }> {
    const selection = await checkSelection(database.pool, SELECTION);
    const shapes = new Map<number, string | null>();
    const take = (pid: number, ...[, , , , shape]: [number, number, number, number, Uint8Array | null]) => {
      shapes.set(pid, shape && Buffer.from(shape).toString('hex'));
    };
    const copied = await copyParcels(database.pool, selection, grid, take, { innerBufferM });
    assert.ok(shapes.has(1), 'parcel 1 is there in any case');
    shapes.delete(1);
    return { shapes, copied };
  }

  async function areaOf(shape: string | null | undefined, srid = 32631): Promise<number> {
    const sql = 'SELECT ST_Area(ST_Transform(ST_SetSRID($1::geometry, $2::int), 32631)) AS area';
    return (await database.pool.query<{ area: number }>(sql, [shape, srid])).rows[0]!.area;
  }

  /** A right-angled triangle with two equal legs, so many metres from its border, has this area. */
  const left = (leg: number, metres: number) =>
    (leg ** 2 / 2) * (1 - metres / ((leg * (2 - Math.SQRT2)) / 2)) ** 2;

  /** A square of 5 m without its quarter circle: what round joins leave of it. */
  const corner = 25 - (Math.PI * 25) / 4;

  const SHAPES: [what: string, shape: string, area: number][] = [
    [
      'both lobes of a bow tie',
      polygon([
        [0, 0],
        [200, 0],
        [50, 150],
        [150, 150],
      ]),
      left(100 * Math.SQRT2, 5) + left(50 * Math.SQRT2, 5),
    ],
    [
      'both lobes of a bow tie that runs the other way',
      polygon([
        [150, 150],
        [50, 150],
        [200, 0],
        [0, 0],
      ]),
      left(100 * Math.SQRT2, 5) + left(50 * Math.SQRT2, 5),
    ],
    [
      'both parts of a multipolygon',
      `MULTIPOLYGON((${text(square(0))}), (${text(square(300))}))`,
      2 * 90 ** 2,
    ],
    [
      'parts that share a border, as one',
      `MULTIPOLYGON((${text(square(0))}), (${text(square(100))}))`,
      190 * 90,
    ],
    ['parts that overlap, as one', `MULTIPOLYGON((${text(square(0))}), (${text(square(50))}))`, 140 * 90],
    [
      'a hole that reaches over the border, by the even-odd rule',
      polygon(square(0, 200), square(150)),
      190 ** 2 - 50 * 100 + corner + 40 * 90,
    ],
    [
      'none of a hole that shares an edge with its shell',
      polygon(square(0), square(40, 20)),
      90 ** 2 - 30 * 20 + 2 * corner,
    ],
    [
      'what two holes have in common, by the even-odd rule',
      polygon(
        square(0, 200),
        square(50, 90).map(([x, y]): Point => [x, y + 50]),
        square(70, 50).map(([x, y]): Point => [x, y + 70]),
      ),
      190 ** 2 - 100 ** 2 + 4 * corner + 40 ** 2,
    ],
    ['a ring that is not closed', wkb(square(0)), 90 ** 2],
    [
      'the polygons of a collection',
      `GEOMETRYCOLLECTION(POINT(${EAST} ${NORTH}), LINESTRING(${EAST} ${NORTH}, ${EAST + 500} ${NORTH}), ${polygon(square(0))})`,
      90 ** 2,
    ],
    [
      'nothing of a strip that is too narrow',
      polygon([
        [0, 0],
        [900, 0],
        [900, 9.9],
        [0, 9.9],
      ]),
      0,
    ],
  ];

  for (const [what, shape, wanted] of SHAPES) {
    it(`keep ${what}`, async () => {
      await enter(2, shape);
      const { shapes, copied } = await shrink(5);
      assert.deepEqual([copied.parcels, copied.unprojectable], [2, []]);
      const found = await areaOf(shapes.get(2));
      // Of a circle's quarter 8 chords are drawn.
      assert.ok(Math.abs(found - wanted) < 0.6, `${found}, not ${wanted}`);
      const onGround = await areaOf((await shrink(5, DEGREES)).shapes.get(2), 4326);
      assert.ok(Math.abs(onGround - wanted) < 1 + 2e-3 * wanted, `in degrees ${onGround}, not ${wanted}`);
    });
  }

  it('are none of parcels that are empty', async () => {
    await enter(2, 'POLYGON EMPTY');
    await enter(3, 'GEOMETRYCOLLECTION EMPTY');
    assert.equal((await shrink(5)).shapes.size, 0);
  });

  for (const [what, shape] of [
    ['areas overflow', polygon(square(0).map(([x, y]): Point => [x * 1e306, y * 1e306]))],
    [
      'a corner is no number',
      wkb([
        [0, 0],
        [100, 0],
        [NaN, 100],
        [0, 100],
        [0, 0],
      ]),
    ],
    [
      'a corner is infinitely far',
      wkb([
        [0, 0],
        [100, 0],
        [100, Infinity],
        [0, 100],
        [0, 0],
      ]),
    ],
  ] as const) {
    it(`name a parcel of which ${what}, and shrink the others`, async () => {
      await enter(2, shape);
      await enter(3, polygon(square(300)));
      for (const [grid, srid] of [
        [GRID, 32631],
        [DEGREES, 4326],
      ] as const) {
        const { shapes, copied } = await shrink(5, grid);
        assert.deepEqual(copied, { parcels: 3, unprojectable: [2] });
        assert.equal(shapes.get(2), null);
        assert.ok(Math.abs((await areaOf(shapes.get(3), srid)) - 90 ** 2) < 20);
      }
    });
  }

  it('lie in the parcel and keep the distance from its border, whatever its shape', async () => {
    const next = random(14, 5);
    const count = 300;
    for (let pid = 2; pid < 2 + count; pid++) {
      const corners = 3 + Math.floor(9 * next());
      await enter(pid, polygon(Array.from({ length: corners }, (): Point => [200 * next(), 200 * next()])));
    }
    // Arcs are chords, and GEOS leaves out bends of less than a hundredth of the distance.
    const metres = 4;
    const { shapes } = await shrink(metres);
    assert.ok(shapes.size > count / 2);
    const { rows } = await database.pool.query<{
      pid: number;
      lobes: number;
      nearest: number | null;
      out: number;
    }>(
      `SELECT pid, ST_NumGeometries(whole) AS lobes, ST_Distance(ST_Boundary(whole), ST_Boundary(rest)) AS nearest,
              ST_Area(ST_Difference(rest, whole)) AS out
       FROM unnest($1::int[], $2::text[]) AS shape (pid, hex), LATERAL ST_SetSRID(hex::geometry, 32631) AS rest,
            LATERAL (SELECT ST_MakeValid(wkb_geometry) AS whole FROM parcels WHERE ogc_fid = pid) AS parcel`,
      [[...shapes.keys()], [...shapes.values()]],
    );
    assert.ok(rows.filter(({ lobes }) => lobes > 1).length > count / 4, 'most cross themselves');
    for (const { pid, nearest, out } of rows) {
      assert.ok(out < 1e-6, `parcel ${pid}: ${out} square metres of it lie outside`);
      assert.ok(nearest === null || nearest > 0.98 * metres, `parcel ${pid}: ${nearest}`);
    }
  });
});
