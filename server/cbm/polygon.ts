/** The polygon of a query: in the words of CbM's clients, as WKT, or as GeoJSON; longitude and latitude. */
import type { WrittenShape } from '../../database/reads/parcels-at.js';
import { Unanswerable } from './answer.js';

const NUMBER = String.raw`[+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?`;
const PAIR = String.raw`\s*(${NUMBER})[_\s]+(${NUMBER})\s*`;
/** Pairs stand apart by a hyphen; one that follows an underscore, or another hyphen, is a sign. */
const PAIRS = new RegExp(`^${PAIR}(?:[-,]${PAIR})*$`);
const NEXT = new RegExp(`(?:^|[-,])${PAIR}`, 'y');

/**
 * `lon_lat-lon_lat-…`; a ring that does not close is closed.
 * @throws Unanswerable for anything else.
 */
export function readPolygon(text: string): WrittenShape {
  const trimmed = text.trim();
  if (/^(multi)?polygon/i.test(trimmed)) return { format: 'wkt', text: trimmed };
  if (trimmed.startsWith('{')) return { format: 'geojson', text: geometryOf(trimmed) };
  if (!PAIRS.test(trimmed))
    throw new Unanswerable('the polygon is neither pairs of numbers, WKT nor GeoJSON');
  const corners: string[] = [];
  NEXT.lastIndex = 0;
  for (let pair = NEXT.exec(trimmed); pair !== null; pair = NEXT.exec(trimmed))
    corners.push(`${pair[1]!} ${pair[2]!}`);
  if (corners[0] !== corners.at(-1)) corners.push(corners[0]!);
  return { format: 'wkt', text: `POLYGON((${corners.join(', ')}))` };
}

/** A feature's geometry; PostGIS reads no features. */
function geometryOf(text: string): string {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new Unanswerable('the polygon is no JSON');
  }
  const geometry = (json as { geometry?: unknown }).geometry ?? json;
  const { type } = geometry as { type?: unknown };
  if (type !== 'Polygon' && type !== 'MultiPolygon') throw new Unanswerable('the GeoJSON is no polygon');
  return JSON.stringify(geometry);
}
