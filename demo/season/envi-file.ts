/** Writes ENVI rasters as SNAP does: float32, big-endian, the reference pixel of the map info at the image's centre. */
import type { RasterGrid } from '../../rasters/index.js';

export interface EnviFile {
  readonly header: Buffer;
  readonly image: Buffer;
}

/** Header and pixels of one band. The grid is that of a northern UTM zone. */
export function enviFile(pixels: Float32Array, grid: RasterGrid, band: string): EnviFile {
  const image = Buffer.from(pixels.buffer.slice(pixels.byteOffset, pixels.byteOffset + pixels.byteLength));
  image.swap32();
  return { header: Buffer.from(header(grid, band)), image };
}

function header(grid: RasterGrid, band: string): string {
  const zone = grid.epsg - 32600;
  // Pixel coordinates count from 1 at the outer corner of the first pixel.
  const [column, row] = [grid.width / 2, grid.height / 2];
  const east = grid.originX + column * grid.stepX;
  const north = grid.originY + row * grid.stepY;
  const map = [
    'UTM',
    decimal(column + 1),
    decimal(row + 1),
    decimal(east),
    decimal(north),
    decimal(grid.stepX),
    decimal(-grid.stepY),
    zone,
    'North',
    'World Geodetic System 1984',
    'units=Meters',
  ];
  return `ENVI
description = {Sentinel-1 IW Level-1 GRD Product - Unit: intensity}
samples = ${grid.width}
lines = ${grid.height}
bands = 1
header offset = 0
file type = ENVI Standard
data type = 4
interleave = bsq
byte order = 1
band names = { ${band} }
map info = {${map.join(',')}}
coordinate system string = {${coordinateSystem(zone)}}
data gain values = {1.0}
data offset values = {0.0}
`;
}

function coordinateSystem(zone: number): string {
  return (
    `PROJCS["WGS 84 / UTM zone ${zone}N", GEOGCS["WGS 84", DATUM["World Geodetic System 1984", ` +
    `SPHEROID["WGS 84", 6378137.0, 298.257223563, AUTHORITY["EPSG","7030"]], AUTHORITY["EPSG","6326"]], ` +
    `PRIMEM["Greenwich", 0.0, AUTHORITY["EPSG","8901"]], UNIT["degree", 0.017453292519943295], ` +
    `AXIS["Geodetic longitude", EAST], AXIS["Geodetic latitude", NORTH], AUTHORITY["EPSG","4326"]], ` +
    `PROJECTION["Transverse_Mercator", AUTHORITY["EPSG","9807"]], PARAMETER["central_meridian", ${decimal(6 * zone - 183)}], ` +
    `PARAMETER["latitude_of_origin", 0.0], PARAMETER["scale_factor", 0.9996], PARAMETER["false_easting", 500000.0], ` +
    `PARAMETER["false_northing", 0.0], UNIT["m", 1.0], AXIS["Easting", EAST], AXIS["Northing", NORTH], ` +
    `AUTHORITY["EPSG","326${zone}"]]`
  );
}

/** A number as Java writes a double: `10.0`, not `10`. */
function decimal(value: number): string {
  return Number.isInteger(value) ? value.toFixed(1) : String(value);
}
