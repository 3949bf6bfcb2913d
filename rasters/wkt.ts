/** The EPSG code of a CRS written as WKT 1 (OGC 01-009), by EPSG's, ESRI's or SNAP's habits. */
import { isWgs84, utmEpsg } from './utm.js';

interface Node {
  readonly keyword: string;
  readonly values: readonly string[];
  readonly children: readonly Node[];
}

/**
 * The code that the CRS itself carries; without one, that of a UTM zone with these parameters, or EPSG:4326 for
 * unprojected WGS 84. Undefined when none of it applies.
 */
export function epsgOfWkt(wkt: string): number | undefined {
  const root = parse(wkt);
  if (root === undefined) return undefined;
  const [authority, code] = (child(root, 'AUTHORITY') ?? child(root, 'ID'))?.values ?? []; // WKT 1, WKT 2
  if (authority?.toUpperCase() === 'EPSG' && /^\d+$/.test(code ?? '')) return Number(code);
  if (root.keyword === 'GEOGCS') return isWgs84(datumOf(root)) ? 4326 : undefined;
  return root.keyword === 'PROJCS' ? utmByParameters(root) : undefined;
}

function utmByParameters(root: Node): number | undefined {
  const parameters = new Map(
    root.children
      .filter(({ keyword }) => keyword === 'PARAMETER')
      .map(({ values: [name, value] }) => [name?.toLowerCase(), Number(value)]),
  );
  const projection = child(root, 'PROJECTION')?.values[0]?.toLowerCase();
  const northing = parameters.get('false_northing');
  const isUtm =
    projection === 'transverse_mercator' &&
    parameters.get('scale_factor') === 0.9996 &&
    parameters.get('false_easting') === 500_000 &&
    parameters.get('latitude_of_origin') === 0 &&
    (northing === 0 || northing === 10_000_000);
  if (!isUtm) return undefined;
  const zone = ((parameters.get('central_meridian') ?? NaN) + 183) / 6;
  return utmEpsg(datumOf(root), zone, northing !== 0);
}

/** The name of the datum and of the geographic CRS around it; either may be the one that is spelt in a known way. */
function datumOf(root: Node): string {
  const geographic = root.keyword === 'GEOGCS' ? root : child(root, 'GEOGCS');
  const datum = geographic && child(geographic, 'DATUM');
  return `${datum?.values[0] ?? ''} ${geographic?.values[0] ?? ''}`;
}

function child(node: Node, keyword: string): Node | undefined {
  return node.children.find((candidate) => candidate.keyword === keyword);
}

/** Reads `KEYWORD[value, …, KEYWORD[…]]`; undefined when the brackets don't close. */
function parse(wkt: string): Node | undefined {
  const tokens = wkt.match(/"[^"]*"|[[\](),]|[^\s"[\](),]+/g) ?? [];
  let at = 0;
  const read = (depth: number): Node | undefined => {
    const keyword = tokens[at++]?.toUpperCase();
    if (keyword === undefined || depth > 16 || !/^[[(]$/.test(tokens[at++] ?? '')) return undefined;
    const values: string[] = [];
    const children: Node[] = [];
    while (at < tokens.length) {
      const token = tokens[at]!;
      if (token === ']' || token === ')') {
        at += 1;
        return { keyword, values, children };
      }
      if (/^[[(]$/.test(tokens[at + 1] ?? '')) {
        const node = read(depth + 1);
        if (node === undefined) return undefined;
        children.push(node);
      } else {
        if (token !== ',') values.push(token.replaceAll('"', ''));
        at += 1;
      }
    }
    return undefined;
  };
  return read(0);
}
