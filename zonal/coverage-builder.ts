/** Rasterises parcels batch by batch, in any order, and puts them into a Coverage in the order of their pids. */
import { Coverage } from './coverage.js';
import type { Grid } from './grid.js';
import { Growable } from './growable.js';
import type { ParcelSet } from './parcel-set.js';
import { Rasteriser } from './rasteriser.js';
import { GeometryError } from './wkb.js';

/** Span lengths are kept in 16 bits; longer runs of pixels become several spans. */
const LONGEST_SPAN = 65535;

/** What was found of the parcels of one set: parcel `i` has the spans `offsets[i]` to before `offsets[i + 1]`. */
interface Batch {
  readonly pids: Int32Array;
  readonly bounds: Float64Array;
  readonly offsets: Uint32Array;
  readonly start: Int32Array;
  readonly length: Uint16Array;
}

export class CoverageBuilder {
  private readonly rasteriser: Rasteriser;
  private readonly batches: Batch[] = [];
  /** Spans of the batch in work: memory that is used again is faster than new memory. */
  private readonly start = new Growable((length) => new Int32Array(length));
  private readonly length = new Growable((length) => new Uint16Array(length));

  /** @throws RangeError for a grid that is not north up or has more than 2^31 - 1 pixels. */
  constructor(private readonly grid: Grid) {
    this.rasteriser = new Rasteriser(grid);
  }

  /**
   * Rasterises the parcels of a set, which must be in the grid's CRS. The set is not needed any more afterwards.
   * @returns why parcels could not be rasterised; those get no pixel.
   */
  add(set: ParcelSet): string[] {
    const refused: string[] = [];
    const offsets = new Uint32Array(set.count + 1);
    this.start.length = this.length.length = 0;
    for (let index = 0; index < set.count; index++) {
      try {
        this.append(this.rasteriser.rasterise(set, index));
      } catch (error) {
        if (!(error instanceof GeometryError)) throw error;
        refused.push(`the geometry of parcel ${set.pids[index]!} can't be used: ${error.message}`);
      }
      offsets[index + 1] = this.start.length;
    }
    this.batches.push({
      pids: set.pids.slice(),
      bounds: set.bounds.slice(),
      offsets,
      start: this.start.view().slice(),
      length: this.length.view().slice(),
    });
    return refused;
  }

  /**
   * The coverage of all parcels added, those without a pixel included.
   * @throws RangeError when two parcels have the same pid.
   */
  finish(): Coverage {
    const places = this.places();
    const spans = this.batches.reduce((sum, { start }) => sum + start.length, 0);
    const coverage = Coverage.allocate(this.grid, places.length, spans);
    const { pids, bounds, offsets } = coverage;
    let parcel = 0;
    for (const batch of this.batches) {
      for (let i = 0; i < batch.pids.length; i++) {
        const place = places[parcel++]!;
        pids[place] = batch.pids[i]!;
        for (let k = 0; k < 4; k++) bounds[4 * place + k] = batch.bounds[4 * i + k]!;
        offsets[place + 1] = batch.offsets[i + 1]! - batch.offsets[i]!;
      }
    }
    for (let i = 0; i < places.length; i++) offsets[i + 1]! += offsets[i]!;
    parcel = 0;
    for (const batch of this.batches) {
      for (let i = 0; i < batch.pids.length; i++)
        copySpans(batch, batch.offsets[i]!, batch.offsets[i + 1]!, coverage, offsets[places[parcel++]!]!);
    }
    return coverage;
  }

  private append(count: number): void {
    const { start, length } = this.rasteriser;
    let starts = this.start.reserve(count);
    let lengths = this.length.reserve(count);
    let at = this.start.length;
    for (let k = 0; k < count; k++) {
      let from = start[k]!;
      let left = length[k]!;
      for (; left > LONGEST_SPAN; left -= LONGEST_SPAN, from += LONGEST_SPAN) {
        starts[at] = from;
        lengths[at++] = LONGEST_SPAN;
        this.start.length = this.length.length = at;
        starts = this.start.reserve(count - k);
        lengths = this.length.reserve(count - k);
      }
      starts[at] = from;
      lengths[at++] = left;
    }
    this.start.length = this.length.length = at;
  }

  /** The place of each parcel, in the order they came, among all of them by ascending pid. */
  private places(): Uint32Array {
    const pids = new Int32Array(this.batches.reduce((sum, batch) => sum + batch.pids.length, 0));
    let at = 0;
    for (const batch of this.batches) {
      pids.set(batch.pids, at);
      at += batch.pids.length;
    }
    const places = new Uint32Array(pids.length).map((_, index) => index);
    if (pids.every((pid, i) => i === 0 || pids[i - 1]! < pid)) return places;
    const order = places.slice().sort((a, b) => pids[a]! - pids[b]!);
    order.forEach((parcel, place) => {
      if (place > 0 && pids[parcel] === pids[order[place - 1]!])
        throw new RangeError(`parcel ${pids[parcel]!} occurs twice`);
      places[parcel] = place;
    });
    return places;
  }
}

function copySpans(
  { start, length }: Batch,
  from: number,
  to: number,
  coverage: Coverage,
  place: number,
): void {
  const starts = coverage.start;
  const lengths = coverage.length;
  for (let k = from, at = place; k < to; k++, at++) {
    starts[at] = start[k]!;
    lengths[at] = length[k]!;
  }
}
