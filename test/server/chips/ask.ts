/** Asks a server for chips, and opens those that it names as anybody would. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { openRaster, type PixelArray, type RasterGrid } from '../../../rasters/index.js';
import { readAll } from '../../rasters/jpeg2000.peers.js';

export type Answer = Readonly<{ dates?: string[]; chips?: string[]; error?: string }>;

export const MARCH = { start_date: '2024-03-01', end_date: '2024-03-31' };

type App = Pick<FastifyInstance, 'inject'>;

export async function ask(app: App, path: string, query: Record<string, string>): Promise<Answer> {
  return (await app.inject({ url: `/query/${path}`, query })).json();
}

export async function post(app: App, path: string, body: object): Promise<Answer> {
  return (await app.inject({ method: 'POST', url: `/query/${path}`, payload: body })).json();
}

/** @returns the path of a file in the folder */
export async function fetchChip(app: App, path: string, folder: string): Promise<string> {
  const answer = await app.inject(path);
  assert.equal(answer.statusCode, 200, answer.body);
  assert.equal(answer.headers['content-type'], 'image/tiff');
  const file = join(folder, `${randomUUID()}.tif`);
  await writeFile(file, answer.rawPayload);
  return file;
}

export interface ReadChip {
  readonly grid: RasterGrid;
  readonly noData: number | undefined;
  readonly pixels: PixelArray;
}

export async function readChip(app: App, path: string, folder: string): Promise<ReadChip> {
  const raster = await openRaster(await fetchChip(app, path, folder));
  try {
    return { grid: raster.grid, noData: raster.noData, pixels: await readAll(raster) };
  } finally {
    await raster.close();
  }
}

/** The pixels of a square, row by row. */
export function square(
  pixel: (row: number, column: number) => number,
  column: number,
  row: number,
  side: number,
): number[] {
  return Array.from({ length: side * side }, (_, i) =>
    pixel(row + Math.floor(i / side), column + (i % side)),
  );
}
