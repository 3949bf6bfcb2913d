/** Decodes blocks of rasters into planes; runs in a thread. */
import { pixelArray } from '../rasters/index.js';
import type { OpenRasters } from './open-rasters.js';
import type { DecodeTask } from './tasks.js';

/** @throws RasterError naming the file when the block can't be decoded. */
export async function decodeBlock(task: DecodeTask, rasters: OpenRasters): Promise<null> {
  const { plane } = task;
  const raster = await rasters.get(task.path);
  const across = Math.ceil(plane.width / plane.blockWidth);
  const column = (task.block % across) * plane.blockWidth;
  const row = Math.floor(task.block / across) * plane.blockHeight;
  const window = {
    column,
    row,
    width: Math.min(plane.blockWidth, plane.width - column),
    height: Math.min(plane.blockHeight, plane.height - row),
  };
  const pixels = pixelArray(plane.pixelType, plane.pixels);
  const target = { pixels, offset: row * plane.width + column, stride: plane.width };
  await raster.readWindow(task.rasterBand, window, target, task.wanted);
  return null;
}
