/** Numbers collected by row in any order and taken out row by row, sorted: linked lists over typed arrays. */
import { Growable } from './growable.js';
import { sortRange } from './sort.js';

export class RowLists {
  private heads = new Int32Array(0);
  private readonly values = new Growable((length) => new Float64Array(length));
  private readonly nexts = new Growable((length) => new Int32Array(length));
  /** What `sort` took out last. */
  sorted: Float64Array = new Float64Array(64);
  /** The rows that were pushed to since `clear` lie from `firstRow` to before `endRow`. */
  firstRow = Infinity;
  endRow = 0;

  /** Empties the lists and makes room for rows 0 to `rows - 1`. */
  clear(rows: number): void {
    if (rows > this.heads.length) this.heads = new Int32Array(2 * rows).fill(-1);
    else for (let row = this.firstRow; row < this.endRow; row++) this.heads[row] = -1;
    this.values.length = this.nexts.length = 0;
    this.firstRow = Infinity;
    this.endRow = 0;
  }

  push(row: number, value: number): void {
    this.nexts.push(this.heads[row]!);
    this.heads[row] = this.values.length;
    this.values.push(value);
    if (row < this.firstRow) this.firstRow = row;
    if (row >= this.endRow) this.endRow = row + 1;
  }

  /** Puts the numbers of a row into `sorted`, ascending; returns how many there are. */
  sort(row: number): number {
    const values = this.values.array;
    const nexts = this.nexts.array;
    let count = 0;
    for (let node = this.heads[row]!; node >= 0; node = nexts[node]!) {
      if (count === this.sorted.length) {
        const grown = new Float64Array(2 * count);
        grown.set(this.sorted);
        this.sorted = grown;
      }
      this.sorted[count++] = values[node]!;
    }
    sortRange(this.sorted, 0, count);
    return count;
  }
}
