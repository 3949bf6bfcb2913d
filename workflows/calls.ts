/** Activity options in one place: who may take how long, and how often it is tried. */
import {
  ActivityCancellationType,
  type ActivityOptions,
  isCancellation,
  proxyActivities,
  proxyLocalActivities,
} from '@temporalio/workflow';
import type { DatabaseActivities, HostActivities, StageActivities } from '../activities/contract.js';
import type { SyncActivities } from '../activities/sync-contract.js';
import { NOT_RETRYABLE } from '../campaigns/failure-types.js';
import { consequenceOf, mayPass } from './failures.js';
import { ORCHESTRATOR_QUEUE, STAGE_QUEUE } from './ids.js';

/**
 * A crash costs each running activity one attempt, and what is away may be away for minutes: thirty attempts with these
 * pauses last about twelve minutes. What is known to be an outage is waited for beyond that, see outage.ts.
 */
const RETRY = {
  initialInterval: '1s',
  backoffCoefficient: 2,
  maximumInterval: '30s',
  maximumAttempts: 30,
  nonRetryableErrorTypes: [...NOT_RETRYABLE],
} satisfies ActivityOptions['retry'];

/**
 * Steps that ask the database only give a sign of life every few seconds, so that those of a worker that died or hangs are
 * done by another one before their whole time is over.
 */
const DATABASE_TIMEOUT = '2m';
const DATABASE_SILENCE = '20s';
/** Where the rows of a large results table have to be counted. */
export const COUNTING_TIMEOUT = '1h';

/** One real Sentinel-2 tile takes about 15 s of download at 20 MB/s; slow stores get an hour. */
const STAGE_TIMEOUT = '1h';
/** Planning may have to fetch and rasterise a million parcels; a chunk may have to decode a whole scene. */
const HOST_TIMEOUT = '1h';

/** The database and nothing else. `summary` is what people read beside the activity in the Web UI; servers refuse more than 400 bytes. */
export function onDatabase(
  summary: string,
  startToCloseTimeout: '2m' | '1h' = DATABASE_TIMEOUT,
): DatabaseActivities {
  return databaseProxy(summary, startToCloseTimeout, RETRY);
}

/**
 * The database, asked for what must not fail but for good: a campaign's own steps, which nobody takes up again, and giving
 * claims back. However long the database is away, they wait for it.
 */
export function onDatabaseUntilDone(
  summary: string,
  startToCloseTimeout: '2m' | '1h' = DATABASE_TIMEOUT,
): DatabaseActivities {
  return databaseProxy(summary, startToCloseTimeout, { ...RETRY, maximumAttempts: Infinity });
}

function databaseProxy(
  summary: string,
  startToCloseTimeout: '2m' | '1h',
  retry: NonNullable<ActivityOptions['retry']>,
): DatabaseActivities {
  return proxyActivities<DatabaseActivities>({
    taskQueue: ORCHESTRATOR_QUEUE,
    startToCloseTimeout,
    heartbeatTimeout: DATABASE_SILENCE,
    // What a claim or a mark did to the catalogue has to be known before it is undone.
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry,
    summary,
  });
}

/** A claim or a mark takes some milliseconds; a database that lets one wait for longer is asked as an activity. */
const AT_ONCE_TIMEOUT = '3s';

type AtOnce = Pick<DatabaseActivities, 'claim' | 'mark'>;

/**
 * A scene's first step and its last: tried within the workflow task itself, as a local activity, which spares the server six
 * events each. Where that is refused for now or takes long, it becomes an ordinary activity, which people see and which waits.
 */
export function onDatabaseAtOnce(summary: string): AtOnce {
  const local = proxyLocalActivities<AtOnce>({
    startToCloseTimeout: AT_ONCE_TIMEOUT,
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: { maximumAttempts: 1 },
    summary,
  });
  const usual = onDatabase(summary);
  return {
    claim: (...args) =>
      orElse(
        () => local.claim(...args),
        () => usual.claim(...args),
      ),
    mark: (...args) =>
      orElse(
        () => local.mark(...args),
        () => usual.mark(...args),
      ),
  };
}

async function orElse<T>(prompt: () => Promise<T>, usual: () => Promise<T>): Promise<T> {
  try {
    return await prompt();
  } catch (error) {
    // What a person has to mend, or another attempt can't, is no better for being asked again.
    if (isCancellation(error) || !mayPass(consequenceOf(error))) throw error;
    return await usual();
  }
}

/** A page of a slow source takes a minute or two; a day of a bucket without a STAC source, with a read a product, longer. */
const PAGE_TIMEOUT = '30m';
const PAGE_SILENCE = '1m';
/** With all its tries and the waits that a source asks for. */
const PAGE_WITH_RETRIES = '3h';

/** Reading a source of scenes, and entering them. */
export function syncing(summary: string): SyncActivities {
  return proxyActivities<SyncActivities>({
    taskQueue: ORCHESTRATOR_QUEUE,
    startToCloseTimeout: PAGE_TIMEOUT,
    scheduleToCloseTimeout: PAGE_WITH_RETRIES,
    heartbeatTimeout: PAGE_SILENCE,
    retry: RETRY,
    summary,
  });
}

/**
 * Staging on whichever host has room.
 * @param silence seconds without a heartbeat after which the host counts as gone.
 */
export function staging(silence: number, summary: string): StageActivities {
  return proxyActivities<StageActivities>({
    taskQueue: STAGE_QUEUE,
    startToCloseTimeout: STAGE_TIMEOUT,
    heartbeatTimeout: silence * 1000,
    retry: RETRY,
    summary,
  });
}

/** Work with the files staged on one host; nobody taking it for `silence` seconds means that the host is gone. */
export function onHost(queue: string, silence: number, summary: string): HostActivities {
  return proxyActivities<HostActivities>({
    taskQueue: queue,
    scheduleToStartTimeout: silence * 1000,
    startToCloseTimeout: HOST_TIMEOUT,
    heartbeatTimeout: silence * 1000,
    retry: RETRY,
    summary,
  });
}
