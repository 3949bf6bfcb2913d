/** The EPSG code of a CRS written as WKT 1 (OGC 01-009), by EPSG's, ESRI's or SNAP's habits, or with a code as WKT 2. */
import { checkLinearUnit } from './crs-units.js';
import { datumOfName, type Datum } from './datum.js';
import { Unsupported } from './unsupported.js';
import { utmEpsg } from './utm.js';

/** Longer texts are refused; those of compound CRS with all their parameters have some thousand characters. */
const MAX_CHARACTERS = 1 << 16;
const MAX_DEPTH = 16;

const DEGREE = Math.PI / 180;
/** Semi-major axis in metres and the inverse flattenings of WGS 84 and GRS 80, whose datums are the ones that are known. */
const AXIS = 6_378_137;
const FLATTENINGS = [298.257223563, 298.257222101];

/** Keywords of WKT 1 and WKT 2. */
const COMPOUND = ['COMPD_CS', 'COMPOUNDCRS'];
const PROJECTED = ['PROJCS', 'PROJCRS'];
const GEOGRAPHIC = ['GEOGCS', 'GEOGCRS', 'GEODCRS'];

interface Node {
  readonly keyword: string;
  readonly values: readonly string[];
  readonly children: readonly Node[];
}

/**
 * The code that the CRS itself carries; without one, that of a UTM zone with these parameters, or EPSG:4326 for
 * unprojected WGS 84. Of a compound CRS, that of its horizontal one. Undefined when none of it applies.
 * @throws Unsupported for a CRS whose unit is not the one that its code has.
 */
export function epsgOfWkt(wkt: string): number | undefined {
  const root = wkt.length > MAX_CHARACTERS ? undefined : parse(wkt);
  const crs = COMPOUND.includes(root?.keyword ?? '') ? child(root!, ...PROJECTED, ...GEOGRAPHIC) : root;
  if (crs === undefined) return undefined;
  const [authority, code] = child(crs, 'AUTHORITY', 'ID')?.values ?? [];
  const own = authority?.toUpperCase() === 'EPSG' && /^\d{1,6}$/.test(code ?? '') ? Number(code) : undefined;
  if (GEOGRAPHIC.includes(crs.keyword))
    return hasDegrees(crs) ? (own ?? (isWgs84(crs) ? 4326 : undefined)) : undefined;
  if (!PROJECTED.includes(crs.keyword)) return undefined;
  const epsg = own ?? utmByParameters(crs);
  const metres = child(crs, 'UNIT', 'LENGTHUNIT')?.values[1];
  if (epsg !== undefined && metres !== undefined) checkLinearUnit(epsg, Number(metres));
  return epsg;
}

function hasDegrees(geographic: Node): boolean {
  const factor = child(geographic, 'UNIT', 'ANGLEUNIT')?.values[1];
  if (factor === undefined || Math.abs(Number(factor) / DEGREE - 1) < 1e-6) return true;
  throw new Unsupported(
    `has coordinates in an angular unit of ${factor} radians; warp it to a CRS in degrees`,
  );
}

function isWgs84(geographic: Node): boolean {
  return datumOf(geographic) === 'WGS 84';
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
  const geographic = child(root, 'GEOGCS');
  if (!isUtm || geographic === undefined || !hasDegrees(geographic)) return undefined;
  const zone = ((parameters.get('central_meridian') ?? NaN) + 183) / 6;
  return utmEpsg(datumOf(geographic), zone, northing !== 0);
}

/**
 * The datum by its own name, or by that of the CRS around it where it has none; on its own ellipsoid and from Greenwich.
 */
function datumOf(geographic: Node): Datum | undefined {
  const datum = child(geographic, 'DATUM');
  const [, axis = AXIS, flattening = FLATTENINGS[0]] = (datum && child(datum, 'SPHEROID'))?.values ?? [];
  const [, meridian = 0] = child(geographic, 'PRIMEM')?.values ?? [];
  const isUsual =
    Number(meridian) === 0 &&
    Number(axis) === AXIS &&
    FLATTENINGS.some((usual) => Math.abs(Number(flattening) - usual) < 1e-7);
  return isUsual ? datumOfName(datum?.values[0] ?? geographic.values[0] ?? '') : undefined;
}

/** The first child that has one of the keywords. */
function child(node: Node, ...keywords: readonly string[]): Node | undefined {
  return node.children.find(({ keyword }) => keywords.includes(keyword));
}

/** Reads `KEYWORD[value, …, KEYWORD[…]]`; undefined when the brackets don't close. */
function parse(wkt: string): Node | undefined {
  const tokens = wkt.match(/"[^"]*"|[[\](),]|[^\s"[\](),]+/g) ?? [];
  let at = 0;
  const read = (depth: number): Node | undefined => {
    const keyword = tokens[at++]?.toUpperCase();
    if (keyword === undefined || depth > MAX_DEPTH || !/^[[(]$/.test(tokens[at++] ?? '')) return undefined;
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
