/** An area in a GeoJSON file (RFC 7946): all of its polygons together. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { UserError } from '../terminal/user-error.js';

const POSITION = z.array(z.number()).min(2);
const RINGS = z.array(z.array(POSITION).min(4));
const POLYGON = z.object({ type: z.literal('Polygon'), coordinates: RINGS });
const POLYGONS = z.object({ type: z.literal('MultiPolygon'), coordinates: z.array(RINGS) });
const SHAPE = z.discriminatedUnion('type', [POLYGON, POLYGONS]);
const FEATURE = z.object({ type: z.literal('Feature'), geometry: SHAPE });
const FEATURES = z.object({ type: z.literal('FeatureCollection'), features: z.array(FEATURE).min(1) });
const FILE = z.union([SHAPE, FEATURE, FEATURES]);

/** @returns a MultiPolygon in degrees, as GeoJSON. @throws UserError where the file holds anything else. */
export async function polygonsOf(path: string): Promise<string> {
  const told = FILE.safeParse(await jsonOf(path));
  if (!told.success) throw new UserError(`${path}: it is GeoJSON of polygons that names an area`);
  const coordinates = shapesOf(told.data).flatMap((shape) =>
    shape.type === 'Polygon' ? [shape.coordinates] : shape.coordinates,
  );
  const inDegrees = coordinates.flat(2).every(([x, y]) => Math.abs(x!) <= 180 && Math.abs(y!) <= 90);
  if (!inDegrees) throw new UserError(`${path}: its coordinates are no degrees, as GeoJSON has them`);
  return JSON.stringify({ type: 'MultiPolygon', coordinates });
}

function shapesOf(told: z.infer<typeof FILE>): z.infer<typeof SHAPE>[] {
  if (told.type === 'FeatureCollection') return told.features.map(({ geometry }) => geometry);
  return [told.type === 'Feature' ? told.geometry : told];
}

async function jsonOf(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch(() => {
    throw new UserError(`${path}: there is no such file, or it can't be read`);
  });
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new UserError(`${path} is not valid JSON`);
  }
}
