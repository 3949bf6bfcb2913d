/** Rasterises parcels batch by batch, in any order, and puts them into a Coverage in the order of their pids. */
import { Coverage } from './coverage.js';
import type { Grid } from './grid.js';
import { Growable } from './growable.js';
import type { ParcelSet } from './parcel-set.js';
import { Rasteriser } from './rasteriser.js';
import { GeometryError } from './wkb.js';

/** Span lengths are kept in 16 bits; longer runs of pixels become several spans. */
const LONGEST_SPAN = 65535;

export class CoverageBuilder {
  private readonly rasteriser: Rasteriser;
  private readonly pids = new Growable((length) => new Int32Array(length));
  private readonly bounds = new Growable((length) => new Float64Array(length));
  private readonly offsets = new Growable((length) => new Uint32Array(length));
  private readonly start = new Growable((length) => new Int32Array(length));
  private readonly length = new Growable((length) => new Uint16Array(length));

  /** @throws RangeError for a grid that is not north up or has more than 2^31 - 1 pixels. */
  constructor(private readonly grid: Grid) {
    this.rasteriser = new Rasteriser(grid);
    this.offsets.push(0);
  }

  /**
   * Rasterises the parcels of a set, which must be in the grid's CRS. The set is not needed any more afterwards.
   * @returns why parcels could not be rasterised; those get no pixel.
   */
  add(set: ParcelSet): string[] {
    const refused: string[] = [];
    for (let index = 0; index < set.count; index++) {
      this.pids.push(set.pids[index]!);
      try {
        this.append(this.rasteriser.rasterise(set, index));
      } catch (error) {
        if (!(error instanceof GeometryError)) throw error;
        refused.push(`the geometry of parcel ${set.pids[index]!} can't be used: ${error.message}`);
      }
      this.offsets.push(this.start.length);
    }
    this.bounds.reserve(set.bounds.length).set(set.bounds, this.bounds.length);
    this.bounds.length += set.bounds.length;
    return refused;
  }

  /**
   * The coverage of all parcels added, those without a pixel included.
   * @throws RangeError when two parcels have the same pid.
   */
  finish(): Coverage {
    const order = this.order();
    const parcels = order.length;
    const coverage = Coverage.allocate(this.grid, parcels, this.start.length);
    const offsets = this.offsets.view();
    const start = this.start.view();
    const length = this.length.view();
    const bounds = this.bounds.view();
    let to = 0;
    for (let i = 0; i < parcels; i++) {
      const parcel = order[i]!;
      coverage.pids[i] = this.pids.array[parcel]!;
      for (let k = 0; k < 4; k++) coverage.bounds[4 * i + k] = bounds[4 * parcel + k]!;
      for (let from = offsets[parcel]!, end = offsets[parcel + 1]!; from < end; from++, to++) {
        coverage.start[to] = start[from]!;
        coverage.length[to] = length[from]!;
      }
      coverage.offsets[i + 1] = to;
    }
    return coverage;
  }

  private append(count: number): void {
    const { start, length } = this.rasteriser;
    for (let k = 0; k < count; k++) {
      let from = start[k]!;
      let left = length[k]!;
      for (; left > LONGEST_SPAN; left -= LONGEST_SPAN, from += LONGEST_SPAN) {
        this.start.push(from);
        this.length.push(LONGEST_SPAN);
      }
      this.start.push(from);
      this.length.push(left);
    }
  }

  /** The numbers of the parcels, by ascending pid. */
  private order(): Uint32Array {
    const pids = this.pids.view();
    const order = new Uint32Array(pids.length).map((_, index) => index);
    let ascending = true;
    for (let i = 1; i < pids.length; i++) ascending &&= pids[i - 1]! < pids[i]!;
    if (ascending) return order;
    order.sort((a, b) => pids[a]! - pids[b]!);
    for (let i = 1; i < order.length; i++) {
      const pid = pids[order[i]!];
      if (pid === pids[order[i - 1]!]) throw new RangeError(`parcel ${pid} occurs twice`);
    }
    return order;
  }
}
