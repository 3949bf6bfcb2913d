/**
 * Tag trees (ISO/IEC 15444-1 B.10.2): a quad-tree over the code-blocks of a precinct's sub-band in which each node holds
 * the least value below it, sent bit by bit as far as it is asked for.
 */
import type { HeaderBits } from './header-bits.js';

/** Nodes in order: leaves row by row, then each level above, the root last. */
export interface TreeShape {
  readonly nodeCount: number;
  /** The node above each node; -1 for the root. */
  readonly parent: Int32Array;
}

/** Shapes recur from precinct to precinct and tile to tile. */
const shapes = new Map<string, TreeShape>();
const MAX_SHAPES = 256;
/** Levels of a tree: a sub-band is less than 2^32 code-blocks wide. */
const MAX_DEPTH = 34;

export function treeShape(columns: number, rows: number): TreeShape {
  const key = `${columns} ${rows}`;
  let shape = shapes.get(key);
  if (!shape) {
    if (shapes.size >= MAX_SHAPES) shapes.clear();
    shape = buildShape(columns, rows);
    shapes.set(key, shape);
  }
  return shape;
}

function buildShape(columns: number, rows: number): TreeShape {
  const levels = [{ columns, rows, first: 0 }];
  let nodeCount = columns * rows;
  for (let level = levels[0]!; level.columns * level.rows > 1; level = levels[levels.length - 1]!) {
    const above = { columns: (level.columns + 1) >> 1, rows: (level.rows + 1) >> 1, first: nodeCount };
    nodeCount += above.columns * above.rows;
    levels.push(above);
  }
  const parent = new Int32Array(nodeCount).fill(-1);
  for (let i = 0; i + 1 < levels.length; i++) {
    const level = levels[i]!;
    const above = levels[i + 1]!;
    for (let row = 0; row < level.rows; row++) {
      for (let column = 0; column < level.columns; column++) {
        parent[level.first + row * level.columns + column] =
          above.first + (row >> 1) * above.columns + (column >> 1);
      }
    }
  }
  return { nodeCount, parent };
}

/** What is known so far of the nodes of many trees: a lower bound, and whether the bound is the value. */
export class TagTrees {
  private readonly bound: Int32Array;
  private readonly known: Uint8Array;
  private readonly path = new Int32Array(MAX_DEPTH);

  constructor(nodeCount: number) {
    this.bound = new Int32Array(nodeCount);
    this.known = new Uint8Array(nodeCount);
  }

  /**
   * Reads as many bits as it takes to tell whether the value of leaf `leaf` is below `threshold`.
   * @param first where the tree's nodes start
   */
  isBelow(bits: HeaderBits, shape: TreeShape, first: number, leaf: number, threshold: number): boolean {
    const { bound, known, path } = this;
    const { parent } = shape;
    let depth = 0;
    let node = leaf;
    for (; parent[node]! >= 0; node = parent[node]!) path[depth++] = node;
    let low = 0;
    for (;;) {
      const at = first + node;
      // No node's value is less than that of the node above.
      if (low > bound[at]!) bound[at] = low;
      else low = bound[at]!;
      while (low < threshold && known[at] === 0) {
        if (bits.bit() === 1) known[at] = 1;
        else low++;
      }
      bound[at] = low;
      if (depth === 0) return known[at] === 1 && low < threshold;
      node = path[--depth]!;
    }
  }

  /** The value of leaf `leaf`, once `isBelow` has said that it is below something. */
  valueOf(first: number, leaf: number): number {
    return this.bound[first + leaf]!;
  }
}
