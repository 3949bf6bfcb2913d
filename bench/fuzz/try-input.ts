/** Tries what it is sent: opens a raster and reads windows of it, or measures by it (try-measuring.ts). Answers once. */
import { basename, dirname } from 'node:path';
import { openRaster, pixelArray, RasterError, type Window } from '../../rasters/index.js';
import type { Answer, Attempt } from './subject.js';
import { measureGeometry, readOptions, reckon, Refused } from './try-measuring.js';

/** A header may claim any size; windows are those a worker would read, not more. */
const MOST_PIXELS = 512;

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
    if (attempt.wkb !== undefined) measureGeometry(attempt.wkb, attempt.pixels ?? 'centre');
    if (attempt.expression !== undefined) reckon(attempt.expression);
    if (attempt.options !== undefined) readOptions(attempt.options);
    return { outcome: 'read', message: '' };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (error instanceof Refused) return { outcome: 'refused', message };
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
