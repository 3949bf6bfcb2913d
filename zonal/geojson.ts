/** Polygons as GeoJSON writes them (RFC 7946, 3.1.6 and 3.1.7), brought into the form that parcels are read from. */

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

/** The geometry as little-endian Well-Known Binary: a MultiPolygon of two dimensions, whatever it was. */
export function wkbOf({ type, coordinates }: Polygon | MultiPolygon): Uint8Array {
  const polygons = type === 'Polygon' ? [coordinates] : coordinates;
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
      for (const [x = NaN, y = NaN] of ring) {
        view.setFloat64(at, x, true);
        view.setFloat64(at + 8, y, true);
        at += 16;
      }
    }
  }
  return new Uint8Array(view.buffer);
}
