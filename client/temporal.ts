/** The connection to the Temporal server: settings as the `temporal` CLI takes them, and the few questions we ask. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, WorkflowNotFoundError, type WorkflowService } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import type { NativeConnection } from '@temporalio/worker';
import type { TemporalQueries, RunState } from '../activities/dependencies.js';
import type { Owner } from '../database/terms.js';
import type { TemporalPlace } from '../database/leases/temporal-leases.js';
import { sceneId, STAGE_QUEUE } from '../workflows/ids.js';
import { withoutNamespace } from './failure.js';
import { pendingSteps } from './pending-steps.js';
import { installRuntime } from './runtime.js';
import { askedOnce, hasSearchAttributes } from './search-attributes.js';
import type { TemporalConnection } from './temporal-connection.js';

/** The server can't be reached; says where it was looked for and what to do. */
export class TemporalUnreachable extends Error {
  override readonly name = 'TemporalUnreachable';
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** The address that TEMPORAL_* variables or the profile of the `temporal` CLI give; undefined where they give none. */
export function configuredTemporal(env: Environment = process.env): string | undefined {
  return connectConfig(env).connectionOptions.address;
}

/** Connects by TEMPORAL_* variables or the profile of the `temporal` CLI; else to 127.0.0.1:7233, as the CLI does. */
export async function connectTemporal(env: Environment = process.env): Promise<TemporalConnection> {
  const { connectionOptions, namespace = 'default' } = connectConfig(env);
  const address = connectionOptions.address ?? '127.0.0.1:7233';
  // A program that has set up a runtime of its own keeps it.
  await installRuntime().catch(() => undefined);
  try {
    // Temporal's native side takes a while to load, and most commands don't connect.
    const { NativeConnection } = await import('@temporalio/worker');
    const connection = await inTime(NativeConnection.connect({ ...connectionOptions, address }));
    return { connection, client: new Client({ connection, namespace }), namespace, address };
  } catch (error) {
    throw new TemporalUnreachable(
      `no Temporal server answers at ${address} (${reasonOf(error)}); start one (temporal server start-dev, or parcelwise up) or set TEMPORAL_ADDRESS`,
    );
  }
}

/** A server that takes a connection and says nothing keeps nobody waiting. */
const CONNECT_MS = 5_000;

async function inTime(connecting: Promise<NativeConnection>): Promise<NativeConnection> {
  const late = new AbortController();
  const deadline = sleep(CONNECT_MS, undefined, { signal: late.signal }).then(() => {
    throw new Error(`no answer within ${CONNECT_MS / 1000} s`);
  });
  deadline.catch(() => undefined);
  try {
    return await Promise.race([connecting, deadline]);
  } finally {
    late.abort();
  }
}

/**
 * What the server, or the native client before it, has against a worker of ours, without the client's own wrapping.
 * @internal
 */
export function refusedBy({ address, namespace }: TemporalConnection, error: unknown): TemporalUnreachable {
  return new TemporalUnreachable(
    `the Temporal server at ${address} takes no worker for namespace ${namespace} (${reasonOf(error)}); set TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE as the temporal command needs them`,
  );
}

/** The native client wraps the system's words: `tonic::transport::Error(… message: "Connection refused" …)`. */
function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const words = /(?:message|error): "([^"]+)"/.exec(text)?.[1];
  // Of TLS it tells by names only: `… kind: InvalidData, error: InvalidCertificate(UnknownIssuer) }`.
  const tls = /kind: InvalidData, error: (.+?) \}/.exec(text)?.[1];
  return words ?? (tls === undefined ? (text.split('\n')[0] ?? '') : `TLS fails: ${tls}`);
}

function connectConfig(env: Environment): ReturnType<typeof loadClientConnectConfig> {
  const set = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return loadClientConnectConfig({ overrideEnvVars: Object.fromEntries(set) });
}

/** @internal */
export function temporalQueries(temporal: TemporalConnection): TemporalQueries {
  let last: TemporalPlace | undefined;
  const lookUpPlace = async (): Promise<TemporalPlace> =>
    (last = await placeOf(temporal.connection.workflowService, temporal.namespace, temporal.address));
  return {
    stateOf: (owner) => stateOf(temporal.client, owner),
    place: () => {
      if (last === undefined) throw new Error('the Temporal server was not asked yet who it is');
      return last;
    },
    lookUpPlace,
    sceneWorkflow: sceneId,
    pendingSteps: (workflowIds) => pendingSteps(temporal.client, workflowIds),
    extractors: () => pollersOf(temporal, STAGE_QUEUE, 'activity'),
    hasSearchAttributes: askedOnce(() => hasSearchAttributes(temporal)),
  };
}

/**
 * @throws Error that says what to do when the server knows no such namespace.
 * @internal
 */
export async function describeNamespace({ connection, namespace }: TemporalConnection): Promise<void> {
  try {
    await connection.workflowService.describeNamespace({ namespace });
  } catch (error) {
    throw new TemporalUnreachable(withoutNamespace(namespace, reasonOf(error)));
  }
}

/**
 * Workers that have asked for work of a queue within the last minute.
 * @internal
 */
export async function pollersOf(
  { connection, namespace }: TemporalConnection,
  queue: string,
  kind: 'workflow' | 'activity',
): Promise<number> {
  const { pollers } = await connection.workflowService.describeTaskQueue({
    namespace,
    taskQueue: { name: queue },
    // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- the enum comes with no package of ours
    taskQueueType: QUEUE_TYPES[kind],
  });
  // A poll lasts up to a minute, and is noted when it begins.
  const recent = Date.now() / 1000 - POLL_SECONDS;
  return pollers.filter(({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) >= recent).length;
}

const POLL_SECONDS = 70;

/** temporal.api.enums.v1.TaskQueueType. */
const QUEUE_TYPES: Readonly<Record<'workflow' | 'activity', number>> = { workflow: 1, activity: 2 };

/** gRPC's codes of servers that keep the question to themselves: managed ones do. */
const NOT_FOR_US = new Set([7 /* permission denied */, 12 /* unimplemented */]);

/**
 * A server is known by the id of its cluster, whatever its address; by that where it tells none.
 * @internal
 */
export async function placeOf(
  service: WorkflowService,
  namespace: string,
  address: string,
): Promise<TemporalPlace> {
  const cluster = await service.getClusterInfo({}).then(
    ({ clusterId }) => clusterId,
    (error: unknown) => {
      if (error instanceof Error && 'code' in error && NOT_FOR_US.has(Number(error.code))) return '';
      throw error;
    },
  );
  return { cluster: cluster === '' ? address : cluster, namespace };
}

/** Status words of a workflow that has ended; PAUSED and whatever comes to be are none. */
const CLOSED = new Set(['COMPLETED', 'FAILED', 'CANCELLED', 'TERMINATED', 'CONTINUED_AS_NEW', 'TIMED_OUT']);
const OPEN = new Set(['RUNNING', 'PAUSED']);

/**
 * What the server knows of a workflow's run. A workflow that was reset goes on under another run id, of which the owner's
 * is the first.
 * @throws where it can't be asked, or what it says is neither of a run that goes on nor of one that ended.
 * @internal
 */
export async function stateOf(client: Client, owner: Owner): Promise<RunState> {
  try {
    const { runId, status, raw } = await client.workflow.getHandle(owner.workflowId).describe();
    if (runId !== owner.runId && raw.workflowExecutionInfo?.firstRunId !== owner.runId) return 'unknown';
    if (OPEN.has(status.name)) return 'running';
    if (CLOSED.has(status.name)) return 'closed';
    throw new Error(`the Temporal server says of ${owner.workflowId} that it is "${status.name}"`);
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'unknown';
    throw error;
  }
}
