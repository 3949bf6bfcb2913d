import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../../terminal/user-error.js';
import { answered } from '../../client/worker-answer.js';

describe('a question that a worker answers', () => {
  it('ends with what to do where no worker answers, and with 1', async () => {
    const never = new Promise<never>(() => undefined);
    await assert.rejects(answered(never, 20), (error: unknown) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, /no worker answers .* parcelwise worker/);
      assert.equal(error.exitCode, 1);
      return true;
    });
  });

  it('hands on answers and refusals that come in time', async () => {
    assert.equal(await answered(sleep(5, 'yes'), 5000), 'yes');
    await assert.rejects(answered(Promise.reject(new Error('no')), 5000), /^Error: no$/);
  });
});
