/** What follows from the ways in which a step can end. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ActivityFailure, RetryState, TimeoutFailure, TimeoutType } from '@temporalio/common';
import { consequenceOf, mayPass } from '../../workflows/failures.js';

function timedOut(type: TimeoutType): ActivityFailure {
  const cause = new TimeoutFailure('activity timeout', undefined, type);
  return new ActivityFailure(
    'activity failed',
    'extractAndCopyChunk',
    '1',
    RetryState.TIMEOUT,
    'host',
    cause,
  );
}

describe('consequenceOf', () => {
  for (const [type, kind] of [
    [TimeoutType.HEARTBEAT, 'restage-host-gone'],
    [TimeoutType.SCHEDULE_TO_START, 'restage-host-gone'],
    [TimeoutType.START_TO_CLOSE, 'give-back'],
    [TimeoutType.SCHEDULE_TO_CLOSE, 'give-back'],
  ] as const)
    it(`takes ${type} for ${kind === 'restage-host-gone' ? 'a host that is gone' : 'a step that took too long'}`, () => {
      const consequence = consequenceOf(timedOut(type));
      assert.deepEqual(consequence, { kind, reason: `no answer in time (${type})` });
      assert.equal(mayPass(consequence), true);
    });
});
