/** Polygons as GeoJSON writes them (RFC 7946, 3.1.6 and 3.1.7), brought into the form that parcels are read from. */
import { GeometryError } from './wkb.js';

/** x and y; what follows, a height, is left out. */
export type Position = readonly number[];

/** The first ring is the shell, the others are holes. */
export interface Polygon {
  readonly type: 'Polygon';
  readonly coordinates: readonly (readonly Position[])[];
}

export interface MultiPolygon {
  readonly type: 'MultiPolygon';
  readonly coordinates: readonly (readonly (readonly Position[])[])[];
}

const POLYGON = 3;
const MULTI_POLYGON = 6;

/** Positions of rings of polygons, whose coordinates nobody has looked at. */
type Polygons = readonly (readonly (readonly (readonly unknown[])[])[])[];

/**
 * The geometry as little-endian Well-Known Binary: a MultiPolygon of two dimensions, whatever it was. What is no number
 * becomes NaN, which readers refuse.
 * @throws GeometryError for what is neither a Polygon nor a MultiPolygon.
 */
export function wkbOf(geometry: Polygon | MultiPolygon): Uint8Array {
  const polygons = polygonsOf(geometry);
  const rings = polygons.flat();
  const points = rings.reduce((sum, ring) => sum + ring.length, 0);
  const view = new DataView(new ArrayBuffer(9 * (polygons.length + 1) + 4 * rings.length + 16 * points));
  let at = 0;
  const count = (value: number): void => {
    view.setUint32(at, value, true);
    at += 4;
  };
  const head = (kind: number, parts: number): void => {
    view.setUint8(at++, 1);
    count(kind);
    count(parts);
  };
  head(MULTI_POLYGON, polygons.length);
  for (const polygon of polygons) {
    head(POLYGON, polygon.length);
    for (const ring of polygon) {
      count(ring.length);
      for (const [x, y] of ring) {
        view.setFloat64(at, typeof x === 'number' ? x : NaN, true);
        view.setFloat64(at + 8, typeof y === 'number' ? y : NaN, true);
        at += 16;
      }
    }
  }
  return new Uint8Array(view.buffer);
}

/** Whatever the types say: most geometries come out of files of others. */
function polygonsOf(geometry: unknown): Polygons {
  const { type, coordinates } = Object(geometry) as Readonly<Record<string, unknown>>;
  if (type !== 'Polygon' && type !== 'MultiPolygon')
    throw new GeometryError(
      `it is ${typeof type === 'string' ? `a ${type}` : 'no GeoJSON'}, and only Polygon and MultiPolygon can be measured`,
    );
  const polygons = type === 'Polygon' ? [coordinates] : coordinates;
  if (!areNested(polygons, 4))
    throw new GeometryError(`its coordinates are not nested as those of a ${type}`);
  return polygons as Polygons;
}

/** Whether a value is lists in lists, so many deep. */
function areNested(value: unknown, depth: number): boolean {
  return Array.isArray(value) && (depth === 1 || value.every((inner) => areNested(inner, depth - 1)));
}
