/** Below this many numbers, insertion beats the call of the engine's own sort. */
const FEW = 48;

/** Sorts `values[from]` to before `values[to]`, ascending; there must be no NaN among them. */
export function sortRange(values: Float64Array, from: number, to: number): void {
  if (to - from > FEW) {
    values.subarray(from, to).sort();
    return;
  }
  for (let i = from + 1; i < to; i++) {
    const value = values[i]!;
    let k = i;
    for (; k > from && values[k - 1]! > value; k--) values[k] = values[k - 1]!;
    values[k] = value;
  }
}
