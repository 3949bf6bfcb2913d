/** The time axis of a series' picture: whole months, from the first observation's to the last one's. */

const DAY_MS = 86_400_000;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

export interface TimeAxis {
  /** Where months begin, as a share of the axis, with their names. */
  readonly months: readonly { readonly name: string; readonly at: number }[];
  /** A day's place on the axis, 0 to 1. */
  at(date: string): number;
}

/** The axis for days (ISO 8601) in order of time; there must be one at least. */
export function timeAxis(dates: readonly string[]): TimeAxis {
  const [from, to] = [new Date(dates[0]!), new Date(dates.at(-1)!)];
  const count =
    12 * (to.getUTCFullYear() - from.getUTCFullYear()) + to.getUTCMonth() - from.getUTCMonth() + 1;
  const starts = Array.from(
    { length: count + 1 },
    (_, i) => Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + i) / DAY_MS,
  );
  const [first, last] = [starts[0]!, starts[count]!];
  const share = (day: number): number => (day - first) / (last - first);
  return {
    months: starts
      .slice(0, count)
      .map((start, i) => ({ name: MONTHS[(from.getUTCMonth() + i) % 12]!, at: share(start) })),
    at: (date) => share(Date.parse(date) / DAY_MS),
  };
}
