/** The steps of the test's scene one by one, as its workflow takes them, for orders that come after each other. */
import assert from 'node:assert/strict';
import type { Order } from '../../campaigns/order.js';
import type { SceneTask } from '../../activities/contract.js';
import { databaseActivities, hostActivities, stageActivities } from '../../activities/registered.js';
import { plan } from '../../activities/plan.js';
import { audit } from '../../database/audit/index.js';
import type { TestDependencies } from './dependencies.js';
import { run } from './run-activity.js';

export class SceneSteps {
  constructor(private readonly test: TestDependencies) {}

  act() {
    const { dependencies } = this.test;
    return {
      ...databaseActivities(dependencies),
      ...stageActivities(dependencies),
      ...hostActivities(dependencies),
    };
  }

  async query<Row extends object>(sql: string): Promise<Row[]> {
    return (await this.test.dependencies.pool.query<Row>(sql)).rows;
  }

  async findings() {
    return (await audit(this.test.dependencies.pool, {}, { each: 50 })).findings;
  }

  taskOf(fields: Partial<Order>, runId: string): SceneTask {
    return {
      ...this.test.task,
      owner: { workflowId: 'scene/public.sigs/1', runId },
      order: { ...this.test.order, ...fields },
    };
  }

  /** The scene, where an order is still about it. */
  async waiting(fields: Partial<Order>): Promise<number[]> {
    const { scenes } = await run(this.act().listScenes, this.taskOf(fields, 'x').order, null, 10);
    return scenes.map(({ obsid }) => obsid).filter((obsid) => obsid === 1);
  }

  async now(): Promise<string> {
    return (await this.query<{ now: string }>(`SELECT now()::text AS now`))[0]!.now;
  }

  async status(): Promise<string | undefined> {
    return (await this.query<{ status: string }>('SELECT status FROM dias_catalogue WHERE id = 1'))[0]
      ?.status;
  }

  /** The task as its claim leaves it. */
  async begin(fields: Partial<Order>, runId: string): Promise<SceneTask> {
    const wanted = this.taskOf(fields, runId);
    const claim = await run(this.act().claim, wanted);
    assert.ok(claim.claimed);
    const { bands, clearBands, indices } = claim;
    return { ...wanted, order: { ...wanted.order, bands, clearBands, ...(indices && { indices }) } };
  }

  /** What the workflow does of a scene until its rows are there, or so many chunks of them. */
  async store(task: SceneTask, chunks = Infinity): Promise<void> {
    const act = this.act();
    await run(act.stage, task);
    const context = { signal: new AbortController().signal, report: () => undefined };
    const { pending } = await plan(context, this.test.dependencies, task);
    for (const chunk of pending.slice(0, chunks)) {
      await run(act.extractAndCopyChunk, { ...task, chunk });
      // A retry whose first answer was lost.
      await run(act.copyChunk, { ...task, chunk });
    }
    await run(act.discard, task);
  }

  /** All of it. */
  async whole(fields: Partial<Order>, runId: string) {
    const task = await this.begin(fields, runId);
    await this.store(task);
    return await run(this.act().mark, task, null);
  }
}
