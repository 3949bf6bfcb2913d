/** Where an ENVI file lies on the ground: its `map info`, and the `coordinate system string` where that is not enough. */
import type { EnviHeader } from './envi-header.js';
import { RasterError, type RasterGrid } from './raster.js';
import { isWgs84, utmEpsg } from './utm.js';
import { epsgOfWkt } from './wkt.js';

/**
 * `map info = {UTM, refX, refY, easting, northing, stepX, stepY, zone, North|South, datum, units=…, rotation=…}`; zone and
 * hemisphere stand there for UTM only. The reference pixel is 1-based, need not be a corner (SNAP takes the centre of the
 * image), and (1, 1) means the outer corner of the upper left pixel.
 * @throws RasterError naming the header
 */
export function enviGrid(path: string, header: EnviHeader): RasterGrid {
  const { mapInfo, width, height } = header;
  if (mapInfo.length === 0)
    throw new RasterError(path, "has no 'map info', so nothing says where the pixels lie");
  const [refX, refY, easting, northing, stepX, stepY] = mapInfo.slice(1, 7).map(Number);
  const numbers = [refX, refY, easting, northing, stepX, stepY];
  if (!numbers.every((value): value is number => Number.isFinite(value)) || stepX! <= 0 || stepY! <= 0) {
    throw new RasterError(path, `has 'map info' with a number missing or wrong: ${mapInfo.join(', ')}`);
  }
  const rotation = Number(option(mapInfo, 'rotation') ?? 0);
  if (rotation !== 0) throw new RasterError(path, 'has a rotated grid; warp it to a north-up one');
  const units = option(mapInfo, 'units') ?? '';
  const epsg = readEpsg(header);
  if (epsg === undefined) {
    throw new RasterError(
      path,
      `has a CRS without an EPSG code: map info ${mapInfo.join(', ')}; ${header.wkt ?? 'no WKT'}`,
    );
  }
  if (mapInfo[0]?.toLowerCase() === 'utm' && units !== '' && !/^met(er|re)s?$/i.test(units)) {
    throw new RasterError(path, `has UTM coordinates in ${units}, which is not supported`);
  }
  return {
    epsg,
    width,
    height,
    originX: easting! - (refX! - 1) * stepX!,
    originY: northing! + (refY! - 1) * stepY!,
    stepX: stepX!,
    stepY: -stepY!,
  };
}

/** Zone and hemisphere of `map info`, which the datum after them decides; else what the WKT says. */
function readEpsg({ mapInfo, wkt }: EnviHeader): number | undefined {
  const ofWkt = wkt === undefined ? undefined : epsgOfWkt(wkt);
  const projection = mapInfo[0]?.toLowerCase() ?? '';
  if (projection === 'utm') {
    const [zone, hemisphere, datum] = mapInfo.slice(7, 10);
    const south = hemisphere?.toLowerCase() === 'south';
    return utmEpsg(datum ?? '', Number(zone), south) ?? ofWkt;
  }
  if (ofWkt !== undefined) return ofWkt;
  return projection.startsWith('geographic') && isWgs84(mapInfo[7] ?? '') ? 4326 : undefined;
}

/** The value of `name=…` among the items of `map info`. */
function option(mapInfo: readonly string[], name: string): string | undefined {
  const found = mapInfo.map((item) => item.split('=')).find(([key]) => key?.trim().toLowerCase() === name);
  return found?.[1]?.trim();
}
