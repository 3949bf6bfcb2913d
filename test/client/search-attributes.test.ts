import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { askedOnce } from '../../client/search-attributes.js';

const MINUTE = 60_000;

describe('the question whether the server knows our search attributes', () => {
  let now = 0;
  const clock = () => now;
  /** Answers in turn; the last one again and again. */
  const server = (...answers: boolean[]) => {
    const asked = { times: 0 };
    const ask = () => Promise.resolve(answers[Math.min(asked.times++, answers.length - 1)]!);
    return { asked, ask };
  };

  it('is asked once where the answer is yes, however many ticks want to know it', async () => {
    const { asked, ask } = server(true, false);
    const known = askedOnce(ask, clock);
    const answers = await Promise.all([known(), known(), known()]);
    for (let tick = 0; tick < 1000; tick++, now += 60 * MINUTE) answers.push(await known());
    assert.ok(answers.every(Boolean));
    assert.equal(asked.times, 1);
  });

  it('is asked again some minutes after a no', async () => {
    const { asked, ask } = server(false, true);
    const known = askedOnce(ask, clock);
    assert.deepEqual([await known(), await known(), asked.times], [false, false, 1]);
    now += 11 * MINUTE;
    assert.deepEqual([await known(), await known(), asked.times], [true, true, 2]);
  });
});
