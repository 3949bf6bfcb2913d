/** Tries what it is sent: opens a raster and reads windows of it, or parses a geometry and rasterises it. Answers once. */
import { basename, dirname } from 'node:path';
import { openRaster, pixelArray, RasterError, type Window } from '../../rasters/index.js';
import { CoverageBuilder, GeometryError, ParcelSetBuilder } from '../../zonal/index.js';
import type { Answer, Attempt } from './subject.js';

/** A header may claim any size; windows are those a worker would read, not more. */
const MOST_PIXELS = 512;
/** A Sentinel-2 tile. */
const GRID = { originX: 600_000, originY: 5_800_020, stepX: 10, stepY: -10, width: 10980, height: 10980 };

process.on('message', (attempt: Attempt) => {
  const before = process.cpuUsage();
  void tryIt(attempt).then((result) => {
    const { user, system } = process.cpuUsage(before);
    const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
    const answer: Answer = {
      ...result,
      seconds: (user + system) / 1e6,
      megabytes: maxRSS / 1024,
      secondsSoFar: (userCPUTime + systemCPUTime) / 1e6,
    };
    process.send?.(answer);
  });
});
process.send?.('ready');

async function tryIt(attempt: Attempt): Promise<Pick<Answer, 'outcome' | 'message'>> {
  try {
    if (attempt.path !== undefined) await readRaster(attempt.path);
    if (attempt.wkb !== undefined) rasterise(attempt.wkb);
    return { outcome: 'read', message: '' };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (error instanceof GeometryError) return { outcome: 'refused', message };
    if (error instanceof RasterError && attempt.path !== undefined) {
      // The header of an ENVI file is the file that is named where it is at fault.
      const stem = basename(attempt.path).replace(/\..*$/, '');
      if (message.startsWith(dirname(attempt.path)) && message.includes(`${stem}.`))
        return { outcome: 'refused', message };
      return { outcome: 'fault', message: `does not name its file: ${message}` };
    }
    const stack = error instanceof Error ? error.stack?.split('\n').slice(0, 4).join(' ') : undefined;
    return { outcome: 'fault', message: stack ?? message };
  }
}

/** The upper left and the lower right corner, first and last band. */
async function readRaster(path: string): Promise<void> {
  const raster = await openRaster(path);
  try {
    const width = Math.min(MOST_PIXELS, raster.grid.width);
    const height = Math.min(MOST_PIXELS, raster.grid.height);
    const pixels = pixelArray(raster.pixelType, width * height);
    const corners: Window[] = [
      { column: 0, row: 0, width, height },
      { column: raster.grid.width - width, row: raster.grid.height - height, width, height },
    ];
    for (const band of new Set([1, raster.bandCount])) {
      for (const window of corners)
        await raster.readWindow(band, window, { pixels, offset: 0, stride: width });
    }
  } finally {
    await raster.close();
  }
}

function rasterise(wkb: Uint8Array): void {
  const parcels = new ParcelSetBuilder();
  parcels.add(1, { minX: 0, minY: 0, maxX: 0, maxY: 0 }, wkb);
  const builder = new CoverageBuilder(GRID);
  const [refused] = builder.add(parcels.finish());
  if (refused !== undefined) throw new GeometryError(refused);
  const { start, length } = builder.finish();
  for (let span = 0; span < start.length; span++) {
    const row = Math.floor(start[span]! / GRID.width);
    const end = start[span]! + length[span]!;
    if (start[span]! < 0 || row >= GRID.height || end > (row + 1) * GRID.width || length[span] === 0)
      throw new Error(`span ${span} lies outside the grid: ${start[span]!} + ${length[span]!}`);
  }
}
