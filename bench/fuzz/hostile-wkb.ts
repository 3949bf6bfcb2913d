/** Geometries that nobody should send: damaged polygons, polygons that can't be, polygons that are a lot of work. */
import { below, oneOf, type Random } from '../../demo/season/random.js';
import { damage } from './damage.js';

type Point = readonly [number, number];
type Ring = readonly Point[];

const POLYGON = 3;
const MULTI_POLYGON = 6;
const COLLECTION = 7;
const EWKB_SRID = 0x20000000;

/** Somewhere in the grid that the fuzz rasterises on. */
const [EAST, NORTH, SIZE] = [600_000, 5_690_220, 109_800];
const EXTREMES = [0, -0, NaN, Infinity, -Infinity, 1e308, -1e308, 5e-324, 2 ** 31, 2 ** 53, 1e17];

export function hostileWkb(next: Random): Buffer {
  const sort = next();
  if (sort < 0.5) return damage(sound(next), next);
  if (sort < 0.65) return multiPolygon([[withExtremes(star(next, 3 + below(next, 40)), next)]], next);
  if (sort < 0.75) return nested(1 + below(next, 40), sound(next));
  if (sort < 0.8) return multiPolygon([[comb(next, 1 + below(next, 3000))]], next);
  if (sort < 0.9)
    return multiPolygon([Array.from({ length: below(next, 200) }, () => star(next, below(next, 6)))], next);
  return Buffer.from(Uint8Array.from({ length: below(next, 200) }, (_, i) => (i === 0 ? 1 : next() * 256)));
}

/** A polygon or multipolygon with holes, such as parcels have. */
function sound(next: Random): Buffer {
  const parts = Array.from({ length: 1 + below(next, 3) }, () =>
    Array.from({ length: 1 + below(next, 3) }, () => star(next, 4 + below(next, 20))),
  );
  return parts.length === 1 ? polygon(parts[0]!, next() < 0.5, next() < 0.3) : multiPolygon(parts, next);
}

/** A ring around a point, closed; it may cross itself. Some are as large as the grid. */
function star(next: Random, points: number): Ring {
  const [x, y] = [EAST + next() * SIZE, NORTH + next() * SIZE];
  const radius = next() < 0.2 ? SIZE : 300 * next();
  const ring = Array.from({ length: points }, (_, i): Point => {
    const reach = radius * (0.3 + 0.7 * next());
    return [
      x + reach * Math.cos((2 * Math.PI * i) / points),
      y + reach * Math.sin((2 * Math.PI * i) / points),
    ];
  });
  return ring[0] === undefined ? ring : [...ring, ring[0]];
}

/** Teeth across the whole grid: each crosses every row. */
function comb(next: Random, teeth: number): Ring {
  const width = SIZE / teeth;
  const ring = Array.from({ length: 2 * teeth }, (_, i): Point => {
    return [EAST + (i * width) / 2, i % 2 === 0 ? NORTH - 10 * next() : NORTH + SIZE + 10 * next()];
  });
  return [...ring, ring[0]!];
}

function withExtremes(ring: Ring, next: Random): Ring {
  const changed = [...ring];
  for (let left = 1 + below(next, 3); left > 0; left--) {
    const at = below(next, ring.length);
    const extreme = oneOf(EXTREMES, next);
    changed[at] = next() < 0.5 ? [extreme, changed[at]![1]] : [changed[at]![0], extreme];
  }
  return changed;
}

function nested(depth: number, inner: Buffer): Buffer {
  let geometry = inner;
  for (let level = 0; level < depth; level++)
    geometry = Buffer.concat([head(COLLECTION, false, false), uint32(1, false), geometry]);
  return geometry;
}

function multiPolygon(parts: readonly (readonly Ring[])[], next: Random): Buffer {
  const bigEndian = next() < 0.3;
  const polygons = parts.map((rings) => polygon(rings, bigEndian, false));
  return Buffer.concat([head(MULTI_POLYGON, bigEndian, false), uint32(parts.length, bigEndian), ...polygons]);
}

function polygon(rings: readonly Ring[], bigEndian: boolean, srid: boolean): Buffer {
  const written = rings.flatMap((ring) => {
    const points = Buffer.alloc(16 * ring.length);
    ring.flat().forEach((value, i) => {
      if (bigEndian) points.writeDoubleBE(value, 8 * i);
      else points.writeDoubleLE(value, 8 * i);
    });
    return [uint32(ring.length, bigEndian), points];
  });
  return Buffer.concat([head(POLYGON, bigEndian, srid), uint32(rings.length, bigEndian), ...written]);
}

function head(type: number, bigEndian: boolean, srid: boolean): Buffer {
  const order = Buffer.from([bigEndian ? 0 : 1]);
  if (!srid) return Buffer.concat([order, uint32(type, bigEndian)]);
  return Buffer.concat([order, uint32(type + EWKB_SRID, bigEndian), uint32(32631, bigEndian)]);
}

function uint32(value: number, bigEndian: boolean): Buffer {
  const bytes = Buffer.alloc(4);
  if (bigEndian) bytes.writeUInt32BE(value);
  else bytes.writeUInt32LE(value);
  return bytes;
}
