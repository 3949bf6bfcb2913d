/** How parcels are asked for: by ids, or by a place in longitude and latitude. */
import { z } from 'zod';
import type { AskedParcels } from '../../database/reads/asked-parcels.js';
import { Problem } from '../problem.js';

/** So many ids may be asked for at once. */
const MOST_IDS = 10_000;
/** So many corners may a polygon have. */
const MOST_CORNERS = 10_000;

const longitude = z.number().min(-180).max(180);
const latitude = z.number().min(-90).max(90);

/** `[west, south, east, north]`, as GeoJSON has it. */
const BOX = z.tuple([longitude, latitude, longitude, latitude]).refine(([w, s, e, n]) => w < e && s < n, {
  error: 'west, south, east, north: each smaller than its opposite',
});

const RING = z
  .array(z.tuple([longitude, latitude], z.number()))
  .min(4)
  .refine(closes, { error: 'a ring ends where it begins' });
const RINGS = z.array(RING).min(1);

/** A GeoJSON geometry; coordinates beyond the second of a corner are no matter. */
export const POLYGON = z
  .discriminatedUnion('type', [
    z.object({ type: z.literal('Polygon'), coordinates: RINGS }),
    z.object({ type: z.literal('MultiPolygon'), coordinates: z.array(RINGS).min(1) }),
  ])
  .refine((shape) => cornersOf(shape.coordinates) <= MOST_CORNERS, {
    error: `a polygon has ${MOST_CORNERS} corners at most`,
  });

export type Polygon = z.output<typeof POLYGON>;

function closes(ring: readonly (readonly number[])[]): boolean {
  const [first, last] = [ring[0], ring.at(-1)];
  return first?.[0] === last?.[0] && first?.[1] === last?.[1];
}

function cornersOf(coordinates: readonly unknown[]): number {
  const [first] = coordinates;
  if (typeof first === 'number') return 1;
  let corners = 0;
  for (const part of coordinates) corners += cornersOf(part as readonly unknown[]);
  return corners;
}

/** Parameters of a query that say which parcels are meant; one of the ways, or none for all. */
export const PLACE_PARAMETERS = {
  ids: z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(z.string().min(1)).max(MOST_IDS))
    .optional()
    .meta({
      description: 'Ids of parcels, commas between. Ids with a comma go by parcels/search.',
      example: '17,18',
    }),
  bbox: z
    .string()
    .transform((text) => text.split(',').map((part) => (part.trim() === '' ? NaN : Number(part))))
    .pipe(BOX)
    .optional()
    .meta({
      description: 'west,south,east,north in degrees: parcels that meet the box.',
      example: '3.1,51.0,3.2,51.1',
    }),
  lon: z.coerce
    .number()
    .pipe(longitude)
    .optional()
    .meta({ description: 'With lat: parcels that the point lies in, or at the edge of.' }),
  lat: z.coerce.number().pipe(latitude).optional(),
};

/** Members of a body that say the same, and a polygon. */
export const PLACE_MEMBERS = {
  ids: z.array(z.string().min(1)).min(1).max(MOST_IDS).optional(),
  bbox: BOX.optional(),
  polygon: POLYGON.optional().meta({ description: 'GeoJSON, longitude and latitude: parcels that meet it.' }),
};

interface Place {
  readonly ids?: readonly string[] | undefined;
  readonly bbox?: z.output<typeof BOX> | undefined;
  readonly lon?: number | undefined;
  readonly lat?: number | undefined;
  readonly polygon?: Polygon | undefined;
}

/** @throws Problem where the place is told in several ways, or half of it. */
export function askedParcels({ ids, bbox, lon, lat, polygon }: Place): AskedParcels {
  if ((lon === undefined) !== (lat === undefined))
    throw new Problem(400, { detail: 'A point has lon and lat.', remedy: 'Give both, in degrees.' });
  const ways: AskedParcels[] = [];
  if (ids !== undefined) ways.push({ by: 'ids', ids });
  if (bbox !== undefined)
    ways.push({ by: 'box', west: bbox[0], south: bbox[1], east: bbox[2], north: bbox[3] });
  if (lon !== undefined && lat !== undefined) ways.push({ by: 'point', lon, lat });
  if (polygon !== undefined) ways.push({ by: 'polygon', geojson: JSON.stringify(polygon) });
  if (ways.length > 1)
    throw new Problem(400, {
      detail: 'Parcels are asked for in several ways at once.',
      remedy: 'Give ids, or a box, or a point, or a polygon.',
    });
  return ways[0] ?? { by: 'all' };
}
