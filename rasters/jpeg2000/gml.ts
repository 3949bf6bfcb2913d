/**
 * The `RectifiedGrid` of GML in JPEG 2000 (OGC 05-047r3, clause 8): CRS, position of the upper left pixel's CENTRE, and
 * the two vectors from a pixel to the next one.
 *
 * The order of coordinates follows the CRS's definition, or doesn't, depending on who wrote the file, and the grid's
 * axes may be named x, y or y, x. For a grid that is north-up the vectors themselves leave no doubt: one has only a
 * positive component, the step to the right, the other only a negative one, the step down.
 */
import { elementsOf, findElement, findElements, readXml, type XmlElement } from '../xml.js';
import type { Georeference } from './stated-georeference.js';

/** Names of a CRS and pairs of numbers are short; longer text is neither. */
const MAX_TEXT = 256;

/**
 * @returns undefined where the document holds no RectifiedGrid that is north-up and has an EPSG code
 * @throws Damage where it is no XML that is read
 */
export function parseGml(document: Uint8Array | string): Georeference | undefined {
  const grid = findElement(readXml(document), 'RectifiedGrid');
  if (!grid) return undefined;
  const epsg = epsgCode(firstSrsName(grid));
  const origin = pair(findElement(grid, 'pos') ?? findElement(grid, 'coordinates'));
  const [first, second] = findElements(grid, 'offsetVector').map(pair);
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

/** It stands with the grid, with its origin or with its vectors. */
function firstSrsName(grid: XmlElement): string | undefined {
  for (const { attributes } of elementsOf(grid)) {
    const name = attributes.get('srsName');
    if (name !== undefined) return name;
  }
  return undefined;
}

/** Two numbers parted by blanks or a comma. */
function pair(element: XmlElement | undefined): [number, number] | undefined {
  if (!element || element.text.length > MAX_TEXT) return undefined;
  const numbers = element.text.split(/[\s,]+/).map(Number);
  const [a, b] = numbers;
  return numbers.length === 2 && Number.isFinite(a) && Number.isFinite(b) ? [a!, b!] : undefined;
}

/**
 * The code in `urn:ogc:def:crs:EPSG::32631`, `urn:ogc:def:crs:EPSG:6.6:32631`, `EPSG:32631`,
 * `http://www.opengis.net/def/crs/EPSG/0/32631` and `http://www.opengis.net/gml/srs/epsg.xml#32631`.
 */
function epsgCode(name: string | undefined): number | undefined {
  if (name === undefined || name.length > MAX_TEXT) return undefined;
  const code = /epsg(?:\.xml#|[:/](?:[\w.]*[:/])?)(\d+)$/i.exec(name.trim())?.[1];
  return code === undefined ? undefined : Number(code);
}
