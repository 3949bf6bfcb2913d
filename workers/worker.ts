/** A worker process: polls the queues of its role, and ends its work in good order when told to stop. */
import { readFile } from 'node:fs/promises';
import { Worker, type WorkerOptions } from '@temporalio/worker';
import { catalogueActivities, hostActivities, stageActivities, syncActivities } from '../activities/index.js';
import { migrate } from '../catalogue/schema.js';
import { CATALOGUE_QUEUE, STAGE_QUEUE } from '../workflows/ids.js';
import { Admission } from './admission.js';
import { WORKFLOW_BUNDLE } from './bundle.js';
import type { Log } from './log.js';
import { installRuntime } from './runtime.js';
import type { WorkerSettings } from './settings.js';
import {
  type ConfigFiles,
  openCatalogueSite,
  openHostSite,
  type OpenCatalogueSite,
  type OpenHostSite,
} from './sites.js';
import { createSearchAttributes } from './search-attributes.js';
import { keepSwept } from './sweep.js';
import { connectTemporal, type TemporalConnection, temporalSide } from './temporal.js';

/** `orchestrator`: workflows and catalogue. `extractor`: downloads and raster work. `all`: both in one process. */
export type Role = 'all' | 'orchestrator' | 'extractor';

export interface WorkerProcessOptions extends ConfigFiles {
  readonly role: Role;
  readonly settings: WorkerSettings;
  readonly log: Log;
  /** Stops the worker when it aborts. */
  readonly signal: AbortSignal;
  /** Called once every queue is polled. */
  readonly onReady?: (host: string | undefined) => void;
}

/** Time for activities under way to end before they are told that the worker goes. */
const GRACE = '8s';
/** After the grace time: for activities to hear of it and give up. */
const FORCE = '15s';
/** Activities of a host wait inside for threads and memory, so that a queue nobody serves is told by its silence. */
const HOST_SLOTS = 64;
const CATALOGUE_SLOTS = 20;

/** Runs until `signal` aborts. @throws what keeps it from starting: TemporalUnreachable, CatalogueError, ConnectionFailed, S3ConfigError. */
export async function runWorker(options: WorkerProcessOptions): Promise<void> {
  const { role, log } = options;
  installRuntime(log);
  const temporal = await connectTemporal();
  let catalogue: OpenCatalogueSite | undefined;
  let host: OpenHostSite | undefined;
  let stopSweeping: (() => Promise<void>) | undefined;
  // An open connection keeps the process from ending, so all that may fail comes within.
  try {
    catalogue = openCatalogueSite(options, temporalSide(temporal), log);
    await migrate(catalogue.pool);
    if (role !== 'orchestrator') host = await openHostSite(catalogue, options, options.settings, log);
    const workers = [
      ...(role === 'extractor' ? [] : [await orchestrator(temporal, catalogue, log)]),
      ...(host ? await extractors(temporal, host, options) : []),
    ];
    stopSweeping = host && keepSwept(host, log);
    await runUntil(options.signal, workers, () => options.onReady?.(host?.scratch.host));
  } finally {
    await stopSweeping?.();
    await host?.close();
    await catalogue?.close();
    await temporal.connection.close();
  }
}

async function orchestrator(
  temporal: TemporalConnection,
  site: OpenCatalogueSite,
  log: Log,
): Promise<Worker> {
  if (!(await createSearchAttributes(temporal))) {
    log.warn('search attributes can not be created on this server; campaigns run without them');
  }
  return await Worker.create({
    ...common(temporal),
    taskQueue: CATALOGUE_QUEUE,
    workflowBundle: { code: await readFile(WORKFLOW_BUNDLE, 'utf8') },
    activities: { ...catalogueActivities(site), ...syncActivities(site) },
    maxConcurrentActivityTaskExecutions: CATALOGUE_SLOTS,
  });
}

async function extractors(
  temporal: TemporalConnection,
  site: OpenHostSite,
  { settings, log }: WorkerProcessOptions,
): Promise<Worker[]> {
  const admission = new Admission(site, settings, (message) => {
    log.warn(message);
  });
  return [
    await Worker.create({
      ...common(temporal),
      taskQueue: STAGE_QUEUE,
      activities: { ...stageActivities(site) },
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
      taskQueue: site.queue,
      activities: { ...hostActivities(site) },
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

/** Runs all workers; when one fails or the signal aborts, the others are stopped in good order too. */
async function runUntil(signal: AbortSignal, workers: readonly Worker[], onReady: () => void): Promise<void> {
  const shutdown = (): void => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  signal.addEventListener('abort', shutdown, { once: true });
  const running = workers.map(async (worker) => {
    try {
      await worker.run();
    } finally {
      shutdown();
    }
  });
  if (signal.aborted) shutdown();
  else onReady();
  const ended = await Promise.allSettled(running);
  signal.removeEventListener('abort', shutdown);
  const failed = ended.find((end) => end.status === 'rejected');
  if (failed) throw failed.reason as Error;
}
