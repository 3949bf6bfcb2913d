/** Polygons as the tests write them, made into WKB and parcel sets, and the slow, obvious way to rasterise them. */
import type { Grid } from '../../zonal/grid.js';
import { ParcelSetBuilder, type ParcelSet } from '../../zonal/parcel-set.js';
import { Rasteriser } from '../../zonal/rasteriser.js';
import { SpanList } from '../../zonal/span-list.js';

export type Point = readonly [number, number];
export type Ring = readonly Point[];
/** A shell, then its holes. */
export type Polygon = readonly Ring[];

export const NOWHERE = { minX: 0, minY: 0, maxX: 0, maxY: 0 };

export interface WkbOptions {
  readonly bigEndian?: boolean;
  /** Further coordinates of every point. */
  readonly z?: number;
  readonly m?: number;
  /** Writes PostGIS' flags instead of ISO's type numbers. */
  readonly ewkb?: boolean;
  readonly srid?: number;
}

/** Writes WKB piece by piece. */
export class WkbWriter {
  private readonly pieces: Buffer[] = [];
  constructor(private readonly options: WkbOptions = {}) {}

  head(type: number): this {
    const { bigEndian, z, m, ewkb, srid } = this.options;
    this.pieces.push(Buffer.from([bigEndian === true ? 0 : 1]));
    let word = type;
    if (ewkb === true || srid !== undefined) {
      if (z !== undefined) word += 0x80000000;
      if (m !== undefined) word += 0x40000000;
      if (srid !== undefined) word += 0x20000000;
    } else word += (z !== undefined ? 1000 : 0) + (m !== undefined ? 2000 : 0);
    this.uint32(word);
    return srid === undefined ? this : this.uint32(srid);
  }

  uint32(value: number): this {
    const piece = Buffer.alloc(4);
    if (this.options.bigEndian === true) piece.writeUInt32BE(value);
    else piece.writeUInt32LE(value);
    this.pieces.push(piece);
    return this;
  }

  doubles(...values: number[]): this {
    for (const value of values) {
      const piece = Buffer.alloc(8);
      if (this.options.bigEndian === true) piece.writeDoubleBE(value);
      else piece.writeDoubleLE(value);
      this.pieces.push(piece);
    }
    return this;
  }

  point(x: number, y: number): this {
    const { z, m } = this.options;
    return this.doubles(x, y, ...(z === undefined ? [] : [z]), ...(m === undefined ? [] : [m]));
  }

  polygon(rings: Polygon): this {
    this.head(3).uint32(rings.length);
    for (const ring of rings) {
      this.uint32(ring.length);
      for (const [x, y] of ring) this.point(x, y);
    }
    return this;
  }

  done(): Uint8Array {
    return Buffer.concat(this.pieces);
  }
}

export function closed(ring: Ring): Ring {
  return [...ring, ring[0]!];
}

/** One polygon, or several as a MultiPolygon. */
export function wkbOf(polygons: readonly Polygon[], options: WkbOptions = {}): Uint8Array {
  const writer = new WkbWriter(options);
  const rings = polygons.map((polygon) => polygon.map(closed));
  if (rings.length === 1) return writer.polygon(rings[0]!).done();
  writer.head(6).uint32(rings.length);
  for (const polygon of rings) writer.polygon(polygon);
  return writer.done();
}

/** A set of parcels 1, 2, ..., each made of polygons. */
export function parcelSet(...parcels: (readonly Polygon[])[]): ParcelSet {
  const builder = new ParcelSetBuilder();
  parcels.forEach((polygons, index) => {
    builder.add(index + 1, NOWHERE, wkbOf(polygons));
  });
  return builder.finish();
}

export function rectangle(minX: number, minY: number, maxX: number, maxY: number): Ring {
  return [
    [minX, minY],
    [maxX, minY],
    [maxX, maxY],
    [minX, maxY],
  ];
}

/** A ring in pixels (column to the right, row down), brought to the grid's CRS. */
export function onGround(grid: Grid, ring: readonly (readonly number[])[]): Ring {
  return ring.map(([x, y]) => [grid.originX + x! * grid.stepX, grid.originY + y! * grid.stepY]);
}

/** The distance of a point to a segment. */
function distance([x, y]: Point, [x1, y1]: Point, [x2, y2]: Point): number {
  const squared = (x2 - x1) ** 2 + (y2 - y1) ** 2;
  const along = squared === 0 ? 0 : ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / squared;
  const t = Math.min(1, Math.max(0, along));
  return Math.hypot(x - x1 - t * (x2 - x1), y - y1 - t * (y2 - y1));
}

function edges(polygon: Polygon): (readonly [Point, Point])[] {
  return polygon.flatMap((ring) => ring.map((point, i) => [point, ring[(i + 1) % ring.length]!] as const));
}

/** How far a point lies from the polygons' edges. */
export function distanceToEdges(point: Point, polygons: readonly Polygon[]): number {
  return Math.min(...polygons.flatMap(edges).map(([a, b]) => distance(point, a, b)));
}

/** Whether a point that lies on no edge is inside one of the polygons: a ray from it crosses its edges an odd number of times. */
export function isInside([x, y]: Point, polygons: readonly Polygon[]): boolean {
  return polygons.some((polygon) => {
    const crossed = edges(polygon).filter(
      ([[x1, y1], [x2, y2]]) => y1 > y !== y2 > y && x < ((y - y1) * (x2 - x1)) / (y2 - y1) + x1,
    );
    return crossed.length % 2 === 1;
  });
}

export function centreOf(grid: Grid, pixel: number): Point {
  const column = pixel % grid.width;
  const row = Math.floor(pixel / grid.width);
  return [grid.originX + (column + 0.5) * grid.stepX, grid.originY + (row + 0.5) * grid.stepY];
}

/** The spans of a set's parcels: those of parcel `i` are `offsets[i]` to before `offsets[i + 1]`. */
export function spansOf(grid: Grid, set: ParcelSet): SpanList & { readonly offsets: Uint32Array } {
  const spans = new SpanList();
  const { offsets, refused } = new Rasteriser(grid).rasterise(set, spans);
  if (refused.length > 0) throw new Error(refused.join('; '));
  return Object.assign(spans, { offsets });
}

/** The pixels of the spans `from` to before `to`, in the order of the spans. */
export function pixelsOf(
  start: Int32Array,
  length: Uint16Array | Int32Array,
  from: number,
  to: number,
): number[] {
  const pixels: number[] = [];
  for (let k = from; k < to; k++) for (let i = 0; i < length[k]!; i++) pixels.push(start[k]! + i);
  return pixels;
}
