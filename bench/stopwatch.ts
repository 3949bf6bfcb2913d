/** Wall and CPU time of this process, its threads included. */
export interface Seconds {
  readonly wall: number;
  readonly cpu: number;
}

/** Starts a clock; the function it returns tells the seconds since then. */
export function startClock(): () => Seconds {
  const wall = performance.now();
  const before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return { wall: (performance.now() - wall) / 1000, cpu: (user + system) / 1e6 };
  };
}
