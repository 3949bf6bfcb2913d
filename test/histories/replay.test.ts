/** Replays recorded histories: a change that running workflows would not survive fails here first. See record.ts. */
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, Worker } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { WORKFLOW_BUNDLE } from '../../workers/bundle.js';
import { quietRuntime } from '../workflows/quiet.js';
import { recordedHistories } from './files.js';

const silent = new DefaultLogger('ERROR', () => undefined);

/** The names of the histories, each with what replaying it found. */
async function replay(workflowBundle: { codePath: string } | { code: string }): Promise<Map<string, Error | undefined>> {
  const found = new Map<string, Error | undefined>();
  const options = { workflowBundle, replayName: 'histories' };
  for await (const { workflowId, error } of Worker.runReplayHistories(options, await recordedHistories()))
    found.set(workflowId, error);
  return found;
}

describe('recorded histories', () => {
  before(quietRuntime);

  it('are replayed by the workflows as they are', async () => {
    const found = await replay({ codePath: WORKFLOW_BUNDLE });
    const names = [
      ...['campaign', 'campaign-cancelled', 'campaign-hindered', 'catalogue-sync'],
      ...['scene', 'scene-bad-raster', 'scene-cancelled', 'scene-changed-only', 'scene-host-lost'],
      ...['scene-outage', 'scene-step-names', 'scene-superseded', 'scene-unchanged'],
      ...['tick', 'tick-idle', 'tick-source-lost'],
    ];
    assert.deepEqual([...found.keys()].sort(), names);
    for (const [name, error] of found) assert.equal(error, undefined, name);
  });

  it('are not replayed by workflows that do things in another order', async () => {
    const workflowsPath = fileURLToPath(new URL('./changed-workflows.js', import.meta.url));
    const found = await replay(await bundleWorkflowCode({ workflowsPath, logger: silent }));
    for (const [name, error] of found) assert.ok(error instanceof DeterminismViolationError, `${name}: ${String(error)}`);
  });
});
