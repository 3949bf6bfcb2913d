/**
 * The polder: land cut into lots by canals and roads, lots into fields by ditches, with woods, villages and a lake.
 * A large rectangle is split again and again along slightly slanted lines that leave room for a road or a ditch; then all
 * of it is warped a little, so that edges bend as they do on old land.
 */
import { CENTRE, GRID_10M, SIDE_METRES, type Point, type Polygon, type Ring } from './area.js';
import { cropAt, type Crop } from './crops.js';
import { noise } from './noise.js';
import { bell, between, random, type Random } from './random.js';

/** A piece of ground of one kind; a field's number is its place in the list of fields, from 1. */
export type Patch =
  | {
      readonly kind: 'field';
      readonly field: number;
      readonly crop: Crop;
      readonly parts: readonly Polygon[];
    }
  | { readonly kind: 'woods' | 'village' | 'water'; readonly parts: readonly Polygon[] };

export type Field = Extract<Patch, { kind: 'field' }>;

/** Corners in order round the figure. */
type Quad = readonly [Point, Point, Point, Point];

const HECTARE = 10_000;
/** Patches reach this far beyond the tile, so that some lie over its edge and some beyond it. */
const MARGIN_METRES = 280;
/** How far the polder's plan is turned from north, radians: few edges then run along rows of pixels. */
const TURN = -0.31;

/** All patches of the area, fields numbered in the order of the list. */
export function landscape(seed: number): Patch[] {
  const next = random(seed, 'landscape');
  const warp = warping(seed);
  const water = lake(seed);
  const half = SIDE_METRES * 0.8;
  const plan: Quad = [
    [-half, -half],
    [half, -half],
    [half, half],
    [-half, half],
  ];
  const patches: Patch[] = [];
  let fields = 0;
  for (const lots of split(plan, next)) {
    const rings = lots.map((lot) => boundary(lot, warp, next));
    const use = next();
    const place = next();
    const ponds = next();
    if (!rings.some(reachesTile)) continue;
    const [x, y] = middle(rings[0]!);
    if (water(x, y) > 0) patches.push({ kind: 'water', parts: rings.map((ring) => [ring]) });
    else if (use < 0.035) patches.push({ kind: 'woods', parts: rings.map((ring) => [ring]) });
    else if (use < 0.06) patches.push({ kind: 'village', parts: rings.map((ring) => [ring]) });
    else {
      const pond = ponds < 0.05 && area(rings[0]!) > 3 * HECTARE ? [pondIn(rings[0]!, next)] : [];
      const parts = rings.map((ring, i) => (i === 0 ? [ring, ...pond] : [ring]));
      patches.push({ kind: 'field', field: ++fields, crop: cropAt(place), parts });
    }
  }
  return patches;
}

/** Positive on the lake, which washes round the polder's south-west. */
export function lake(seed: number): (x: number, y: number) => number {
  const bays = noise(seed, 'lake', 4200, 3);
  return (x, y) => (CENTRE[0] - x + CENTRE[1] - y) / SIDE_METRES + 1.1 * (bays(x, y) - 0.5) - 0.66;
}

/** Area of a ring, square metres (shoelace formula). */
function area(ring: readonly Point[]): number {
  let twice = 0;
  for (let i = 0; i < ring.length; i++) {
    const [x1, y1] = ring[i]!;
    const [x2, y2] = ring[(i + 1) % ring.length]!;
    twice += x1 * y2 - x2 * y1;
  }
  return Math.abs(twice) / 2;
}

/** The mean of a ring's corners. */
export function middle(ring: Ring): Point {
  const corners = ring.slice(1);
  const [x, y] = corners.reduce<Point>((sum, point) => [sum[0] + point[0], sum[1] + point[1]], [0, 0]);
  return [x / corners.length, y / corners.length];
}

/** Splits until the lots are small enough. A lot of two quads is one field on both sides of a ditch. */
function split(quad: Quad, next: Random): Quad[][] {
  const size = area(quad);
  const enough = 7.7 * HECTARE * Math.exp(0.55 * bell(next));
  if (size < enough) return [[quad]];
  const [a, b, c, d] = quad;
  const across = distance(a, b) > distance(b, c);
  const width = Math.min(distance(a, b), distance(b, c));
  const strips = size < 40 * HECTARE && width > 150 && next() < 0.6;
  const sides = across !== strips ? ([a, b, c, d] as const) : ([b, c, d, a] as const);
  const gap = size > 500 * HECTARE ? 26 : size > 70 * HECTARE ? 13 : 5;
  const at = between(next, 0.36, 0.64);
  const slant = between(next, -0.03, 0.03);
  const [nearFrom, nearTo] = cut(sides[0], sides[1], at + slant, gap);
  const [farFrom, farTo] = cut(sides[3], sides[2], at - slant, gap);
  const first = split([sides[0], nearFrom, farFrom, sides[3]], next);
  const second = split([nearTo, sides[1], sides[2], farTo], next);
  const [one, other] = [first[0]!, second[0]!];
  const apart = first.length > 1 || second.length > 1 || one.length > 1 || other.length > 1 || next() > 0.12;
  return apart ? [...first, ...second] : [[...one, ...other]];
}

/** The two ends of a gap around the point at `share` of the way from `from` to `to`. */
function cut(from: Point, to: Point, share: number, gap: number): [Point, Point] {
  const half = gap / 2 / distance(from, to);
  return [along(from, to, share - half), along(from, to, share + half)];
}

/** A lot's edge on the ground: a point about every 90 m, each a little off the line, some corners cut off. */
function boundary(quad: Quad, warp: (point: Point) => Point, next: Random): Ring {
  const points: Point[] = [];
  quad.forEach((from, i) => {
    const to = quad[(i + 1) % 4]!;
    const length = distance(from, to);
    const cutOff = next() < 0.08 ? Math.min(60, length / 4) / length : 0;
    if (cutOff > 0) {
      const before = quad[(i + 3) % 4]!;
      points.push(along(from, before, Math.min(0.25, 30 / distance(from, before))));
    }
    const steps = Math.max(1, Math.round(length / 90));
    for (let step = 0; step < steps; step++) {
      const [x, y] = along(from, to, Math.max(cutOff, step / steps));
      points.push([x + between(next, -0.8, 0.8), y + between(next, -0.8, 0.8)]);
    }
  });
  const ring = points.map(warp);
  return [...ring, ring[0]!];
}

/** From the plan to the ground: turned, moved to the area and bent; centimetres. */
function warping(seed: number): (point: Point) => Point {
  const bendX = noise(seed, 'bend east', 3800, 2);
  const bendY = noise(seed, 'bend north', 3800, 2);
  const [cos, sin] = [Math.cos(TURN), Math.sin(TURN)];
  return ([u, v]) => {
    const x = CENTRE[0] + u * cos - v * sin;
    const y = CENTRE[1] + u * sin + v * cos;
    return [centimetres(x + 420 * (bendX(x, y) - 0.5)), centimetres(y + 420 * (bendY(x, y) - 0.5))];
  };
}

/** A round pond of about a twentieth of the field. */
function pondIn(ring: Ring, next: Random): Ring {
  const [x, y] = middle(ring);
  const radius = Math.sqrt(area(ring) / 60);
  const points = Array.from({ length: 9 }, (_, i): Point => {
    const angle = (-2 * Math.PI * i) / 9;
    const reach = radius * between(next, 0.8, 1.15);
    return [centimetres(x + reach * Math.cos(angle)), centimetres(y + reach * Math.sin(angle))];
  });
  return [...points, points[0]!];
}

function reachesTile(ring: Ring): boolean {
  const { originX, originY } = GRID_10M;
  return ring.some(
    ([x, y]) =>
      x > originX - MARGIN_METRES &&
      x < originX + SIDE_METRES + MARGIN_METRES &&
      y < originY + MARGIN_METRES &&
      y > originY - SIDE_METRES - MARGIN_METRES,
  );
}

function along(from: Point, to: Point, share: number): Point {
  return [from[0] + (to[0] - from[0]) * share, from[1] + (to[1] - from[1]) * share];
}

function distance(from: Point, to: Point): number {
  return Math.hypot(to[0] - from[0], to[1] - from[1]);
}

function centimetres(metres: number): number {
  return Math.round(metres * 100) / 100;
}
