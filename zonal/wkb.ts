/**
 * Reads the polygons out of Well-Known Binary: OGC 06-103r4 clause 8 (both byte orders, ISO's Z and M types), and
 * PostGIS' EWKB (flags for Z, M and SRID in the type word).
 */

/** A geometry that holds no polygons to measure, or bytes that are no geometry. */
export class GeometryError extends Error {
  override readonly name = 'GeometryError';
}

/** Takes the rings as they are read. A part's first ring is its shell, the others are its holes. */
export interface RingSink {
  /** The next polygon begins. */
  part(): void;
  /** A ring of `pointCount` points follows: write x and y alternately from `xy[at]` on. */
  ring(pointCount: number): { readonly xy: Float64Array; readonly at: number };
}

const POINT = 1;
const LINE_STRING = 2;
const POLYGON = 3;
const MULTI_POINT = 4;
const MULTI_LINE_STRING = 5;
const MULTI_POLYGON = 6;
const GEOMETRY_COLLECTION = 7;

const EWKB_Z = 0x80000000;
const EWKB_M = 0x40000000;
const EWKB_SRID = 0x20000000;

/** Collections inside collections: valid data has one or two levels; deeper ones could exhaust the stack. */
const MAX_DEPTH = 16;
/** Byte order, type and a count: no geometry but a point is smaller. */
const SMALLEST_GEOMETRY_BYTES = 9;

/**
 * Hands every non-empty ring of the polygons in `wkb` to `sink`, closed (the last point repeats the first). Points and
 * lines inside a collection are passed over; empty polygons and collections hand over nothing.
 * @throws GeometryError when the bytes are truncated or no geometry, or hold something else than polygons.
 */
export function readPolygons(wkb: Uint8Array, sink: RingSink): void {
  const reader = new WkbReader(wkb, sink);
  reader.geometry(0);
  reader.end();
}

class WkbReader {
  private readonly view: DataView;
  private at = 0;
  private littleEndian = true;
  private stride = 16;

  constructor(
    wkb: Uint8Array,
    private readonly sink: RingSink,
  ) {
    this.view = new DataView(wkb.buffer, wkb.byteOffset, wkb.byteLength);
  }

  geometry(depth: number): void {
    const type = this.header();
    switch (type) {
      case POLYGON:
        this.polygon();
        return;
      case MULTI_POLYGON:
      case GEOMETRY_COLLECTION:
      case MULTI_POINT:
      case MULTI_LINE_STRING: {
        if (depth === 0 && type < MULTI_POLYGON) throw notPolygons(type);
        if (depth === MAX_DEPTH) throw new GeometryError('its collections are nested too deeply');
        const count = this.count(SMALLEST_GEOMETRY_BYTES);
        for (let i = 0; i < count; i++) this.geometry(depth + 1);
        return;
      }
      case POINT:
        if (depth === 0) throw notPolygons(type);
        this.skip(this.stride);
        return;
      case LINE_STRING:
        if (depth === 0) throw notPolygons(type);
        this.skip(this.count(this.stride) * this.stride);
        return;
      default:
        throw notPolygons(type);
    }
  }

  end(): void {
    const left = this.view.byteLength - this.at;
    if (left > 0) throw new GeometryError(`${left} bytes follow the end of its WKB`);
  }

  /** Byte order and type word; sets how the coordinates that follow are stored. */
  private header(): number {
    this.need(5);
    const order = this.view.getUint8(this.at);
    if (order > 1)
      throw new GeometryError(`its WKB has the byte-order mark ${order}, which is neither 0 nor 1`);
    this.littleEndian = order === 1;
    const word = this.view.getUint32(this.at + 1, this.littleEndian);
    this.at += 5;
    if ((word & EWKB_SRID) !== 0) this.skip(4);
    const code = word & 0x1fffffff;
    const dimensions = code < 4000 ? Math.floor(code / 1000) : 0;
    const hasZ = (word & EWKB_Z) !== 0 || dimensions === 1 || dimensions === 3;
    const hasM = (word & EWKB_M) !== 0 || dimensions === 2 || dimensions === 3;
    this.stride = 16 + (hasZ ? 8 : 0) + (hasM ? 8 : 0);
    return code - dimensions * 1000;
  }

  private polygon(): void {
    const rings = this.count(4);
    const { stride } = this;
    let begun = false;
    for (let r = 0; r < rings; r++) {
      const points = this.count(stride);
      // Without a shell there is no polygon, whatever its holes.
      if (points === 0 || (r > 0 && !begun)) {
        this.skip(points * stride);
        continue;
      }
      if (!begun) this.sink.part();
      begun = true;
      this.ring(points);
    }
  }

  private ring(points: number): void {
    const { view, littleEndian, stride } = this;
    const last = this.at + (points - 1) * stride;
    const closed =
      view.getFloat64(this.at, littleEndian) === view.getFloat64(last, littleEndian) &&
      view.getFloat64(this.at + 8, littleEndian) === view.getFloat64(last + 8, littleEndian);
    const { xy, at } = this.sink.ring(closed ? points : points + 1);
    let to = at;
    for (let from = this.at; from <= last; from += stride) {
      const x = view.getFloat64(from, littleEndian);
      const y = view.getFloat64(from + 8, littleEndian);
      // Infinity and NaN both make the difference NaN.
      if (x - x !== 0 || y - y !== 0)
        throw new GeometryError('it has a coordinate that is not a finite number');
      xy[to++] = x;
      xy[to++] = y;
    }
    if (!closed) {
      xy[to] = xy[at]!;
      xy[to + 1] = xy[at + 1]!;
    }
    this.at += points * stride;
  }

  /** A count of things of at least `bytesEach`, checked against what is left, so that no lie makes us allocate. */
  private count(bytesEach: number): number {
    this.need(4);
    const count = this.view.getUint32(this.at, this.littleEndian);
    this.at += 4;
    this.need(count * bytesEach);
    return count;
  }

  private skip(bytes: number): void {
    this.need(bytes);
    this.at += bytes;
  }

  private need(bytes: number): void {
    if (this.at + bytes > this.view.byteLength) throw new GeometryError('its WKB is cut short');
  }
}

function notPolygons(type: number): GeometryError {
  const names = ['geometry', 'Point', 'LineString', 'Polygon', 'MultiPoint', 'MultiLineString'];
  return new GeometryError(
    `it is a ${names[type] ?? `geometry of WKB type ${type}`}, and only Polygon and MultiPolygon can be measured`,
  );
}
