/** ENVI files as tests want them. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PIXEL_ARRAYS, type PixelType } from '../../rasters/raster.js';
import { expected, f32, HEIGHT, WIDTH, type Formula } from './made.js';
import { temporaryFolder } from '../temporary-folder.js';

/** Where those of a test file lie. */
export const folder = temporaryFolder('envi');

export const MAP_INFO = '{UTM, 1, 1, 500000, 5650000, 10, 10, 31, North, WGS-84, units=Meters}';

/** WKT of UTM by its parameters, without a code. */
export function wktOfUtm(
  datum: string,
  meridian: number,
  northing: number,
  unit = 'UNIT["metre",1]',
): string {
  return (
    `PROJCS["x",GEOGCS["${datum}",DATUM["${datum}",SPHEROID["GRS 1980",6378137,298.257222101]],PRIMEM["Greenwich",0],` +
    `UNIT["degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],PARAMETER["latitude_of_origin",0],` +
    `PARAMETER["central_meridian",${meridian}],PARAMETER["scale_factor",0.9996],PARAMETER["false_easting",500000],` +
    `PARAMETER["false_northing",${northing}],${unit}]`
  );
}

export interface Made {
  readonly type?: PixelType;
  readonly interleave?: 'bsq' | 'bil' | 'bip';
  readonly byteOrder?: 0 | 1;
  readonly offset?: number;
  readonly formula?: Formula;
  /** The whole header, or lines in place of the usual map info. */
  readonly header?: string;
  readonly place?: string;
  readonly cut?: number;
}

export const DATA_TYPES = {
  uint8: 1,
  int16: 2,
  int32: 3,
  float32: 4,
  float64: 5,
  uint16: 12,
  uint32: 13,
} as const;

/** Writes two bands of made-up pixels and their header; gives the path of the pixels. */
export function writeEnvi(made: Made = {}): string {
  const { type = 'float32', interleave = 'bsq', byteOrder = 1, offset = 0, formula = f32 } = made;
  const count = WIDTH * HEIGHT;
  const pixels = new PIXEL_ARRAYS[type](2 * count);
  for (let band = 1; band <= 2; band++) {
    expected(formula, band).forEach((value, i) => {
      const [row, column] = [Math.floor(i / WIDTH), i % WIDTH];
      const at = {
        bsq: (band - 1) * count + i,
        bil: (row * 2 + band - 1) * WIDTH + column,
        bip: i * 2 + band - 1,
      }[interleave];
      pixels[at] = value;
    });
  }
  const bytes = Buffer.from(pixels.buffer);
  const size = pixels.BYTES_PER_ELEMENT;
  if (byteOrder === 1 && size === 2) bytes.swap16();
  if (byteOrder === 1 && size === 4) bytes.swap32();
  if (byteOrder === 1 && size === 8) bytes.swap64();
  const path = join(folder, 'Gamma0_VV.img');
  const all = Buffer.concat([Buffer.alloc(offset, 7), bytes]);
  writeFileSync(path, all.subarray(0, all.length - (made.cut ?? 0)));
  const type_ = type in DATA_TYPES ? DATA_TYPES[type as keyof typeof DATA_TYPES] : 0;
  const usual = [
    ...['ENVI', `samples = ${WIDTH}`, `lines = ${HEIGHT}`, 'bands = 2', `header offset = ${offset}`],
    ...[`data type = ${type_}`, `interleave = ${interleave}`, `byte order = ${byteOrder}`],
    made.place ?? `map info = ${MAP_INFO}`,
  ];
  writeFileSync(join(folder, 'Gamma0_VV.hdr'), made.header ?? usual.join('\n'));
  return path;
}
