/** A mask for a layer of pixels larger than the mask's: Sentinel-2's 60 m bands under its 20 m classes. */
import type { Alignment } from './alignment.js';
import type { Mask } from './mask.js';

/**
 * A coarse pixel counts where all of the mask's pixels in it do; one that reaches beyond the mask's window does not.
 * @param alignment of the coarse grid and the mask's, which is the finer one
 * @returns `width` x `height` of 0 and 1, row by row.
 */
export function coarsenMask(
  { source, keeps }: Mask,
  { across, down, shiftX, shiftY }: Alignment,
  width: number,
  height: number,
): Uint8Array {
  const out = new Uint8Array(width * height);
  for (let row = 0; row < height; row++) {
    const top = row * down - shiftY - source.row;
    for (let column = 0; column < width; column++) {
      const left = column * across - shiftX - source.column;
      const isInside = left >= 0 && top >= 0 && left + across <= source.width && top + down <= source.height;
      let all = isInside ? 1 : 0;
      for (let y = top; all === 1 && y < top + down; y++)
        for (let x = left; all === 1 && x < left + across; x++)
          all = keeps[source.pixels[y * source.width + x]!]!;
      out[row * width + column] = all;
    }
  }
  return out;
}
