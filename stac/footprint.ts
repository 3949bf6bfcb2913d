/**
 * Footprints: any GeoJSON polygon or multipolygon as parts that lie within -180 and 180 degrees.
 *
 * A ring that jumps by more than 180 degrees of longitude from one vertex to the next crosses the antimeridian without
 * having been cut there (RFC 7946, 3.1.9 asks for the cut; not every producer makes it). Its longitudes are unwrapped, and
 * it is cut at 180 degrees.
 */

/** Longitude and latitude, degrees. */
export type Position = readonly [longitude: number, latitude: number];
export type Ring = readonly Position[];
/** Parts, each an outer ring and holes: the coordinates of a GeoJSON MultiPolygon. */
export type Footprint = readonly (readonly Ring[])[];

/** Undefined where there is no geometry, or none that has an area on the map. */
export function footprintOf(geometry: unknown): Footprint | undefined {
  if (typeof geometry !== 'object' || geometry === null) return undefined;
  const { type, coordinates } = geometry as { type?: unknown; coordinates?: unknown };
  const polygons = type === 'Polygon' ? [coordinates] : type === 'MultiPolygon' ? coordinates : undefined;
  if (!Array.isArray(polygons)) return undefined;
  const parts: Ring[][] = [];
  for (const polygon of polygons as unknown[]) {
    const rings = Array.isArray(polygon) ? (polygon as unknown[]).map(ringOf) : [];
    const [outer] = rings;
    if (outer === undefined || rings.includes(undefined)) return undefined;
    const cut = cutAtAntimeridian(rings as Ring[]);
    if (cut === undefined) return undefined;
    parts.push(...cut);
  }
  return parts.length > 0 && parts.every(([outer]) => area(outer!) > 0) ? parts : undefined;
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
  return ring.length < 3 ? undefined : closed(ring);
}

function isDegrees(value: unknown, limit: number): value is number {
  return typeof value === 'number' && Number.isFinite(value) && Math.abs(value) <= limit;
}

function closed(ring: readonly Position[]): Ring {
  const [first] = ring;
  const last = ring[ring.length - 1];
  return first![0] === last![0] && first![1] === last![1] ? ring : [...ring, first!];
}

/** The polygon itself where it stays on the map, else its parts. A ring around a pole can't be cut so: undefined. */
function cutAtAntimeridian(polygon: readonly Ring[]): Ring[][] | undefined {
  const unwrapped = polygon.map(unwrap);
  if (unwrapped.some((ring) => Math.abs(ring[0]![0] - ring[ring.length - 1]![0]) > 1)) return undefined;
  const longitudes = unwrapped[0]!.map(([longitude]) => longitude);
  const west = Math.min(...longitudes);
  const east = Math.max(...longitudes);
  if (west >= -180 && east <= 180) return [polygon.map((ring) => ring.slice())];
  // The turn of the globe that holds the western end; what lies beyond its end belongs to the next.
  const turn = Math.floor((west + 180) / 360) * 360;
  return [turn, turn + 360]
    .map((start) =>
      unwrapped
        .map((ring) => clip(clip(ring, start - 180, 1), start + 180, -1))
        .filter((ring) => ring.length >= 4)
        .map((ring) => ring.map(([longitude, latitude]): Position => [longitude - start, latitude])),
    )
    .filter((part) => part.length > 0 && area(part[0]!) > 0);
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

/** Square degrees, whichever way the ring turns. */
function area(ring: Ring): number {
  let twice = 0;
  for (let i = 1; i < ring.length; i++) {
    const [x0, y0] = ring[i - 1]!;
    const [x1, y1] = ring[i]!;
    twice += x0 * y1 - x1 * y0;
  }
  return Math.abs(twice) / 2;
}
