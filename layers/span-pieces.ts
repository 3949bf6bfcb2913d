/** Cuts the spans of a large parcel into pieces of so many pixels. */

export type TakePiece = (start: Int32Array, length: Int32Array, spans: number, pixels: number) => void;

export class SpanPieces {
  private readonly start: Int32Array;
  private readonly length: Int32Array;

  /** @param most pixels of a piece: all pieces but the last one have them. */
  constructor(private readonly most: number) {
    this.start = new Int32Array(most);
    this.length = new Int32Array(most);
  }

  /** Calls `take` with each piece of the spans `from` to before `to`; what it is given is valid during the call only. */
  cut(start: Int32Array, length: Uint16Array | Int32Array, from: number, to: number, take: TakePiece): void {
    let spans = 0;
    let pixels = 0;
    for (let k = from; k < to; k++) {
      let first = start[k]!;
      for (let left = length[k]!; left > 0;) {
        const count = Math.min(left, this.most - pixels);
        this.start[spans] = first;
        this.length[spans++] = count;
        pixels += count;
        first += count;
        left -= count;
        if (pixels < this.most) continue;
        take(this.start, this.length, spans, pixels);
        spans = pixels = 0;
      }
    }
    if (pixels > 0) take(this.start, this.length, spans, pixels);
  }
}
