/** The statistics by their definitions: sort, add up, interpolate. */
export type Statistics = readonly [
  count: number,
  mean: number,
  std: number,
  min: number,
  max: number,
  p25: number,
  p50: number,
  p75: number,
];

/** Of one value or more; all of them count. Percentiles are linear, as numpy has them. */
export function slowStatistics(values: Iterable<number>): Statistics {
  const sorted = [...values].sort((a, b) => a - b);
  const n = sorted.length;
  const mean = average(sorted);
  const std = Math.sqrt(average(sorted.map((v) => (v - mean) ** 2)));
  const quartile = (quarter: number): number => {
    const rank = ((n - 1) * quarter) / 4;
    const low = sorted[Math.floor(rank)]!;
    const high = sorted[Math.ceil(rank)]!;
    return low + (high - low) * (rank % 1);
  };
  return [n, mean, std, sorted[0]!, sorted[n - 1]!, quartile(1), quartile(2), quartile(3)];
}

/** The average, corrected by the average of what is left. */
function average(values: number[]): number {
  const first = values.reduce((sum, v) => sum + v / values.length, 0);
  return first + values.reduce((sum, v) => sum + (v - first), 0) / values.length;
}
