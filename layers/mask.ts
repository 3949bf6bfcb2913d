/**
 * A mask: a layer of yes and no that any layer of the same ground can be measured under. It is a plane of numbers and a
 * table of those that keep a pixel: a class map with the classes that count, or a plane of 0 and 1.
 */
import type { Alignment } from './alignment.js';
import { type PixelWindow, SpanPlace } from './pixel-window.js';

export interface Mask {
  /** Pixels beside this window are left out: nobody knows of them that they count. */
  readonly source: PixelWindow<Uint8Array | Uint16Array>;
  /** 1 for the numbers whose pixels count, of all that 16 bits hold. */
  readonly keeps: Uint8Array;
}

const NUMBERS = 1 << 16;

/** The table of a class map whose pixels count but for those of some classes. */
export function keepsAllBut(classes: readonly number[]): Uint8Array {
  const keeps = new Uint8Array(NUMBERS).fill(1);
  for (const one of classes) keeps[one] = 0;
  return keeps;
}

/** The table of a plane of yes and no: a mask that was widened, or one that a file bears, where anything but 0 is yes. */
export const KEEPS_ALL_BUT_0: Uint8Array = keepsAllBut([0]);

/** The spans of a parcel, narrowed to the pixels that a mask keeps. One to a thread, mask and grid. */
export class MaskedSpans {
  start = new Int32Array(1024);
  length = new Uint16Array(1024);
  /** How many spans there are. */
  count = 0;
  /** Pixels in them. */
  kept = 0;
  /** Pixels in the spans that were narrowed. Where as many are kept, the layer's statistics are those without the mask. */
  total = 0;
  private readonly place: SpanPlace;

  /**
   * @param alignment of the mask's grid and the spans', which is as fine or finer
   * @param width that of the spans' grid.
   */
  constructor(
    private readonly alignment: Alignment,
    width: number,
  ) {
    this.place = new SpanPlace(alignment, width);
  }

  /** Narrows the spans `from` to before `to`, which must not be its own. */
  take(
    { source, keeps }: Mask,
    start: Int32Array,
    length: Uint16Array | Int32Array,
    from: number,
    to: number,
  ): void {
    const { pixels } = source;
    const { across } = this.alignment;
    const { place } = this;
    this.count = this.kept = this.total = 0;
    for (let k = from; k < to; k++) {
      const first = start[k]!;
      place.find(first, length[k]!, source);
      const end = first + length[k]! - place.after;
      let at = first + place.before;
      let i = place.first;
      let next = across - place.phase;
      this.total += length[k]!;
      while (at < end) {
        for (; at < end && keeps[pixels[i]!] === 0; i++, next = across) at += next;
        const begin = at;
        for (; at < end && keeps[pixels[i]!] !== 0; i++, next = across) at += next;
        if (begin < end) this.add(begin, Math.min(at, end) - begin);
      }
    }
  }

  private add(start: number, length: number): void {
    if (this.count === this.start.length) {
      const [starts, lengths] = [this.start, this.length];
      this.start = new Int32Array(2 * starts.length);
      this.length = new Uint16Array(2 * starts.length);
      this.start.set(starts);
      this.length.set(lengths);
    }
    this.start[this.count] = start;
    this.length[this.count++] = length;
    this.kept += length;
  }
}
