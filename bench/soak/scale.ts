/** Weighs one simulated day. */
import type { Client } from '@temporalio/client';
import type pg from 'pg';
import type { Servers } from '../product/servers.js';
import type { WorkerProcess } from '../product/worker-process.js';
import { type Cpu, cpuOf, minus } from './cpu.js';
import {
  bytesBelow,
  countWorkflows,
  RUNNING,
  schedulerEvents,
  tableBytes,
  type TableBytes,
} from './gauges.js';

/** A simulated day, weighed at its end. Memory is the least of the day: what is left when garbage has been collected. */
export interface Day extends TableBytes {
  readonly day: number;
  /** Ticks that have come to an end so far. */
  readonly ticks: number;
  /** Whether a scene was published on it. */
  readonly busy: boolean;
  readonly seconds: number;
  readonly worker: number;
  readonly temporal: number;
  /** Files and sockets that are held open, the fewest of the day. */
  readonly workerFiles: number;
  readonly temporalFiles: number;
  /** The Temporal server's database with its write-ahead log. */
  readonly temporalFile: number;
  readonly scratch: number;
  readonly open: number;
  readonly schedulerEvents: number | undefined;
  /** Of this day alone. */
  readonly cpu: Cpu;
}

/** What is weighed. */
export interface Load {
  readonly servers: Servers;
  readonly worker: WorkerProcess;
  readonly client: Client;
  readonly pool: pg.Pool;
  /** The worker's scratch folder. */
  readonly scratch: string;
  /** The workflow id of the schedule. */
  readonly schedule: string;
}

type Least = Record<'worker' | 'temporal' | 'workerFiles' | 'temporalFiles', number>;

export class Scale {
  private readonly began = Date.now();
  private readonly before: Cpu;
  private readonly least: Least = {
    ...{ worker: Infinity, temporal: Infinity, workerFiles: Infinity, temporalFiles: Infinity },
  };

  constructor(private readonly load: Load) {
    this.before = cpuOf(load.servers, load.worker);
  }

  look(): void {
    const { servers, worker } = this.load;
    const now: Record<keyof Least, number | undefined> = {
      worker: worker.residentBytes,
      temporal: servers.memory().Temporal,
      workerFiles: worker.openFiles,
      temporalFiles: servers.openFiles().Temporal,
    };
    for (const name of Object.keys(this.least) as (keyof Least)[])
      this.least[name] = Math.min(this.least[name], now[name] ?? Infinity);
  }

  async weigh(): Promise<Omit<Day, 'day' | 'ticks' | 'busy'>> {
    this.look();
    const { servers, worker, client, pool, scratch, schedule } = this.load;
    return {
      ...this.least,
      cpu: minus(cpuOf(servers, worker), this.before),
      seconds: (Date.now() - this.began) / 1000,
      temporalFile: await bytesBelow(servers.temporalFolder),
      scratch: await bytesBelow(scratch),
      open: await countWorkflows(client, RUNNING),
      schedulerEvents: await schedulerEvents(client, schedule),
      ...(await tableBytes(pool)),
    };
  }
}
