/**
 * How a tile-component divides into resolution levels, sub-bands, precincts and code-blocks (ISO/IEC 15444-1 Annex B,
 * B.5 to B.7). Code-blocks lie in columns of one table; a precinct holds runs of it, one for each of its sub-bands.
 */
import { Damage } from '../damage.js';
import { MAX_CODE_BLOCKS } from './limits.js';
import type { CodingStyle } from './coding-style.js';
import type { Rectangle } from './siz.js';
import { treeShape, type TreeShape } from './tag-tree.js';
import { Unsupported } from '../unsupported.js';

/** Orientation of a sub-band; the kernel's numbers, too. High pass horizontally: bit 0; vertically: bit 1. */
export const Orientation = { LL: 0, HL: 1, LH: 2, HH: 3 } as const;

export interface Subband extends Rectangle {
  readonly orientation: number;
  /** Place in the order of quantization steps: LL, then HL, LH, HH from the lowest resolution up (A.6.4). */
  readonly index: number;
}

/** The code-blocks of one sub-band in one precinct. */
export interface PrecinctBand {
  readonly firstBlock: number;
  readonly blockCount: number;
  /** Tag trees (B.10.2): their shape, and where the nodes of the two trees start in the table of nodes. */
  readonly tree: TreeShape;
  readonly inclusionNodes: number;
  readonly zeroBitPlaneNodes: number;
}

export interface Resolution extends Rectangle {
  readonly subbands: readonly Subband[];
  /** Nominal size of a precinct, in samples of this level. */
  readonly precinctWidth: number;
  readonly precinctHeight: number;
  readonly precinctColumns: number;
  /** In raster order; each a list of the sub-bands that have code-blocks there. */
  readonly precincts: readonly (readonly PrecinctBand[])[];
}

/** Columns of the table of code-blocks. Positions are relative to the sub-band's upper left corner. */
export interface CodeBlocks {
  readonly count: number;
  readonly x: Int32Array;
  readonly y: Int32Array;
  readonly width: Int32Array;
  readonly height: Int32Array;
  readonly subband: Uint8Array;
}

export interface TileComponent extends Rectangle {
  /** From the lowest resolution to the highest: levels + 1 of them. */
  readonly resolutions: readonly Resolution[];
  readonly subbands: readonly Subband[];
  readonly blocks: CodeBlocks;
  /** Nodes of all tag trees. */
  readonly nodeCount: number;
}

/** What the components of a tile may still use up together; `divideTile` takes from it. */
export interface Budget {
  precincts: number;
  blocks: number;
}

/** A tile's budget: every packet takes a byte at least (B.10.1), and each precinct has one packet a layer. */
export function tileBudget(bytes: number, layers: number): Budget {
  return { precincts: Math.floor(bytes / layers), blocks: MAX_CODE_BLOCKS };
}

/**
 * @param tile the tile-component's rectangle (B-12)
 * @throws Damage where the tile-component asks for more than the budget, before memory is taken for it.
 */
export function divideTile(tile: Rectangle, coding: CodingStyle, budget: Budget): TileComponent {
  const builder = new Builder(tile, coding, budget);
  const resolutions = Array.from({ length: coding.levels + 1 }, (_, r) => builder.resolution(r));
  return {
    ...tile,
    resolutions,
    subbands: resolutions.flatMap(({ subbands }) => subbands),
    blocks: builder.blocks(),
    nodeCount: builder.nodeCount,
  };
}

class Builder {
  nodeCount = 0;
  private subbandCount = 0;
  private blockCount = 0;
  private capacity = 1024;
  private columns = [0, 1, 2, 3, 4].map(() => new Int32Array(this.capacity));

  constructor(
    private readonly tile: Rectangle,
    private readonly coding: CodingStyle,
    private readonly budget: Budget,
  ) {}

  /** Resolution level `r` with its precincts (B-14 to B-16). */
  resolution(r: number): Resolution {
    const { tile, coding } = this;
    const scale = 2 ** (coding.levels - r);
    const rectangle = {
      x0: Math.ceil(tile.x0 / scale),
      y0: Math.ceil(tile.y0 / scale),
      x1: Math.ceil(tile.x1 / scale),
      y1: Math.ceil(tile.y1 / scale),
    };
    const precinctWidth = 2 ** coding.precincts[r]!.x;
    const precinctHeight = 2 ** coding.precincts[r]!.y;
    const { x0, y0, x1, y1 } = rectangle;
    const precinctColumns = x1 > x0 ? Math.ceil(x1 / precinctWidth) - Math.floor(x0 / precinctWidth) : 0;
    const precinctRows = y1 > y0 ? Math.ceil(y1 / precinctHeight) - Math.floor(y0 / precinctHeight) : 0;
    this.budget.precincts -= precinctColumns * precinctRows;
    if (this.budget.precincts < 0) throw new Damage('has more packets in a tile than bytes to code them');
    const orientations = r === 0 ? [Orientation.LL] : [Orientation.HL, Orientation.LH, Orientation.HH];
    const subbands = orientations.map((orientation) => this.subband(r, orientation));
    const precincts: PrecinctBand[][] = [];
    const firstX = Math.floor(x0 / precinctWidth);
    const firstY = Math.floor(y0 / precinctHeight);
    // Precincts divide the resolution level; on its sub-bands they have half the size (B.7).
    const half = r === 0 ? 1 : 2;
    for (let row = firstY; row < firstY + precinctRows; row++) {
      for (let column = firstX; column < firstX + precinctColumns; column++) {
        precincts.push(
          subbands.flatMap((band) =>
            this.precinctBand(r, band, {
              x0: Math.max(band.x0, (column * precinctWidth) / half),
              y0: Math.max(band.y0, (row * precinctHeight) / half),
              x1: Math.min(band.x1, ((column + 1) * precinctWidth) / half),
              y1: Math.min(band.y1, ((row + 1) * precinctHeight) / half),
            }),
          ),
        );
      }
    }
    return { ...rectangle, subbands, precinctWidth, precinctHeight, precinctColumns, precincts };
  }

  blocks(): CodeBlocks {
    const [x, y, width, height, subband] = this.columns.map((column) => column.subarray(0, this.blockCount));
    return {
      count: this.blockCount,
      x: x!,
      y: y!,
      width: width!,
      height: height!,
      subband: Uint8Array.from(subband!),
    };
  }

  /** B-15: a sub-band's samples are those of its parity, at the scale of its decomposition level. */
  private subband(r: number, orientation: number): Subband {
    const level = r === 0 ? this.coding.levels : this.coding.levels - r + 1;
    const edge = (position: number, highPass: number): number =>
      level === 0 ? position : Math.ceil((position - 2 ** (level - 1) * highPass) / 2 ** level);
    return {
      orientation,
      index: this.subbandCount++,
      x0: edge(this.tile.x0, orientation & 1),
      y0: edge(this.tile.y0, orientation >> 1),
      x1: edge(this.tile.x1, orientation & 1),
      y1: edge(this.tile.y1, orientation >> 1),
    };
  }

  /** Code-blocks of a sub-band inside a precinct (B.7), in raster order; none where the two don't meet. */
  private precinctBand(r: number, band: Subband, { x0, y0, x1, y1 }: Rectangle): PrecinctBand[] {
    if (x1 <= x0 || y1 <= y0) return [];
    const { coding } = this;
    const precinct = coding.precincts[r]!;
    const halved = r === 0 ? 0 : 1;
    const blockWidth = 2 ** Math.min(coding.blockExponentX, precinct.x - halved); // B-17, B-18
    const blockHeight = 2 ** Math.min(coding.blockExponentY, precinct.y - halved);
    const firstColumn = Math.floor(x0 / blockWidth);
    const firstRow = Math.floor(y0 / blockHeight);
    const columns = Math.ceil(x1 / blockWidth) - firstColumn;
    const rows = Math.ceil(y1 / blockHeight) - firstRow;
    const firstBlock = this.blockCount;
    this.reserve(columns * rows);
    const [xs, ys, widths, heights, subbands] = this.columns;
    let block = firstBlock;
    for (let row = firstRow; row < firstRow + rows; row++) {
      const top = Math.max(y0, row * blockHeight);
      const height = Math.min(y1, (row + 1) * blockHeight) - top;
      for (let column = firstColumn; column < firstColumn + columns; column++, block++) {
        const left = Math.max(x0, column * blockWidth);
        xs![block] = left - band.x0;
        ys![block] = top - band.y0;
        widths![block] = Math.min(x1, (column + 1) * blockWidth) - left;
        heights![block] = height;
        subbands![block] = band.index;
      }
    }
    const tree = treeShape(columns, rows);
    const inclusionNodes = this.nodeCount;
    this.nodeCount += 2 * tree.nodeCount;
    return [
      {
        firstBlock,
        blockCount: columns * rows,
        tree,
        inclusionNodes,
        zeroBitPlaneNodes: inclusionNodes + tree.nodeCount,
      },
    ];
  }

  private reserve(blocks: number): void {
    this.blockCount += blocks;
    this.budget.blocks -= blocks;
    if (this.budget.blocks < 0) {
      throw new Unsupported(`has more than ${MAX_CODE_BLOCKS} code-blocks in a tile`);
    }
    if (this.blockCount <= this.capacity) return;
    this.capacity = Math.max(2 * this.capacity, this.blockCount);
    this.columns = this.columns.map((old) => {
      const grown = new Int32Array(this.capacity);
      grown.set(old);
      return grown;
    });
  }
}
