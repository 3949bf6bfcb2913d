/** Parcels as a structure of typed arrays: no object per parcel, ring or point, so that a million of them stay cheap. */
import { Growable } from './growable.js';
import type { TransformPatches } from './transform-patches.js';
import { GeometryError, readPolygons } from './wkb.js';
import type { Bounds } from './bounds.js';

/**
 * `count` parcels. Parcel `i` has the rings `ringOffsets[i]` to `ringOffsets[i + 1]`; ring `r` has the points
 * `pointOffsets[r]` to `pointOffsets[r + 1]`, closed, and belongs to the polygon `parts[r]` of its parcel (0, 1, ...);
 * point `p` lies at `xy[2p]`, `xy[2p + 1]`, in the CRS of the grid it is to be rasterised on. A parcel without rings is
 * one whose geometry is empty.
 */
export interface ParcelSet {
  readonly count: number;
  readonly pids: Int32Array;
  /** minX, minY, maxX, maxY of each parcel, as given: the box in the parcel table's own CRS. */
  readonly bounds: Float64Array;
  readonly ringOffsets: Uint32Array;
  readonly parts: Uint32Array;
  readonly pointOffsets: Uint32Array;
  readonly xy: Float64Array;
}

/** The error with the parcel's id in it. */
export function ofParcel(pid: number, { message }: GeometryError): GeometryError {
  return new GeometryError(`the geometry of parcel ${pid} can't be used: ${message}`);
}

export class ParcelSetBuilder {
  private readonly pids = new Growable((length) => new Int32Array(length));
  private readonly bounds = new Growable((length) => new Float64Array(length));
  private readonly ringOffsets = new Growable((length) => new Uint32Array(length));
  private readonly parts = new Growable((length) => new Uint32Array(length));
  private readonly pointOffsets = new Growable((length) => new Uint32Array(length));
  private readonly xy = new Growable((length) => new Float64Array(length));
  private currentPart = 0;

  /** How many parcels were added. */
  get count(): number {
    return this.pids.length;
  }

  /**
   * Adds the parcel `pid` with its geometry as WKB or EWKB in the CRS of the grid (null: no geometry), and its bounding
   * box in its table's CRS, which is only kept for later. `patches` are for a geometry that is in the table's CRS too.
   * @throws GeometryError naming the parcel; the set is then as it was before, so the caller may go on without it.
   */
  add(pid: number, bounds: Bounds, wkb: Uint8Array | null, patches?: TransformPatches): void {
    const rings = this.parts.length;
    const points = this.xy.length;
    if (wkb !== null) {
      this.currentPart = -1;
      try {
        readPolygons(wkb, this);
      } catch (error) {
        this.parts.length = this.pointOffsets.length = rings;
        this.xy.length = points;
        throw error instanceof GeometryError ? ofParcel(pid, error) : error;
      }
      patches?.apply(this.xy.array, points, this.xy.length);
    }
    this.pids.push(pid);
    this.ringOffsets.push(rings);
    const box = this.bounds.reserve(4);
    let at = this.bounds.length;
    box[at++] = bounds.minX;
    box[at++] = bounds.minY;
    box[at++] = bounds.maxX;
    box[at++] = bounds.maxY;
    this.bounds.length = at;
  }

  /** Called by the WKB reader: the next polygon of the parcel begins. */
  part(): void {
    this.currentPart++;
  }

  /** Called by the WKB reader: makes room for a ring. */
  ring(pointCount: number): { xy: Float64Array; at: number } {
    const at = this.xy.length;
    this.parts.push(this.currentPart);
    this.pointOffsets.push(at / 2);
    const xy = this.xy.reserve(2 * pointCount);
    this.xy.length = at + 2 * pointCount;
    return { xy, at };
  }

  /** The parcels so far. The set views the builder's memory: add no more after this. */
  finish(): ParcelSet {
    this.ringOffsets.push(this.parts.length);
    this.pointOffsets.push(this.xy.length / 2);
    return {
      count: this.pids.length,
      pids: this.pids.view(),
      bounds: this.bounds.view(),
      ringOffsets: this.ringOffsets.view(),
      parts: this.parts.view(),
      pointOffsets: this.pointOffsets.view(),
      xy: this.xy.view(),
    };
  }
}
