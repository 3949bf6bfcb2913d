/**
 * Which pixels belong to a parcel. By the rule `centre`, those whose centre lies inside, with GDAL's answer where a centre lies exactly on an
 * edge (GDALRasterizeGeometries without ALL_TOUCHED, each polygon for itself, as rasterstats calls it).
 *
 * An edge crosses the centre line yc of a row when y1 <= yc < y2. The crossing is rounded to the first column whose
 * centre lies right of it, floor(x + 0.5), so that a centre on a left edge is out and one on a right edge is in; between
 * each odd crossing and the next the row is filled (even-odd rule).
 *
 * The kernel does so for parcels of one polygon. Several polygons, horizontal edges along a centre line, very many crossings
 * in a row and very large parcels are left to OutlineRasteriser, and so is the rule `touched`; see there. For `inside` and
 * `fraction` see ShareRasteriser.
 */
import type { Grid } from './grid.js';
import { threadKernel } from './kernel.js';
import { OutlineRasteriser } from './outline-rasteriser.js';
import { ofParcel, type ParcelSet } from './parcel-set.js';
import type { PixelRule } from './pixel-rule.js';
import type { PixelShares } from './pixel-shares.js';
import { ShareRasteriser } from './share-rasteriser.js';
import type { SpanList } from './span-list.js';
import { GeometryError } from './wkb.js';

/** Pixel numbers are kept in 32 bits. */
const MAX_PIXELS = 2 ** 31 - 1;

/** Which spans belong to the parcels of a set. */
export interface Rasterised {
  /** Parcel `i` has the spans `offsets[i]` to before `offsets[i + 1]`. */
  readonly offsets: Uint32Array;
  /** Why parcels could not be rasterised; those have no spans. */
  readonly refused: readonly string[];
  /** How much of each pixel is covered, with the rule `fraction`; valid until the next set is rasterised. */
  readonly shares?: PixelShares;
}

export class Rasteriser {
  private readonly block = threadKernel().block;
  private readonly outlines: OutlineRasteriser;
  private readonly covered: ShareRasteriser | undefined;

  /** @throws RangeError for a grid that is not north up or has more than 2^31 - 1 pixels. */
  constructor(
    readonly grid: Grid,
    private readonly rule: PixelRule = 'centre',
  ) {
    checkGrid(grid);
    this.outlines = new OutlineRasteriser(grid, rule === 'touched');
    if (rule === 'inside' || rule === 'fraction') this.covered = new ShareRasteriser(grid, rule);
  }

  /**
   * Finds the pixels of a set's parcels, which must be in the grid's CRS, and appends them to `spans`: parcel by parcel, rows
   * from the top, columns from the left, no pixel twice, nothing outside the grid.
   */
  rasterise(set: ParcelSet, spans: SpanList): Rasterised {
    const { block, covered } = this;
    const isTouched = this.rule === 'touched';
    const offsets = new Uint32Array(set.count + 1);
    const refused: string[] = [];
    offsets[0] = spans.count;
    if (covered) {
      const refused = covered.rasterise(set, spans, offsets);
      return covered.shares ? { offsets, refused, shares: covered.shares.view() } : { offsets, refused };
    }
    block.setGrid(this.grid);
    for (let next = 0, loaded = 0; next < set.count;) {
      const index = next;
      if (!isTouched) {
        if (next >= loaded) loaded = block.load(set, next);
        next = block.rasterise(index, loaded, spans, offsets);
        if (next > index) continue;
      }
      try {
        this.outlines.rasterise(set, index, spans);
      } catch (error) {
        if (!(error instanceof GeometryError)) throw error;
        refused.push(ofParcel(set.pids[index]!, error).message);
      }
      offsets[++next] = spans.count;
    }
    return { offsets, refused };
  }
}

function checkGrid(grid: Grid): void {
  const { width, height, originX, originY, stepX, stepY } = grid;
  if (!Number.isInteger(width) || !Number.isInteger(height) || width < 1 || height < 1) {
    throw new RangeError(`a grid of ${width} x ${height} pixels is no grid`);
  }
  if (width * height > MAX_PIXELS) {
    throw new RangeError(
      `a grid of ${width} x ${height} pixels is too large: at most ${MAX_PIXELS} pixels in all`,
    );
  }
  if (!Number.isFinite(originX) || !Number.isFinite(originY) || !(stepX > 0) || !(stepY < 0)) {
    throw new RangeError(
      `the grid is not north up: origin ${originX} ${originY}, pixel size ${stepX} ${stepY} (warp the raster first)`,
    );
  }
}
