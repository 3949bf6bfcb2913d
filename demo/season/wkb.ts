/** Polygons as well-known binary, the form PostGIS reads (OGC 06-103r4, clause 8.2). */
import type { Polygon } from './area.js';

const LITTLE_ENDIAN = 1;
const POLYGON = 3;
const MULTIPOLYGON = 6;

/** A Polygon, or a MultiPolygon where there are several parts. */
export function wkb(parts: readonly Polygon[]): Buffer {
  if (parts.length === 1) return polygonBytes(parts[0]!);
  return Buffer.concat([head(MULTIPOLYGON, parts.length), ...parts.map(polygonBytes)]);
}

function polygonBytes(rings: Polygon): Buffer {
  const bodies = rings.map((ring) => {
    const bytes = Buffer.alloc(4 + 16 * ring.length);
    bytes.writeUInt32LE(ring.length, 0);
    ring.forEach(([x, y], i) => {
      bytes.writeDoubleLE(x, 4 + 16 * i);
      bytes.writeDoubleLE(y, 12 + 16 * i);
    });
    return bytes;
  });
  return Buffer.concat([head(POLYGON, rings.length), ...bodies]);
}

function head(type: number, members: number): Buffer {
  const bytes = Buffer.alloc(9);
  bytes[0] = LITTLE_ENDIAN;
  bytes.writeUInt32LE(type, 1);
  bytes.writeUInt32LE(members, 5);
  return bytes;
}
