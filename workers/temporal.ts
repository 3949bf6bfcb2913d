/** The connection to the Temporal server: settings as the `temporal` CLI takes them, and the few questions we ask. */
import { Client, WorkflowNotFoundError } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { NativeConnection } from '@temporalio/worker';
import type { TemporalSide } from '../activities/site.js';
import type { Owner } from '../catalogue/terms.js';
import { askedOnce, hasSearchAttributes } from './search-attributes.js';

export interface TemporalConnection {
  readonly connection: NativeConnection;
  readonly client: Client;
  readonly namespace: string;
  readonly address: string;
}

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
  try {
    const connection = await NativeConnection.connect({ ...connectionOptions, address });
    return { connection, client: new Client({ connection, namespace }), namespace, address };
  } catch (error) {
    throw new TemporalUnreachable(
      `no Temporal server answers at ${address} (${reasonOf(error)}); start one (temporal server start-dev, or parcelwise up) or set TEMPORAL_ADDRESS`,
    );
  }
}

/** The native client wraps the system's words: `tonic::transport::Error(… message: "Connection refused" …)`. */
function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return /message: "([^"]+)"/.exec(text)?.[1] ?? text.split('\n')[0] ?? '';
}

function connectConfig(env: Environment): ReturnType<typeof loadClientConnectConfig> {
  const set = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return loadClientConnectConfig({ overrideEnvVars: Object.fromEntries(set) });
}

export function temporalSide(temporal: TemporalConnection): TemporalSide {
  return {
    isRunning: (owner) => isRunning(temporal.client, owner),
    hasSearchAttributes: askedOnce(() => hasSearchAttributes(temporal)),
  };
}

/** @throws Error that says what to do when the server knows no such namespace. */
export async function describeNamespace({ connection, namespace }: TemporalConnection): Promise<void> {
  try {
    await connection.workflowService.describeNamespace({ namespace });
  } catch (error) {
    throw new TemporalUnreachable(
      `namespace ${namespace} can't be used (${reasonOf(error)}); set TEMPORAL_NAMESPACE, or create it: temporal operator namespace create -n ${namespace}`,
    );
  }
}

/** Workers that have asked for work of a queue within the last minute. */
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

/** A workflow that was reset goes on under another run id, of which the owner's is the first. */
export async function isRunning(client: Client, owner: Owner): Promise<boolean> {
  try {
    const description = await client.workflow.getHandle(owner.workflowId).describe();
    const { firstRunId } = description.raw.workflowExecutionInfo ?? {};
    return (
      description.status.name === 'RUNNING' &&
      (description.runId === owner.runId || firstRunId === owner.runId)
    );
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}
