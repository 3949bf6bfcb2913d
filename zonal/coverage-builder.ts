/** Rasterises parcels set by set, and makes one Coverage of them. */
import { Coverage } from './coverage.js';
import type { Grid } from './grid.js';
import type { ParcelSet } from './parcel-set.js';
import type { PixelRule } from './pixel-rule.js';
import { copyShares } from './pixel-shares.js';
import { Rasteriser } from './rasteriser.js';
import { SpanList } from './span-list.js';

export class CoverageBuilder {
  /** A coverage of each set added so far. */
  readonly parts: Coverage[] = [];
  private readonly rasteriser: Rasteriser;
  /** Spans of the set in work: memory that is used again is faster than new memory. */
  private readonly spans = new SpanList();

  /** @throws RangeError for a grid that is not north up or has more than 2^31 - 1 pixels. */
  constructor(
    private readonly grid: Grid,
    private readonly rule: PixelRule = 'centre',
  ) {
    this.rasteriser = new Rasteriser(grid, rule);
  }

  /**
   * Rasterises the parcels of a set, which must be in the grid's CRS. The set is not needed any more afterwards.
   * @returns why parcels could not be rasterised; those get no pixel.
   */
  add(set: ParcelSet): readonly string[] {
    const { grid, rule, parts, rasteriser, spans } = this;
    spans.count = 0;
    const { offsets, refused, shares } = rasteriser.rasterise(set, spans);
    const part = Coverage.allocate(grid, set.count, spans.count, rule, shares?.fractions.length);
    part.pids.set(set.pids);
    part.bounds.set(set.bounds);
    part.offsets.set(offsets);
    part.start.set(spans.start.subarray(0, spans.count));
    part.length.set(spans.length.subarray(0, spans.count));
    if (shares && part.shares) copyShares(part.shares, 0, shares, set.count);
    parts.push(part);
    return refused;
  }

  /**
   * The coverage of all parcels added, those without a pixel included.
   * @throws RangeError as `Coverage.join` does.
   */
  finish(): Coverage {
    return Coverage.join(this.grid, this.parts, this.rule);
  }
}
