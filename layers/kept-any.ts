/** Whether a mask keeps any pixel of a parcel, which is told sooner than which ones. */
import type { Alignment } from './alignment.js';
import type { Mask } from './mask.js';
import { SpanPlace } from './pixel-window.js';

/** Of one mask and one grid. */
export class KeptAny {
  private readonly place: SpanPlace;

  /**
   * @param alignment of the mask's grid and the spans', which is as fine or finer
   * @param width that of the spans' grid.
   */
  constructor(
    private readonly mask: Mask,
    private readonly alignment: Alignment,
    width: number,
  ) {
    this.place = new SpanPlace(alignment, width);
  }

  /** Whether the mask keeps a pixel of the spans `from` to before `to`. */
  in(start: Int32Array, length: Uint16Array, from: number, to: number): boolean {
    const { place } = this;
    const { source, keeps } = this.mask;
    const { pixels } = source;
    const { across } = this.alignment;
    for (let k = from; k < to; k++) {
      place.find(start[k]!, length[k]!, source);
      const finer = length[k]! - place.before - place.after;
      if (finer <= 0) continue;
      const end = place.first + Math.ceil((place.phase + finer) / across);
      for (let i = place.first; i < end; i++) if (keeps[pixels[i]!] !== 0) return true;
    }
    return false;
  }
}
