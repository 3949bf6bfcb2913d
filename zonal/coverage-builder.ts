/** Rasterises parcels batch by batch, in any order, and puts them into a Coverage in the order of their pids. */
import { Coverage } from './coverage.js';
import type { Grid } from './grid.js';
import type { ParcelSet } from './parcel-set.js';
import { Rasteriser } from './rasteriser.js';
import { SpanList } from './span-list.js';

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
  private readonly spans = new SpanList();

  /** @throws RangeError for a grid that is not north up or has more than 2^31 - 1 pixels. */
  constructor(private readonly grid: Grid) {
    this.rasteriser = new Rasteriser(grid);
  }

  /**
   * Rasterises the parcels of a set, which must be in the grid's CRS. The set is not needed any more afterwards.
   * @returns why parcels could not be rasterised; those get no pixel.
   */
  add(set: ParcelSet): readonly string[] {
    const { spans } = this;
    spans.count = 0;
    const { offsets, refused } = this.rasteriser.rasterise(set, spans);
    this.batches.push({
      pids: set.pids.slice(),
      bounds: set.bounds.slice(),
      offsets,
      start: spans.start.slice(0, spans.count),
      length: spans.length.slice(0, spans.count),
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
