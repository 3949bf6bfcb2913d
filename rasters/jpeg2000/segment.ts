/** A marker segment of a code stream. */

/** A marker segment: its code and what follows its length field. */
export interface Segment {
  readonly marker: number;
  readonly data: Uint8Array;
}
