/** What is told of steps that fail and are tried again. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { untold } from '../../client/hindrances.js';

describe('steps that fail', () => {
  it('are told of once a scene, and not again for the scenes that fail alike later', () => {
    const retry = (workflowId: string, reason: string) => ({
      workflowId,
      step: 'copyChunk',
      attempt: 2,
      reason,
    });
    const told = new Set<string>();
    const found = [retry('scene/1', 'away'), retry('scene/1', 'away'), retry('scene/2', 'away')];
    const scenes = untold(found, told).map(({ workflowId }) => workflowId);
    assert.deepEqual(scenes, ['scene/1', 'scene/2']);
    assert.deepEqual(untold([retry('scene/3', 'away')], told), []);
    assert.equal(untold([retry('scene/3', 'full')], told).length, 1);
  });
});
