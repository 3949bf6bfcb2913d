/** A mask for a layer of pixels larger than the mask's: Sentinel-2's 60 m bands under its 20 m classes. */
import type { Coverage } from '../zonal/index.js';
import type { Alignment } from './alignment.js';
import { KEEPS_ALL_BUT_0, type Mask } from './mask.js';

/**
 * A coarse pixel counts where all of the mask's pixels in it do; one that reaches beyond the mask's window does not.
 * @param alignment of the coarse grid and the mask's, which is the finer one
 * @param coverage spans of parcels on the coarse grid
 * @param selection parcels, by their indices into the coverage
 * @returns a mask of the coarse grid that is right under the pixels of those parcels; it leaves out all others.
 */
export function coarsenMask(
  fine: Mask,
  alignment: Alignment,
  { grid, offsets, start, length }: Pick<Coverage, 'grid' | 'offsets' | 'start' | 'length'>,
  selection: Int32Array,
): Mask {
  const { width, height } = grid;
  const pixels = new Uint8Array(width * height);
  for (const parcel of selection) {
    for (let span = offsets[parcel]!; span < offsets[parcel + 1]!; span++) {
      const end = start[span]! + length[span]!;
      for (let pixel = start[span]!; pixel < end; pixel++) {
        const row = Math.floor(pixel / width);
        pixels[pixel] = keepsAll(fine, alignment, row, pixel - row * width) ? 1 : 0;
      }
    }
  }
  return { source: { pixels, column: 0, row: 0, width, height }, keeps: KEEPS_ALL_BUT_0 };
}

/** Whether every finer pixel in one of the coarse grid is there and kept. */
function keepsAll(
  { source, keeps }: Mask,
  { across, down, shiftX, shiftY }: Alignment,
  row: number,
  column: number,
): boolean {
  const left = column * across - shiftX - source.column;
  const top = row * down - shiftY - source.row;
  if (left < 0 || top < 0 || left + across > source.width || top + down > source.height) return false;
  for (let y = top; y < top + down; y++) {
    const end = y * source.width + left + across;
    for (let i = end - across; i < end; i++) if (keeps[source.pixels[i]!] === 0) return false;
  }
  return true;
}
