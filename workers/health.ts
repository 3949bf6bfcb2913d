/** Tells whether a worker is alive, and ready: it reaches what its steps need, and polls. */
import { access, constants } from 'node:fs/promises';
import type { Worker } from '@temporalio/worker';
import type pg from 'pg';
import type { HostDependencies } from '../activities/dependencies.js';
import { describeNamespace, type TemporalConnection } from '../client/index.js';
import { requireSchema } from '../database/session/schema.js';
import { databaseTime } from '../database/session/server.js';
import { type HealthAddress, listenForHealth } from '../telemetry/health-listener.js';
import type { Log } from '../telemetry/log.js';
import { type Conditions, failing, readinessOf } from '../telemetry/readiness.js';
import type { Closing } from './closing.js';

/** What a worker has by now: it is asked from its first moment on. */
export interface WorkerParts {
  /** Whether it has a scratch disk. */
  readonly isExtractor: boolean;
  temporal?: TemporalConnection;
  pool?: pg.Pool;
  host?: {
    readonly scratch: Pick<HostDependencies['scratch'], 'root' | 'freeBytes'>;
    readonly reserveBytes: number;
  };
  workers?: readonly Pick<Worker, 'getState'>[];
}

const STARTING = 'the worker is starting';

/** Listens from the worker's first moment on, where an address is given. @throws the system's error where it can't. */
export async function tellHealth(
  { health, log }: { readonly health?: HealthAddress | undefined; readonly log: Log },
  parts: WorkerParts,
  closing: Closing,
): Promise<void> {
  if (health === undefined) return;
  const listener = await listenForHealth(health, readinessOf(workerConditions(parts)));
  closing.add('what tells its health', () => listener.close());
  log.info(`health is told at ${listener.url}`);
}

export function workerConditions(parts: WorkerParts): Conditions {
  return {
    database: async () =>
      parts.pool === undefined ? STARTING : failing(databaseTime(parts.pool), 'the database does not answer'),
    schema: async () =>
      parts.pool === undefined
        ? STARTING
        : failing(
            requireSchema(parts.pool),
            'the schema parcelwise is missing, of another version, or closed to this role',
          ),
    temporal: async () =>
      parts.temporal === undefined
        ? STARTING
        : failing(describeNamespace(parts.temporal), 'Temporal does not answer, or not to this worker'),
    polling: () => Promise.resolve(pollsAll(parts.workers) ? undefined : 'not all queues are polled'),
    ...(parts.isExtractor && { scratch: () => scratchOf(parts) }),
  };
}

function pollsAll(workers: WorkerParts['workers']): boolean {
  return workers?.every((worker) => worker.getState() === 'RUNNING') ?? false;
}

async function scratchOf({ host }: WorkerParts): Promise<string | undefined> {
  if (host === undefined) return STARTING;
  const { scratch, reserveBytes } = host;
  const closed = await failing(
    access(scratch.root, constants.W_OK),
    'the scratch disk can not be written to',
  );
  if (closed !== undefined) return closed;
  const free = await scratch.freeBytes();
  return free < reserveBytes
    ? 'the scratch disk is full: no scene is admitted until there is room'
    : undefined;
}
