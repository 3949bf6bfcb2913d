/** Small sound files of every format and variant: made here, and GDAL's and OpenJPEG's that the tests keep. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { writeArrayBuffer } from 'geotiff';
import { enviFile } from '../../demo/season/envi-file.js';
import { geotiffFile } from '../../demo/season/geotiff-file.js';
import { jp2File } from '../../demo/season/jp2-file.js';
import type { RasterGrid } from '../../rasters/index.js';

const FIXTURES = fileURLToPath(new URL('../../../test/rasters/fixtures/', import.meta.url));

export interface SoundRaster {
  readonly kind: 'JPEG 2000' | 'GeoTIFF' | 'ENVI';
  /** The file that is opened, then those beside it. */
  readonly files: readonly { readonly name: string; readonly bytes: Uint8Array; readonly text: boolean }[];
}

const [WIDTH, HEIGHT] = [150, 150];
const GRID: RasterGrid = {
  ...{ epsg: 32631, width: WIDTH, height: HEIGHT },
  ...{ originX: 600_000, originY: 5_800_020, stepX: 10, stepY: -10 },
};
const AUX =
  '<PAMDataset><SRS>PROJCS["UTM 31N",AUTHORITY["EPSG","32631"]]</SRS><GeoTransform>600000, 10, 0, 5800020, 0, -10</GeoTransform></PAMDataset>';

/** Every format as often as the others: the files of a format that has fewer come several times. */
export async function soundRasters(): Promise<SoundRaster[]> {
  const formats = [await jpeg2000(), geotiff(), envi()];
  const most = Math.max(...formats.map((files) => files.length));
  return formats.flatMap((files) => Array.from({ length: most }, (_, i) => files[i % files.length]!));
}

async function jpeg2000(): Promise<SoundRaster[]> {
  const reflectances = Uint16Array.from({ length: WIDTH * HEIGHT }, (_, i) => value(i) * 32767);
  const classes = Uint8Array.from({ length: WIDTH * HEIGHT }, (_, i) => value(i) * 11);
  const made = [
    await jp2File(reflectances, GRID, { bits: 15, tileSize: 64 }),
    await jp2File(reflectances, GRID, { bits: 15, tileSize: 192 }),
    await jp2File(classes, GRID, { bits: 8, tileSize: 128 }),
  ];
  const streams = readdirSync(`${FIXTURES}jpeg2000`).map((name) =>
    readFileSync(`${FIXTURES}jpeg2000/${name}`),
  );
  return [
    ...made.map((bytes) => raster('JPEG 2000', ['input.jp2', bytes])),
    ...streams.map((bytes) =>
      raster('JPEG 2000', ['input.j2k', bytes], ['input.j2k.aux.xml', Buffer.from(AUX)]),
    ),
  ];
}

function geotiff(): SoundRaster[] {
  // JPEG in TIFF is refused whole.
  const names = readdirSync(FIXTURES).filter((name) => name.endsWith('.tif') && name !== 'u16_jpeg.tif');
  const bytes = Uint8Array.from({ length: WIDTH * HEIGHT }, (_, i) => value(i) * 255);
  const byPackage = writeArrayBuffer(bytes, {
    ...{ width: WIDTH, height: HEIGHT, GTModelTypeGeoKey: 1, ProjectedCSTypeGeoKey: 32631 },
    ...{ ModelPixelScale: [10, 10, 0], ModelTiepoint: [0, 0, 0, 600_000, 5_800_020, 0] },
  });
  const files = [
    ...names.map((name) => readFileSync(FIXTURES + name)),
    geotiffFile([floats(0), floats(7)], GRID),
    Buffer.from(byPackage),
  ];
  return files.map((file) => raster('GeoTIFF', ['input.tif', file]));
}

function envi(): SoundRaster[] {
  const snap = enviFile(floats(0), GRID, 'Gamma0_VV');
  const header = snap.header.toString('latin1');
  const interleaved = header.replace('bands = 1', 'bands = 2').replace('byte order = 1', 'byte order = 0');
  const twoBands = Buffer.concat([snap.image, snap.image]);
  return [
    raster('ENVI', ['input.img', snap.image], ['input.hdr', snap.header]),
    ...['bil', 'bip'].map((interleave) => {
      const text = interleaved.replace('interleave = bsq', `interleave = ${interleave}`);
      return raster('ENVI', ['input.img', twoBands], ['input.hdr', Buffer.from(text)]);
    }),
  ];
}

function raster(
  kind: SoundRaster['kind'],
  ...files: readonly [name: string, bytes: Uint8Array][]
): SoundRaster {
  return {
    kind,
    files: files.map(([name, bytes]) => ({ name, bytes, text: /\.(hdr|xml)$/.test(name) })),
  };
}

function floats(shift: number): Float32Array {
  return Float32Array.from({ length: WIDTH * HEIGHT }, (_, i) => value(i + shift));
}

/** Something between 0 and 1 that is neither flat nor noise. */
function value(i: number): number {
  return 0.5 + 0.35 * Math.sin(i / 97) * Math.cos(i / 13) + 0.1 * Math.sin(i * i);
}
