/**
 * The `RectifiedGrid` of GML in JPEG 2000 (OGC 05-047r3, clause 8): CRS, position of the upper left pixel's CENTRE, and
 * the two vectors from a pixel to the next one.
 *
 * The order of coordinates follows the CRS's definition, or doesn't, depending on who wrote the file, and the grid's
 * axes may be named x, y or y, x. For a grid that is north-up the vectors themselves leave no doubt: one has only a
 * positive component, the step to the right, the other only a negative one, the step down.
 */
import type { Georeference } from './georeference.js';

/** @returns undefined where the text holds no RectifiedGrid that is north-up and has an EPSG code. */
export function parseGml(text: string): Georeference | undefined {
  const grid = /<(?:\w+:)?RectifiedGrid\b[^>]*>[^]*?<\/(?:\w+:)?RectifiedGrid>/.exec(text)?.[0];
  if (grid === undefined) return undefined;
  const epsg = epsgCode(/srsName\s*=\s*["']([^"']+)["']/.exec(grid)?.[1]);
  const origin = pair(/<(?:\w+:)?(?:pos|coordinates)\b[^>]*>([^<]*)</.exec(grid)?.[1]);
  const [first, second] = [...grid.matchAll(/<(?:\w+:)?offsetVector\b[^>]*>([^<]*)</g)].map((match) =>
    pair(match[1]),
  );
  if (epsg === undefined || !origin || !first || !second) return undefined;
  const right = [first, second].find(([a, b]) => Math.max(a, b) > 0 && Math.min(a, b) === 0);
  const down = [first, second].find(([a, b]) => Math.min(a, b) < 0 && Math.max(a, b) === 0);
  if (!right || !down) return undefined;
  const eastFirst = right[0] !== 0;
  if (eastFirst !== (down[1] !== 0)) return undefined; // both vectors along one axis
  const stepX = eastFirst ? right[0] : right[1];
  const stepY = eastFirst ? down[1] : down[0];
  const [centreX, centreY] = eastFirst ? origin : [origin[1], origin[0]];
  return { epsg, originX: centreX - stepX / 2, originY: centreY - stepY / 2, stepX, stepY };
}

/** Two numbers parted by blanks or a comma. */
function pair(text: string | undefined): [number, number] | undefined {
  const numbers =
    text
      ?.trim()
      .split(/[\s,]+/)
      .map(Number) ?? [];
  const [a, b] = numbers;
  return numbers.length === 2 && Number.isFinite(a) && Number.isFinite(b) ? [a!, b!] : undefined;
}

/**
 * The code in `urn:ogc:def:crs:EPSG::32631`, `urn:ogc:def:crs:EPSG:6.6:32631`, `EPSG:32631`,
 * `http://www.opengis.net/def/crs/EPSG/0/32631` and `http://www.opengis.net/gml/srs/epsg.xml#32631`.
 */
function epsgCode(name: string | undefined): number | undefined {
  const code = /epsg(?:\.xml#|[:/](?:[\w.]*[:/])?)(\d+)$/i.exec(name?.trim() ?? '')?.[1];
  return code === undefined ? undefined : Number(code);
}
