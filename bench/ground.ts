/** The benchmark's tile and parcels: made once by python/make_data.py, kept in the benchmark's folder. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RasterGrid } from '../rasters/index.js';
import type { Bench } from './bench.js';
import { runMeasured } from './child.js';

export type GroundBand = 'B04' | 'B08' | 'SCL';

/** A set of parcels by its name: their number, scattered or in patches. */
export type ParcelSet = number | `${number}_clustered`;

export interface Ground {
  readonly folder: string;
  /** Pixels of the tile's side at 10 m. */
  readonly size: number;
}

/** The path of a program of python/. */
export function pythonProgram(name: string): string {
  return fileURLToPath(new URL(`../../bench/python/${name}`, import.meta.url));
}

/** The path of a compiled program of programs/. */
export function nodeProgram(name: string): string {
  return fileURLToPath(new URL(`programs/${name}.js`, import.meta.url));
}

/** Makes what is missing: a full tile takes some three minutes. */
export async function makeGround(bench: Bench, size: number, parcels: readonly ParcelSet[]): Promise<Ground> {
  const folder = join(bench.folder, `tile-${size}`);
  const missing = parcels.filter((count) => !existsSync(join(folder, `parcels-${count}.copy`)));
  if (missing.length > 0 || !existsSync(join(folder, 'radar.img'))) {
    bench.say(`making a tile of ${size} x ${size} pixels and ${parcels.join(', ')} parcels in ${folder}`);
    const counts = missing.length > 0 ? ['--parcels', ...missing.map(String)] : [];
    await runMeasured(bench.peers.python, [
      pythonProgram('make_data.py'),
      folder,
      '--size',
      String(size),
      ...counts,
    ]);
  }
  return { folder, size };
}

export function image(ground: Ground, band: GroundBand): string {
  return join(ground.folder, `${band}.jp2`);
}

/** The tile's grid, as make_data.py lays it. */
export function gridOf(ground: Ground, metres: 10 | 20): RasterGrid {
  const side = (ground.size * 10) / metres;
  return {
    epsg: 32631,
    width: side,
    height: side,
    originX: 600_000,
    originY: 5_800_020,
    stepX: metres,
    stepY: -metres,
  };
}

/** Every `every`th parcel of a set: its number and its polygon in the tile's CRS. */
export function* parcelsOf(
  folder: string,
  count: number,
  every = 1,
): Generator<{ pid: number; wkb: Uint8Array }> {
  const data = readFileSync(join(folder, `parcels-${count}.wkb`));
  for (let at = 0, number = 0; at < data.length; number++) {
    const length = data.readInt32LE(at + 4);
    if (number % every === 0)
      yield { pid: data.readInt32LE(at), wkb: data.subarray(at + 8, at + 8 + length) };
    at += 8 + length;
  }
}

/** A folder below the benchmark's that is empty. */
export function scratchFolder(bench: Bench, name: string): string {
  const folder = join(bench.folder, name);
  rmSync(folder, { recursive: true, force: true });
  return folder;
}
