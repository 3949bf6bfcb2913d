/** Seconds of CPU by process. */
import type { Servers } from '../product/servers.js';
import type { WorkerProcess } from '../product/worker-process.js';

export type Cpu = Readonly<Record<string, number>>;

/** What worker and servers have used so far. */
export function cpuOf(servers: Servers, worker: WorkerProcess): Cpu {
  return { worker: worker.cpuSeconds, ...servers.cpu() };
}

export function minus(after: Cpu, before: Cpu): Cpu {
  return Object.fromEntries(Object.entries(after).map(([name, used]) => [name, used - (before[name] ?? 0)]));
}

export function perSecond(used: Cpu, seconds: number): Cpu {
  return Object.fromEntries(Object.entries(used).map(([name, value]) => [name, value / seconds]));
}
