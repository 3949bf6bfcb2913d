/** How often each class occurs under a parcel: histograms of rasters whose values are below 256, class maps above all. */
export class Histogram {
  /** `bins[v]` pixels had the value `v`, no-data (0) among them. */
  readonly bins = new Uint32Array(256);
  /** The bins from here on are empty: most maps have a dozen classes. */
  end = 0;

  /**
   * Counts the pixels under the spans `from` to before `to` afresh: span `k` is `length[k]` pixels from `start[k]` on.
   * @returns the number of pixels counted.
   * @throws RangeError when a 16-bit pixel is above 255.
   */
  count(
    pixels: Uint8Array | Uint16Array,
    start: Int32Array,
    length: Uint16Array | Int32Array,
    from: number,
    to: number,
  ): number {
    const { bins } = this;
    bins.fill(0, 0, this.end);
    let count = 0;
    let bitsSeen = 0;
    for (let k = from; k < to; k++) {
      let i = start[k]!;
      const end = i + length[k]!;
      count += end - i;
      for (; i < end; i++) {
        const value = pixels[i]!;
        bitsSeen |= value;
        bins[value]!++;
      }
    }
    // The bits of the values, all set: none of the values is larger.
    this.end = Math.min(bins.length, 2 ** (32 - Math.clz32(bitsSeen)));
    if (bitsSeen > 255)
      throw new RangeError('a class map with values above 255 has no histogram of 256 bins');
    return count;
  }

  /** Forgets the pixels of these values; those that no bin stands for were none. */
  leaveOut(values: readonly number[]): void {
    for (const value of values) this.bins[value] = 0;
  }
}
