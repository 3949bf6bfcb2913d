/** CPU time and memory of processes and of everything they started, from Linux's /proc (proc(5)). */
import { readdirSync, readFileSync } from 'node:fs';

export interface Usage {
  /** Seconds of user and system time, of children that ended (and were waited for) too. */
  readonly cpu: number;
  /** Resident bytes; memory that processes share is counted once for each. */
  readonly rss: number;
}

interface Process {
  readonly parent: number;
  readonly cpu: number;
  readonly rss: number;
}

/** USER_HZ is 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;
const PAGE_BYTES = 4096;

/** What the process trees below `roots` have used so far. Processes that are gone count as nothing. */
export function usageOf(roots: readonly number[]): Usage {
  const processes = allProcesses();
  let cpu = 0;
  let rss = 0;
  for (const [pid, process] of processes) {
    if (!isBelow(pid, roots, processes)) continue;
    cpu += process.cpu;
    rss += process.rss;
  }
  return { cpu, rss };
}

/** Files, sockets and pipes that the process trees below `roots` hold open now. */
export function openFiles(roots: readonly number[]): number {
  const processes = allProcesses();
  const pids = [...processes.keys()].filter((pid) => isBelow(pid, roots, processes));
  return pids.reduce((sum, pid) => sum + descriptors(pid), 0);
}

/** 0 where the process ended between two looks. */
function descriptors(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return 0;
  }
}

/** The highest resident size a process has had. */
export function peakBytes(pid: number): number {
  const status = readText(`/proc/${pid}/status`) ?? '';
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024;
}

/** Looks at process trees again and again. */
export class Watch {
  /** Largest sum of resident sizes seen. */
  peakBytes = 0;
  private readonly begun: Usage;
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly roots: readonly number[],
    everyMs = 200,
  ) {
    this.begun = usageOf(roots);
    this.timer = setInterval(() => {
      this.look();
    }, everyMs);
    this.look();
  }

  /** Seconds of CPU since the beginning. */
  stop(): number {
    clearInterval(this.timer);
    return this.look().cpu - this.begun.cpu;
  }

  private look(): Usage {
    const usage = usageOf(this.roots);
    this.peakBytes = Math.max(this.peakBytes, usage.rss, ...this.roots.map(peakBytes));
    return usage;
  }
}

function allProcesses(): Map<number, Process> {
  const processes = new Map<number, Process>();
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) ? readText(`/proc/${name}/stat`) : undefined;
    if (stat !== undefined) processes.set(Number(name), parseStat(stat));
  }
  return processes;
}

/** The command stands in brackets and may hold anything, so fields are counted from behind it: state, parent, … */
function parseStat(stat: string): Process {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const field = (number: number): number => Number(fields[number - 3]);
  return {
    parent: field(4),
    cpu: (field(14) + field(15) + field(16) + field(17)) / TICKS_PER_SECOND,
    rss: field(24) * PAGE_BYTES,
  };
}

function isBelow(pid: number, roots: readonly number[], processes: ReadonlyMap<number, Process>): boolean {
  for (let at: number | undefined = pid; at !== undefined && at > 0; at = processes.get(at)?.parent) {
    if (roots.includes(at)) return true;
  }
  return false;
}

/** Undefined where the process ended between two looks. */
function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
