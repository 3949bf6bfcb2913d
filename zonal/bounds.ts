/** Boxes in the units of a CRS. */

/** A bounding box, in the units of whatever CRS it belongs to. */
export interface Bounds {
  readonly minX: number;
  readonly minY: number;
  readonly maxX: number;
  readonly maxY: number;
}
