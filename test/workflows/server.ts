/**
 * Workers of our workflows with made-up activities, in a namespace of their own on the real server that
 * PARCELWISE_TEST_TEMPORAL names (test/run.ts starts one), since the queues' names are the same everywhere.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  Client,
  WorkflowFailedError,
  type WorkflowHandleWithFirstExecutionRunId as Handle,
} from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { NativeConnection, Worker } from '@temporalio/worker';
import type { SceneInput, scene } from '../../workflows/scene.js';
import type { campaign } from '../../workflows/campaign.js';
import type { CampaignInput } from '../../campaigns/options.js';
import type { catalogueSync } from '../../workflows/catalogue-sync.js';
import { ORCHESTRATOR_QUEUE, sceneId, STAGE_QUEUE, syncId, tickId } from '../../workflows/ids.js';
import type { SyncInput } from '../../campaigns/sync-options.js';
import type { tick, TickInput } from '../../workflows/tick.js';
import { WORKFLOW_BUNDLE } from '../../workers/bundle.js';
import { createSearchAttributes } from '../../client/index.js';
import { type Activities, HOSTS, hostQueue, MockActivities } from './mock-activities.js';
import { MockSource } from './mock-source.js';
import { quietRuntime } from './quiet.js';

export const temporalAddress = process.env.PARCELWISE_TEST_TEMPORAL;

/** For `describe`: skips where there is no server, and says so. */
export const skipWithoutTemporal =
  temporalAddress === undefined ? 'PARCELWISE_TEST_TEMPORAL is not set' : false;

type Serve = (queue: string, names: readonly (keyof Activities)[], workflows?: boolean) => Promise<Worker>;

const CATALOGUE = [
  'prepareCampaign',
  'listScenes',
  'claim',
  'mark',
  'release',
  'renew',
  'takeStock',
  'findHindrances',
] as const;
const SYNC = ['prepareSync', 'syncPage', 'concludeSync'] as const;
const STAGE = ['stage'] as const;
const HOST = ['planOrFinish', 'extractAndCopyChunk', 'copyChunk', 'discard'] as const;
/** The names of 0.1.0, which workers of hosts know too. */
const HOST_BEFORE = ['plan', 'extractChunk'] as const;

export class WorkflowServer {
  private running: Promise<void>[] = [];
  private mocks = 0;
  /** What the activities work on. */
  mock = new MockActivities('public.none');
  /** What syncs read. */
  source = new MockSource(this.mock);

  private constructor(
    private readonly connection: NativeConnection,
    private readonly workers: Worker[],
    private readonly serve: Serve,
    readonly client: Client,
    readonly namespace: string,
  ) {
    this.running = workers.map((worker) => worker.run());
  }

  /** Connects, makes a namespace, and serves the queues of workflows, downloads and two hosts. */
  static async start(address = temporalAddress): Promise<WorkflowServer> {
    quietRuntime();
    const connection = await NativeConnection.connect({ address: address! });
    const namespace = await makeNamespace(connection);
    // Filled in below: activities are bound before the server that says what they do.
    const holder: { server?: WorkflowServer } = {};
    const queue: Serve = (taskQueue, names, workflows = false) =>
      Worker.create({
        connection,
        namespace,
        taskQueue,
        activities: {
          ...Object.fromEntries(names.map((name) => [name, bind(name, () => holder.server!.mock)])),
          ...(workflows && syncActivities(() => holder.server!.source)),
        },
        ...(workflows && { workflowBundle: { codePath: WORKFLOW_BUNDLE } }),
        maxHeartbeatThrottleInterval: 100,
        // Not the process's number and machine: histories keep it.
        identity: 'test',
      });
    const workers = await Promise.all([
      queue(ORCHESTRATOR_QUEUE, CATALOGUE, true),
      queue(STAGE_QUEUE, STAGE),
      ...HOSTS.map((host) => queue(hostQueue(host), [...HOST, ...HOST_BEFORE])),
    ]);
    const client = new Client({ connection, namespace });
    holder.server = new WorkflowServer(connection, workers, queue, client, namespace);
    return holder.server;
  }

  /** Stops the worker of downloads, without any time of grace, and starts another. */
  async deployStage(): Promise<void> {
    const [at, name] = [1, STAGE_QUEUE];
    this.workers[at]!.shutdown();
    await this.running[at];
    this.workers[at] = await this.serve(name, STAGE);
    this.running[at] = this.workers[at].run();
  }

  /** A new catalogue of `scenes` scenes, which the activities work on from now on. */
  use(scenes: number): MockActivities {
    this.mock = new MockActivities(`public.sigs_${++this.mocks}`).addScenes(scenes);
    this.source = new MockSource(this.mock);
    return this.mock;
  }

  startCampaign(input: Partial<CampaignInput> = {}): Promise<Handle<typeof campaign>> {
    return this.client.workflow.start<typeof campaign>('campaign', {
      workflowId: `campaign/${this.mock.results}`,
      taskQueue: ORCHESTRATOR_QUEUE,
      args: [{ card: 's2', ...input }],
    });
  }

  startScene(obsid = 1, input: Partial<SceneInput> = {}): Promise<Handle<typeof scene>> {
    const { order } = this.mock;
    const { reference, obstime } = this.mock.scene(obsid);
    const given: SceneInput = {
      order,
      scene: { obsid, reference, obstime },
      campaign: 'campaign/test',
      searchAttributes: false,
      hostSilenceSeconds: 25,
      ...input,
    };
    return this.client.workflow.start<typeof scene>('scene', {
      workflowId: sceneId(order.tables.results, obsid),
      taskQueue: ORCHESTRATOR_QUEUE,
      args: [given],
    });
  }

  startSync(input: Partial<SyncInput> = {}): Promise<Handle<typeof catalogueSync>> {
    return this.client.workflow.start<typeof catalogueSync>('catalogueSync', {
      workflowId: syncId(this.mock.results),
      taskQueue: ORCHESTRATOR_QUEUE,
      args: [{ source: { stac: 'https://stac.example.org/v1' }, ...input }],
    });
  }

  startTick(input: Partial<TickInput> = {}): Promise<Handle<typeof tick>> {
    const name = this.mock.results;
    const sync = { source: { stac: 'https://stac.example.org/v1' } };
    return this.client.workflow.start<typeof tick>('tick', {
      workflowId: tickId(name),
      taskQueue: ORCHESTRATOR_QUEUE,
      args: [{ name, sync, campaign: { card: 's2' }, ...input }],
    });
  }

  async createSearchAttributes(): Promise<void> {
    const { connection, client, namespace } = this;
    await createSearchAttributes({ connection, client, namespace, address: '' });
  }

  async stop(): Promise<void> {
    for (const worker of this.workers) worker.shutdown();
    await Promise.all(this.running);
    await this.connection.close();
  }
}

export async function makeNamespace(connection: NativeConnection): Promise<string> {
  const namespace = `test-${randomBytes(6).toString('hex')}`;
  await connection.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: msToTs('1 day'),
  });
  await until('the namespace is known', () =>
    connection.workflowService.describeNamespace({ namespace }).then(
      () => true,
      () => false,
    ),
  );
  return namespace;
}

function syncActivities(source: () => MockSource): object {
  return Object.fromEntries(
    SYNC.map((name) => [
      name,
      (...args: unknown[]) =>
        (source().activities[name] as (...args: unknown[]) => Promise<unknown>)(...args),
    ]),
  );
}

function bind(name: keyof Activities, mock: () => MockActivities): (...args: unknown[]) => Promise<unknown> {
  return async (...args) => {
    const { calls, activities } = mock();
    const [task] = args as [{ scene?: { obsid: number }; chunk?: { chunk: number } } | undefined];
    calls.push([name, task?.scene?.obsid, task?.chunk?.chunk].filter((part) => part !== undefined).join(' '));
    return await (activities[name] as (...args: unknown[]) => Promise<unknown>)(...args);
  };
}

/** Waits until a condition holds. @throws when it does not in time. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  seconds = 30,
): Promise<void> {
  for (const end = Date.now() + 1000 * seconds; !(await holds());) {
    assert.ok(Date.now() < end, `not within ${seconds} s: ${what}`);
    await sleep(20);
  }
}

/** What a workflow failed with. */
export async function failureOf(result: Promise<unknown>): Promise<Error> {
  const error: unknown = await result.then(
    () => assert.fail('the workflow did not fail'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof WorkflowFailedError && error.cause instanceof Error);
  return error.cause;
}
