/**
 * Decodes the tiles of a JPEG 2000 file that parcels touch, whole and as far as the parcels' pixels need it, on one thread.
 *
 * usage: decode-wanted.js FOLDER PARCELS BAND COUNTS EVERY
 * COUNTS: how many parcels are left of the set, scattered and in patches, with commas. EVERY: every so-manyth of the
 * touched tiles is decoded. Prints as JSON, for each pattern of parcels, their number, the tiles decoded, CPU seconds both ways, and
 * whether the wanted pixels are the same.
 */
import { join } from 'node:path';
import { imageOf } from '../../extraction/image.js';
import { neededBlocks, type Needs, wantedPixels } from '../../extraction/needed-windows.js';
import {
  openRaster,
  type PixelArray,
  pixelArray,
  type Raster,
  type WantedPixels,
  type Window,
} from '../../rasters/index.js';
import { CoverageBuilder, ParcelSetBuilder } from '../../zonal/index.js';
import { parcelsOf } from '../ground.js';
import { clear, clustered, type Field, scattered } from '../parcel-patterns.js';
import { startClock } from '../stopwatch.js';

const [folder = '', parcels, band, counts = '', every] = process.argv.slice(2);
const raster = await openRaster(join(folder, `${band}.jp2`));
const image = imageOf(raster, 1);
const fields = [...parcelsOf(folder, Number(parcels))];
const numbers = counts.split(',').map(Number);
const patterns: [name: string, fields: Field[]][] = [
  ['all', fields],
  ...numbers.map((count): [string, Field[]] => [`${count} scattered`, scattered(fields, count)]),
  ...numbers.map((count): [string, Field[]] => [`${count} in patches`, clustered(fields, count)]),
  ...[30, 60, 90].map((share): [string, Field[]] => [`clear, ${share} % cloud`, clear(fields, share / 100)]),
];

// Compiled by its first tiles.
await decode(tilesOf(needsOf(fields)).slice(0, 3));
const results = [];
for (const [name, chosen] of patterns) {
  const needs = needsOf(chosen);
  const wanted = wantedPixels(needs, 0);
  const tiles = tilesOf(needs);
  const whole = await decode(tiles);
  const part = await decode(tiles, wanted);
  results.push({
    ...{ name, parcels: chosen.length, tiles: tiles.length, whole: whole.cpu, wanted: part.cpu },
    isSame: await areSame(tiles, wanted),
  });
}
await raster.close();
console.log(JSON.stringify({ patterns: results }));

function needsOf(chosen: readonly Field[]): Needs {
  const set = new ParcelSetBuilder();
  for (const { pid, wkb } of chosen) set.add(pid, { minX: 0, minY: 0, maxX: 0, maxY: 0 }, wkb);
  const builder = new CoverageBuilder(raster.grid);
  builder.add(set.finish());
  return { images: [image], coverages: [builder.finish()] };
}

/** Every so-manyth of the tiles that are needed. */
function tilesOf(needs: Needs): Window[] {
  const { grid, block } = raster;
  const across = Math.ceil(grid.width / block.width);
  const needed = neededBlocks(needs, 0);
  const numbered = [...needed.keys()].filter((tile) => needed[tile] === 1);
  return numbered
    .filter((_, i) => i % Number(every) === 0)
    .map((tile) => {
      const [column, row] = [(tile % across) * block.width, Math.floor(tile / across) * block.height];
      const [width, height] = [
        Math.min(block.width, grid.width - column),
        Math.min(block.height, grid.height - row),
      ];
      return { column, row, width, height };
    });
}

async function decode(tiles: readonly Window[], wanted?: WantedPixels): Promise<{ cpu: number }> {
  const pixels = pixelArray(raster.pixelType, raster.block.width * raster.block.height);
  const clock = startClock();
  for (const tile of tiles)
    await raster.readWindow(1, tile, { pixels, offset: 0, stride: tile.width }, wanted);
  return clock();
}

async function areSame(tiles: readonly Window[], wanted: WantedPixels): Promise<boolean> {
  for (const tile of tiles) {
    const whole = await read(raster, tile);
    const part = await read(raster, tile, wanted);
    for (let i = 0; i < whole.length; i++) {
      const [row, column] = [tile.row + Math.floor(i / tile.width), tile.column + (i % tile.width)];
      const cell = Math.floor(row / wanted.cell) * wanted.across + Math.floor(column / wanted.cell);
      if (wanted.marks[cell] === 1 && whole[i] !== part[i]) return false;
    }
  }
  return true;
}

async function read(from: Raster, tile: Window, wanted?: WantedPixels): Promise<PixelArray> {
  const pixels = pixelArray(from.pixelType, tile.width * tile.height);
  await from.readWindow(1, tile, { pixels, offset: 0, stride: tile.width }, wanted);
  return pixels;
}
