/** Sorts the `count` doubles from `values` on, ascending; there must be no NaN among them. Shell's sort: few are nearly inserted. */
export function sortDoubles(values: usize, count: i32): void {
  let gap = 1;
  while (gap < count / 3) gap = 3 * gap + 1;
  for (; gap > 0; gap /= 3) {
    const step = (gap as usize) << 3;
    const end = values + ((count as usize) << 3);
    for (let from = values + step; from < end; from += 8) {
      const value = load<f64>(from);
      let at = from;
      for (; at >= values + step && load<f64>(at - step) > value; at -= step)
        store<f64>(at, load<f64>(at - step));
      store<f64>(at, value);
    }
  }
}
