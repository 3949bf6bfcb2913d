import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ParcelSetBuilder } from '../../zonal/parcel-set.js';
import { GeometryError } from '../../zonal/wkb.js';
import { closed, NOWHERE, rectangle, WkbWriter, wkbOf, type Polygon, type WkbOptions } from './shapes.js';

const SQUARE = rectangle(10, 20, 30, 40);
const HOLE = rectangle(15, 25, 20, 30);

function read(wkb: Uint8Array | null) {
  const builder = new ParcelSetBuilder();
  builder.add(7, NOWHERE, wkb);
  const { parts, pointOffsets, xy } = builder.finish();
  return {
    parts: [...parts],
    rings: [...parts].map((_, r) => {
      const ring: [number, number][] = [];
      for (let p = pointOffsets[r]!; p < pointOffsets[r + 1]!; p++) ring.push([xy[2 * p]!, xy[2 * p + 1]!]);
      return ring;
    }),
  };
}

function fails(wkb: Uint8Array, reason: RegExp): void {
  assert.throws(
    () => read(wkb),
    (error) => error instanceof GeometryError && reason.test(error.message),
  );
}

describe('reading WKB', () => {
  const variants: [string, WkbOptions][] = [
    ['little endian', {}],
    ['big endian', { bigEndian: true }],
    ['ISO Z', { z: 5 }],
    ['ISO M', { m: 6 }],
    ['ISO ZM, big endian', { z: 5, m: NaN, bigEndian: true }],
    ['EWKB with SRID', { srid: 28992 }],
    ['EWKB Z with SRID', { srid: 28992, z: 5 }],
    ['EWKB ZM, big endian', { ewkb: true, z: 5, m: 6, bigEndian: true }],
  ];
  for (const [name, options] of variants) {
    it(`takes polygons as ${name}`, () => {
      const polygons: Polygon[] = [[SQUARE, HOLE], [HOLE]];
      assert.deepEqual(read(wkbOf(polygons, options)), {
        parts: [0, 0, 1],
        rings: [closed(SQUARE), closed(HOLE), closed(HOLE)],
      });
    });
  }

  it('takes the polygons of nested collections and passes over points and lines', () => {
    const wkb = new WkbWriter({ z: 1 }).head(7).uint32(6);
    wkb.head(1).point(1, 2);
    wkb.head(2).uint32(2).point(1, 2).point(3, 4);
    wkb.head(4).uint32(1).head(1).point(1, 2);
    wkb.head(5).uint32(1).head(2).uint32(0);
    wkb.polygon([closed(SQUARE)]);
    wkb
      .head(7)
      .uint32(1)
      .head(6)
      .uint32(1)
      .polygon([closed(HOLE)]);
    assert.deepEqual(read(wkb.done()), { parts: [0, 1], rings: [closed(SQUARE), closed(HOLE)] });
  });

  it('closes a ring that is open', () => {
    assert.deepEqual(read(new WkbWriter().polygon([SQUARE]).done()).rings, [closed(SQUARE)]);
  });

  it('gives no rings for NULL and for empty geometries', () => {
    const none = { parts: [], rings: [] };
    assert.deepEqual(read(null), none);
    assert.deepEqual(read(new WkbWriter().polygon([]).done()), none);
    assert.deepEqual(read(new WkbWriter().polygon([[], closed(HOLE)]).done()), none);
    assert.deepEqual(read(new WkbWriter().head(6).uint32(0).done()), none);
    assert.deepEqual(read(new WkbWriter().head(7).uint32(0).done()), none);
    assert.deepEqual(read(new WkbWriter().head(6).uint32(1).polygon([]).done()), none);
  });

  it('says which parcel has a geometry that is no polygon, and what it is', () => {
    fails(new WkbWriter().head(1).point(1, 2).done(), /parcel 7 .*Point/);
    fails(new WkbWriter().head(5).uint32(0).done(), /MultiLineString/);
    fails(new WkbWriter().head(10).uint32(0).done(), /WKB type 10/);
  });

  it('refuses coordinates that are not finite', () => {
    for (const bad of [NaN, Infinity, -Infinity]) {
      fails(wkbOf([[[...SQUARE.slice(0, 2), [bad, 3], [1, 2]]]]), /not a finite number/);
      fails(wkbOf([[[...SQUARE.slice(0, 2), [3, bad], [1, 2]]]]), /not a finite number/);
    }
  });

  it('refuses every truncation, and anything after the end', () => {
    const wkb = wkbOf([[SQUARE, HOLE], [HOLE]], { srid: 4326 });
    for (let bytes = 0; bytes < wkb.length; bytes++) fails(wkb.subarray(0, bytes), /cut short/);
    fails(Buffer.concat([wkb, Buffer.alloc(3)]), /3 bytes follow/);
  });

  it('refuses counts that the bytes cannot hold, without allocating for them', () => {
    fails(new WkbWriter().head(3).uint32(0xffffffff).done(), /cut short/);
    fails(new WkbWriter().head(3).uint32(1).uint32(0xffffffff).done(), /cut short/);
    fails(new WkbWriter().head(6).uint32(0xffffffff).done(), /cut short/);
  });

  it('refuses collections nested without end', () => {
    const wkb = new WkbWriter();
    for (let depth = 0; depth < 100_000; depth++) wkb.head(7).uint32(1);
    fails(wkb.polygon([closed(SQUARE)]).done(), /nested too deeply/);
  });

  it('ends with rings or a GeometryError whatever the bytes', () => {
    const sound = wkbOf([[SQUARE, HOLE], [HOLE]], { srid: 4326 });
    const damaged = fc
      .array(fc.tuple(fc.nat(sound.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 })
      .map((changes) => {
        const bytes = Buffer.from(sound);
        for (const [at, value] of changes) bytes[at] = value;
        return bytes;
      });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), damaged), (bytes) => {
        try {
          assert.ok(read(bytes).rings.every((ring) => ring.flat().every(Number.isFinite)));
        } catch (error) {
          assert.ok(error instanceof GeometryError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a parcel set', () => {
  it('is as before when a geometry was refused half-way', () => {
    const builder = new ParcelSetBuilder();
    builder.add(1, NOWHERE, wkbOf([[SQUARE]]));
    assert.throws(() => {
      builder.add(2, NOWHERE, wkbOf([[SQUARE], [HOLE]]).subarray(0, -1));
    }, GeometryError);
    builder.add(3, { minX: 1, minY: 2, maxX: 3, maxY: 4 }, wkbOf([[HOLE]]));
    const set = builder.finish();
    assert.deepEqual([...set.pids], [1, 3]);
    assert.deepEqual([...set.bounds], [0, 0, 0, 0, 1, 2, 3, 4]);
    assert.deepEqual([...set.ringOffsets], [0, 1, 2]);
    assert.deepEqual([...set.pointOffsets], [0, 5, 10]);
    assert.deepEqual([...set.xy], [...closed(SQUARE), ...closed(HOLE)].flat());
  });

  it('keeps every number while it grows', () => {
    const builder = new ParcelSetBuilder();
    const count = 20_000;
    for (let pid = 0; pid < count; pid++) {
      builder.add(
        pid,
        { minX: pid, minY: 1, maxX: 2, maxY: 3 },
        wkbOf([[rectangle(pid, 0, pid + 1, 1), HOLE], [SQUARE]]),
      );
    }
    const set = builder.finish();
    assert.equal(set.count, count);
    assert.equal(set.parts.length, 3 * count);
    assert.equal(set.xy.length, 2 * 15 * count);
    for (let i = 0; i < count; i++) {
      assert.equal(set.pids[i], i);
      assert.equal(set.bounds[4 * i], i);
      assert.equal(set.ringOffsets[i + 1], 3 * i + 3);
      assert.equal(set.xy[2 * set.pointOffsets[3 * i]!], i);
    }
  });
});
