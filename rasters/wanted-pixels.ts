/** Which pixels of a grid somebody looks at, in square cells: a decoder may leave out what reaches none of them. */

export interface WantedPixels {
  /** Pixels of a cell's side; the first cell begins at pixel (0, 0). */
  readonly cell: number;
  /** Cells side by side; those at the right and lower edge may be smaller. */
  readonly across: number;
  /** Row by row: 1 for each cell that holds a wanted pixel, else 0. */
  readonly marks: Uint8Array;
}

/** Whether cells under so many pixels of the grid are marked, from column and row on. */
export function isAnyWanted(
  { cell, across, marks }: WantedPixels,
  column: number,
  row: number,
  width: number,
  height: number,
): boolean {
  const left = Math.floor(column / cell);
  const right = Math.ceil((column + width) / cell);
  const lower = Math.ceil((row + height) / cell);
  for (let y = Math.floor(row / cell); y < lower; y++)
    for (let x = y * across + left; x < y * across + right; x++) if (marks[x] === 1) return true;
  return false;
}
