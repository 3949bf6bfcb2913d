/**
 * Footprints: any GeoJSON polygon or multipolygon as parts that lie within -180 and 180 degrees.
 *
 * A ring that jumps by more than 180 degrees of longitude from one vertex to the next crosses the antimeridian without
 * having been cut there (RFC 7946, 3.1.9 asks for the cut; not every producer makes it). Its longitudes are unwrapped, and
 * it is cut at 180 degrees.
 */
import { fieldsOf } from './json-values.js';

/** Longitude and latitude, degrees. */
export type Position = readonly [longitude: number, latitude: number];
export type Ring = readonly Position[];
/** Parts, each an outer ring and holes: the coordinates of a GeoJSON MultiPolygon. */
export type Footprint = readonly (readonly Ring[])[];

/**
 * Parts and holes without an area (empty lists, points, lines) are left out: they cover nothing.
 * @returns undefined where there is no geometry, one that is damaged, or none that has an area on the map.
 */
export function footprintOf(geometry: unknown): Footprint | undefined {
  const { type, coordinates } = fieldsOf(geometry);
  const polygons = type === 'Polygon' ? [coordinates] : type === 'MultiPolygon' ? coordinates : undefined;
  if (!Array.isArray(polygons)) return undefined;
  const parts: Ring[][] = [];
  for (const polygon of polygons as unknown[]) {
    if (!Array.isArray(polygon)) return undefined;
    const rings = (polygon as unknown[]).map(ringOf);
    if (rings.includes(undefined)) return undefined;
    const [outer, ...holes] = rings as Ring[];
    if (outer === undefined || !hasArea(outer)) continue;
    const cut = cutAtAntimeridian([outer, ...holes.filter(hasArea)]);
    if (cut === undefined) return undefined;
    parts.push(...cut);
  }
  const whole = parts.filter(([outer]) => hasArea(outer!));
  return whole.length > 0 ? whole : undefined;
}

/** Longest west, south, east, north of a ring. */
export function boundsOf(ring: Ring): [west: number, south: number, east: number, north: number] {
  const bounds: [number, number, number, number] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of ring) {
    bounds[0] = Math.min(bounds[0], x);
    bounds[1] = Math.min(bounds[1], y);
    bounds[2] = Math.max(bounds[2], x);
    bounds[3] = Math.max(bounds[3], y);
  }
  return bounds;
}

/** A closed ring that PostGIS takes, and that is more than a point or a line; one that crosses itself is. */
function hasArea(ring: Ring): boolean {
  const [x0, y0] = ring[0] ?? [0, 0];
  const [x1, y1] = ring.find(([x, y]) => x !== x0 || y !== y0) ?? [x0, y0];
  return ring.length >= 4 && ring.some(([x, y]) => (x1 - x0) * (y - y0) !== (y1 - y0) * (x - x0));
}

/** Heights are dropped, and a ring that was left open is closed. */
function ringOf(coordinates: unknown): Ring | undefined {
  if (!Array.isArray(coordinates)) return undefined;
  const ring: Position[] = [];
  for (const position of coordinates as unknown[]) {
    if (!Array.isArray(position)) return undefined;
    const [longitude, latitude] = position as unknown[];
    if (!isDegrees(longitude, 360) || !isDegrees(latitude, 90)) return undefined;
    ring.push([longitude, latitude]);
  }
  return closed(ring);
}

function isDegrees(value: unknown, limit: number): value is number {
  return typeof value === 'number' && Number.isFinite(value) && Math.abs(value) <= limit;
}

function closed(ring: readonly Position[]): Ring {
  const [first] = ring;
  const last = ring[ring.length - 1];
  if (first === undefined || last === undefined) return ring;
  return first[0] === last[0] && first[1] === last[1] ? ring : [...ring, first];
}

/** The polygon itself where it stays on the map, else its parts. A ring around a pole can't be cut so: undefined. */
function cutAtAntimeridian(polygon: readonly Ring[]): Ring[][] | undefined {
  const unwrapped = polygon.map(unwrap);
  if (unwrapped.some((ring) => Math.abs(ring[0]![0] - ring[ring.length - 1]![0]) > 1)) return undefined;
  const [west, , east] = boundsOf(unwrapped[0]!);
  if (west >= -180 && east <= 180) return [polygon.map((ring) => ring.slice())];
  // The turn of the globe that holds the western end; what lies beyond its end belongs to the next.
  const turn = Math.floor((west + 180) / 360) * 360;
  return [turn, turn + 360].flatMap((start) => {
    const [outer, ...holes] = unwrapped
      .map((ring) => clip(clip(ring, start - 180, 1), start + 180, -1))
      .map((ring) => ring.map(([longitude, latitude]): Position => [longitude - start, latitude]));
    return outer !== undefined && hasArea(outer) ? [[outer, ...holes.filter(hasArea)]] : [];
  });
}

/** Longitudes that go on without a jump, from the first vertex. */
function unwrap(ring: Ring): Ring {
  let shift = 0;
  return ring.map(([longitude, latitude], i): Position => {
    const step = i === 0 ? 0 : longitude - ring[i - 1]![0];
    if (step > 180) shift -= 360;
    else if (step < -180) shift += 360;
    return [longitude + shift, latitude];
  });
}

/** What of a ring lies east (side 1) or west (side -1) of a meridian, after Sutherland and Hodgman. */
function clip(ring: Ring, meridian: number, side: 1 | -1): Ring {
  const inside = ([longitude]: Position): boolean => side * (longitude - meridian) >= 0;
  const kept: Position[] = [];
  for (let i = 1; i < ring.length; i++) {
    const from = ring[i - 1]!;
    const to = ring[i]!;
    if (inside(from)) kept.push(from);
    if (inside(from) !== inside(to)) {
      const share = (meridian - from[0]) / (to[0] - from[0]);
      kept.push([meridian, from[1] + share * (to[1] - from[1])]);
    }
  }
  return kept.length < 3 ? [] : closed(kept);
}
