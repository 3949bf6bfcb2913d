/** The lines for the `temporal` command that the pages give, run exactly as they stand there. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { createSchedule } from '../../client/index.js';
import type { TickInput } from '../../workflows/tick.js';
import { skipWithoutTemporal, until, WorkflowServer } from '../workflows/server.js';

const execFileAsync = promisify(execFile);
const cli = process.env.TEMPORAL_CLI;

/** Lines of a page's shell blocks that begin with the words, with those they go on in. */
function linesOf(page: string, words: string): string[] {
  const text = readFileSync(new URL(`../../../${page}`, import.meta.url), 'utf8');
  const blocks = [...text.matchAll(/^```sh\n([^]*?)^```/gm)].map(([, block = '']) => block);
  return blocks.flatMap((block) => block.match(new RegExp(`^${words}(.*\\\\\\n)*.*$`, 'gm')) ?? []);
}

describe('lines of the pages', { skip: skipWithoutTemporal || (cli === undefined && 'no temporal') }, () => {
  let server: WorkflowServer;
  before(async () => {
    server = await WorkflowServer.start();
  });
  after(() => server.stop());

  async function shell(line: string): Promise<void> {
    await execFileAsync('/bin/sh', ['-c', line], {
      env: {
        PATH: `${dirname(cli!)}:${process.env.PATH ?? ''}`,
        HOME: '/nonexistent',
        TEMPORAL_ADDRESS: process.env.PARCELWISE_TEST_TEMPORAL ?? '',
        TEMPORAL_NAMESPACE: server.namespace,
      },
    });
  }

  it('docs/continuous.md: "temporal schedule create" makes the schedule that our command makes, and it works', async () => {
    const [line, ...others] = linesOf('docs/continuous.md', 'temporal schedule create');
    assert.ok(line !== undefined && others.length === 0);
    await shell(line);
    const id = /--schedule-id (\S+)/.exec(line)![1]!;
    const handle = server.client.schedule.getHandle(id);
    const { action, policies, spec } = await handle.describe();

    const [input] = action.args as [TickInput];
    const ours = { ...input, name: `${input.name}-ours` };
    await createSchedule(server.client, ours, { everyMs: spec.intervals![0]!.every });
    const made = await server.client.schedule.getHandle(`${id}-ours`).describe();
    assert.equal(made.action.workflowId, `${action.workflowId}-ours`);
    assert.deepEqual(
      [action.workflowType, action.taskQueue],
      [made.action.workflowType, made.action.taskQueue],
    );
    assert.deepEqual({ ...policies, pauseOnFailure: false }, made.policies);
    assert.ok(!policies.pauseOnFailure, 'it goes on after a tick that failed');
    assert.deepEqual(
      spec.intervals?.map(({ every }) => every),
      [3_600_000],
    );

    const mock = server.use(1);
    server.source.searches = [[{ received: 1, entered: 1 }]];
    await handle.trigger();
    await until('the tick has extracted both scenes', () =>
      mock.statuses.every((status) => status === 'extracted'),
    );
    assert.equal(mock.statuses.length, 2);
    const { source, lookbackDays } = server.source.requests[0]!;
    assert.deepEqual([source, lookbackDays], [input.sync?.source, input.sync?.lookbackDays]);
    await handle.delete();
    await server.client.schedule.getHandle(`${id}-ours`).delete();
  });

  it('docs/operations.md: "temporal operator search-attribute create" makes what campaigns look for', async () => {
    const [line, ...others] = linesOf('docs/operations.md', 'temporal operator search-attribute create');
    assert.ok(line !== undefined && others.length === 0);
    await shell(line);
    const { customAttributes } = await server.client.connection.operatorService.listSearchAttributes({
      namespace: server.namespace,
    });
    // Keyword is 2, Int is 3 (temporal.api.enums.v1.IndexedValueType).
    assert.deepEqual(customAttributes, {
      ...{ ParcelwiseCampaign: 2, ParcelwiseCard: 2, ParcelwisePhase: 2, ParcelwiseParcels: 3 },
    });
  });
});
