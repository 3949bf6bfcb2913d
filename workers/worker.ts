/**
 * A worker process: polls the queues of its role, and ends its work in good order when told to stop.
 *
 * Terms. *Role*: orchestrator, extractor or all. *Host*: an extractor with its scratch disk, which holds a *lease* of the
 * disk's id. *Admission*: whether it takes one more scene. *Thread*: where rasters are decoded and measured; the main
 * thread waits and heartbeats.
 */
import { readFile } from 'node:fs/promises';
import { Worker, type WorkerOptions } from '@temporalio/worker';
import {
  databaseActivities,
  hostActivities,
  stageActivities,
  syncActivities,
} from '../activities/registered.js';
import { noticesOf } from '../campaigns/former-names.js';
import { migrate } from '../database/session/schema.js';
import { ORCHESTRATOR_QUEUE, STAGE_QUEUE } from '../workflows/ids.js';
import { Admission } from './admission.js';
import { WORKFLOW_BUNDLE } from './bundle.js';
import { Closing } from './closing.js';
import { tellHealth, type WorkerParts } from './health.js';
import { holdHost } from './host-lease.js';
import type { HealthAddress } from '../telemetry/health-listener.js';
import type { Log } from '../telemetry/log.js';
import {
  connectTemporal,
  createSearchAttributes,
  describeNamespace,
  installRuntime,
  refusedBy,
  type TemporalConnection,
  temporalQueries,
} from '../client/index.js';
import type { WorkerSettings } from './settings.js';
import {
  type ConfigFiles,
  openDatabaseDependencies,
  openHostDependencies,
  type OpenDatabaseDependencies,
  type OpenHostDependencies,
} from './dependencies.js';
import { keepScratchClean } from './scratch-cleanup.js';
import { runUntil } from './run-until.js';
import { keepLease } from './temporal-lease.js';

/** `orchestrator`: workflows and database activities. `extractor`: downloads and raster work. `all`: both in one process. */
export type Role = 'all' | 'orchestrator' | 'extractor';

export interface WorkerProcessOptions extends ConfigFiles {
  readonly role: Role;
  readonly settings: WorkerSettings;
  readonly log: Log;
  /** Stops the worker when it aborts. */
  readonly signal: AbortSignal;
  /** Where it says whether it is alive and ready. */
  readonly health?: HealthAddress | undefined;
  /** Called once every queue is polled. */
  readonly onReady?: (host: string | undefined) => void;
}

/** Time for activities under way to end before they are told that the worker goes. */
const GRACE = '8s';
/** After the grace time: for activities to hear of it and give up. */
const FORCE = '15s';
/** Activities of a host wait inside for threads and memory, so that a queue nobody serves is told by its silence. */
const HOST_SLOTS = 64;
const DATABASE_SLOTS = 20;

/** After the order to stop a process has ended by then, in good order or not. */
export const STOPPED_WITHIN_MS = 20_000;

/**
 * Runs until `signal` aborts, which ends the start too.
 * @throws what keeps it from starting: TemporalUnreachable, DatabaseSetupError, ConnectionFailed, S3ConfigError, ScratchUnusable;
 * the system's error where nothing can be listened at for health.
 */
export async function runWorker(options: WorkerProcessOptions): Promise<void> {
  await installRuntime(options.log);
  const closing = new Closing(options.log);
  const parts: WorkerParts = { isExtractor: options.role !== 'orchestrator' };
  try {
    await tellHealth(options, parts, closing);
    const started = await unlessAborted(options.signal, start(options, closing, parts));
    if (started === undefined) return;
    const { workers, host, lost } = started;
    parts.workers = workers;
    const ends = AbortSignal.any([options.signal, ...(lost ? [lost] : [])]);
    await runUntil(ends, workers, () => options.onReady?.(host?.scratch.host), options.log);
    if (lost?.aborted === true && !options.signal.aborted) throw lost.reason as Error;
  } finally {
    await closing.run();
  }
}

interface Started {
  readonly workers: readonly Worker[];
  readonly host: OpenHostDependencies | undefined;
  /** Aborts when another process has this one's scratch disk. */
  readonly lost: AbortSignal | undefined;
}

/** All that may fail comes before the first worker is made: one that never runs can't be shut down. */
async function start(options: WorkerProcessOptions, closing: Closing, parts: WorkerParts): Promise<Started> {
  const { role, log } = options;
  const temporal = await connectTemporal();
  closing.add('the connection to Temporal', () => temporal.connection.close());
  await describeNamespace(temporal);
  parts.temporal = temporal;
  const side = temporalQueries(temporal);
  const shared = openDatabaseDependencies(options, side, log);
  closing.add('the connections to PostgreSQL', () => shared.close());
  parts.pool = shared.pool;
  for (const notice of noticesOf({}, shared.config)) log.warn(notice);
  await migrate(shared.pool);
  const lease = await keepLease(shared.pool, temporal.address, () => side.lookUpPlace(), log);
  closing.add('the lease', () => lease.stop());
  let lost: AbortSignal | undefined;
  let host: OpenHostDependencies | undefined;
  if (role !== 'orchestrator') {
    host = await openHostDependencies(shared, options, options.settings, log, async (scratch) => {
      const held = await holdHost(shared.pool, scratch, log);
      lost = held.lost;
      return held;
    });
    const opened = host;
    parts.host = host;
    closing.add('the scratch disk', () => opened.close());
    closing.add('the clean-up of the scratch disk', keepScratchClean(opened, log));
  }
  const code = role === 'extractor' ? undefined : await workflowCode();
  if (code !== undefined && !(await createSearchAttributes(temporal)))
    log.warn('search attributes can not be created on this server; campaigns run without them');
  try {
    const workers = [
      ...(code === undefined ? [] : [await orchestrator(temporal, shared, code)]),
      ...(host ? await extractors(temporal, host, options) : []),
    ];
    return { workers, host, lost };
  } catch (error) {
    throw refusedBy(temporal, error);
  }
}

/** @throws Error with the remedy where the build has left none. */
async function workflowCode(): Promise<string> {
  try {
    return await readFile(WORKFLOW_BUNDLE, 'utf8');
  } catch (error) {
    throw new Error(
      `the bundle of the workflows can't be read (${(error as Error).message}): install parcelwise again, or build it by npm run build`,
      { cause: error },
    );
  }
}

/** The result of `work`, or undefined where the order to stop came first; what it has opened by then is not waited for. */
async function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T | undefined> {
  const stop = new AbortController();
  const aborted = new Promise<undefined>((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener(
      'abort',
      () => {
        resolve(undefined);
      },
      { once: true, signal: stop.signal },
    );
  });
  // A failure that comes after the order to stop is nobody's business any more.
  work.catch(() => undefined);
  try {
    return await Promise.race([work, aborted]);
  } finally {
    stop.abort();
  }
}

async function orchestrator(
  temporal: TemporalConnection,
  dependencies: OpenDatabaseDependencies,
  code: string,
): Promise<Worker> {
  return await Worker.create({
    ...common(temporal),
    taskQueue: ORCHESTRATOR_QUEUE,
    workflowBundle: { code },
    activities: { ...databaseActivities(dependencies), ...syncActivities(dependencies) },
    maxConcurrentActivityTaskExecutions: DATABASE_SLOTS,
  });
}

async function extractors(
  temporal: TemporalConnection,
  dependencies: OpenHostDependencies,
  { settings, log }: WorkerProcessOptions,
): Promise<Worker[]> {
  const admission = new Admission(dependencies, settings, (message) => {
    log.warn(message);
  });
  return [
    await Worker.create({
      ...common(temporal),
      taskQueue: STAGE_QUEUE,
      activities: { ...stageActivities(dependencies) },
      tuner: {
        activityTaskSlotSupplier: admission,
        workflowTaskSlotSupplier: { type: 'fixed-size', numSlots: 1 },
        localActivityTaskSlotSupplier: { type: 'fixed-size', numSlots: 1 },
        nexusTaskSlotSupplier: { type: 'fixed-size', numSlots: 1 },
      },
      // One poll at a time: each holds a slot, and with it a place on the disk.
      maxConcurrentActivityTaskPolls: 1,
    }),
    await Worker.create({
      ...common(temporal),
      taskQueue: dependencies.queue,
      activities: { ...hostActivities(dependencies) },
      maxConcurrentActivityTaskExecutions: HOST_SLOTS,
    }),
  ];
}

function common({
  connection,
  namespace,
}: TemporalConnection): Pick<
  WorkerOptions,
  'connection' | 'namespace' | 'shutdownGraceTime' | 'shutdownForceTime' | 'maxHeartbeatThrottleInterval'
> {
  return {
    connection,
    namespace,
    shutdownGraceTime: GRACE,
    shutdownForceTime: FORCE,
    maxHeartbeatThrottleInterval: '5s',
  };
}
