/** Where an ENVI file lies on the ground: its `map info`, and the `coordinate system string` where it has one. */
import { checkCoordinates, checkLinearUnit, FOOT, isGeographic } from './crs-units.js';
import { Damage } from './damage.js';
import { datumOfName } from './datum.js';
import type { EnviHeader } from './envi-header.js';
import type { RasterGrid } from './raster.js';
import { asRefusal } from './refusal.js';
import { Unsupported } from './unsupported.js';
import { utmEpsg } from './utm.js';
import { epsgOfWkt } from './wkt.js';

/** Metres of ENVI's units of length, and parts of a degree of its angular ones. */
const METRES: Readonly<Record<string, number>> = {
  ...{ meters: 1, metres: 1, meter: 1, metre: 1, m: 1, feet: FOOT, km: 1000, yards: 0.9144, miles: 1609.344 },
};
const PARTS_OF_DEGREE: Readonly<Record<string, number>> = {
  ...{ degrees: 1, degree: 1, minutes: 60, seconds: 3600 },
};

/** IDL prints doubles with a d for the e. */
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([ed][+-]?\d+)?$/i;

/**
 * `map info = {UTM, refX, refY, easting, northing, stepX, stepY, zone, North|South, datum, units=…, rotation=…}`; zone and
 * hemisphere stand there for UTM only. The reference pixel is 1-based, need not be a corner (SNAP takes the centre of the
 * image), and (1, 1) means the outer corner of the upper left pixel.
 * @throws RasterError naming the header
 * @internal
 */
export function enviGrid(path: string, header: EnviHeader): RasterGrid {
  try {
    return readGrid(header);
  } catch (error) {
    throw asRefusal(path, error);
  }
}

function readGrid(header: EnviHeader): RasterGrid {
  const { mapInfo, width, height } = header;
  if (mapInfo.length === 0) throw new Unsupported("has no 'map info', so nothing says where the pixels lie");
  const numbers = mapInfo
    .slice(1, 7)
    .map((item) => (NUMBER.test(item) ? Number(item.replace(/d/i, 'e')) : NaN));
  const [refX, refY, easting, northing, stepX, stepY] = numbers as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  if (numbers.length < 6 || !numbers.every(Number.isFinite) || stepX === 0 || stepY === 0)
    throw new Damage(`has 'map info' with a number missing or wrong: ${mapInfo.join(', ')}`);
  if (stepX < 0 || stepY < 0)
    throw new Unsupported(
      'has a grid that is not north up (negative pixel sizes); warp it to a north-up one',
    );
  const rotation = Number(option(mapInfo, 'rotation') ?? 0);
  if (rotation !== 0) throw new Unsupported('has a rotated grid; warp it to a north-up one');
  const epsg = readEpsg(header);
  const parts = partsOfUnit(option(mapInfo, 'units') ?? '', epsg);
  const grid = {
    ...{ epsg, width, height },
    originX: (easting - (refX - 1) * stepX) / parts,
    originY: (northing + (refY - 1) * stepY) / parts,
    stepX: stepX / parts,
    stepY: -stepY / parts,
  };
  checkCoordinates(grid);
  return grid;
}

/** What the WKT says and what `map info` says, which must not contradict it. */
function readEpsg({ mapInfo, wkt }: EnviHeader): number {
  const ofMapInfo = epsgOfMapInfo(mapInfo);
  const epsg = wkt === undefined ? ofMapInfo : epsgOfWkt(wkt);
  if (epsg === undefined)
    throw new Unsupported(
      `has a CRS without an EPSG code: map info ${mapInfo.join(', ')}; ${wkt ?? 'no WKT'}`,
    );
  if (ofMapInfo !== undefined && ofMapInfo !== epsg) {
    throw new Damage(
      `says by 'map info' that it lies in EPSG:${ofMapInfo}, and by 'coordinate system string' in EPSG:${epsg}`,
    );
  }
  const [projection = ''] = mapInfo;
  const isOtherwise = isGeographic(epsg)
    ? /^(utm|state plane)/i.test(projection)
    : /^geographic/i.test(projection);
  if (isOtherwise)
    throw new Damage(`has 'map info' of ${projection}, which contradicts its CRS, EPSG:${epsg}`);
  return epsg;
}

/** Zone and hemisphere of `map info`, which the datum after them decides; undefined for what it leaves to the WKT. */
function epsgOfMapInfo(mapInfo: readonly string[]): number | undefined {
  const projection = mapInfo[0]?.toLowerCase() ?? '';
  if (projection === 'utm') {
    const [zone, hemisphere, datum] = mapInfo.slice(7, 10);
    const side = hemisphere?.toLowerCase();
    if (side !== 'north' && side !== 'south') return undefined;
    return utmEpsg(datumOfName(datum ?? ''), /^\d+$/.test(zone ?? '') ? Number(zone) : NaN, side === 'south');
  }
  return projection.startsWith('geographic') && datumOfName(mapInfo[7] ?? '') === 'WGS 84' ? 4326 : undefined;
}

/** How many of its units make one of the CRS: GDAL divides minutes and seconds too. */
function partsOfUnit(unit: string, epsg: number): number {
  const written = unit.toLowerCase();
  if (written === '') return 1;
  if (isGeographic(epsg)) {
    const parts = PARTS_OF_DEGREE[written];
    if (parts === undefined)
      throw new Unsupported(`has coordinates in ${unit}, but its CRS, EPSG:${epsg}, is in degrees`);
    return parts;
  }
  const metres = METRES[written];
  if (metres === undefined) throw new Unsupported(`has coordinates in ${unit}; warp it to a CRS in metres`);
  checkLinearUnit(epsg, metres);
  return 1;
}

/** The value of `name=…` among the items of `map info`. */
function option(mapInfo: readonly string[], name: string): string | undefined {
  const found = mapInfo.map((item) => item.split('=')).find(([key]) => key?.trim().toLowerCase() === name);
  return found?.[1]?.trim();
}
