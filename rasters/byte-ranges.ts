/** Ranges of bytes of a file: sorted, and apart from each other. */

/** Bytes `from` to before `to`. */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
}

/** All bytes of any of them, sorted; those that lie no more than `gap` bytes apart become one, with what lies between. */
export function joined(ranges: Iterable<ByteRange>, gap = 0): ByteRange[] {
  const sorted = [...ranges].filter(({ from, to }) => to > from).sort((a, b) => a.from - b.from);
  const out: { from: number; to: number }[] = [];
  for (const { from, to } of sorted) {
    const last = out[out.length - 1];
    if (last !== undefined && from - last.to <= gap) last.to = Math.max(last.to, to);
    else out.push({ from, to });
  }
  return out;
}

/** What of `wanted` is not in `present`; both as `joined` gives them. */
export function missing(wanted: readonly ByteRange[], present: readonly ByteRange[]): ByteRange[] {
  const out: ByteRange[] = [];
  let at = 0;
  for (const { from, to } of wanted) {
    while (at < present.length && present[at]!.to <= from) at++;
    let position = from;
    for (let next = at; next < present.length && present[next]!.from < to; next++) {
      const there = present[next]!;
      if (there.from > position) out.push({ from: position, to: there.from });
      position = Math.max(position, there.to);
    }
    if (position < to) out.push({ from: position, to });
  }
  return out;
}

export function bytesOf(ranges: readonly ByteRange[]): number {
  return ranges.reduce((sum, { from, to }) => sum + to - from, 0);
}
