/** Memory for decoded pixels is lent in turn, and never more than there is. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { PixelBudget } from '../../extraction/pixel-budget.js';

describe('PixelBudget', () => {
  it('lends what is free at once, and the rest in the order it was asked for', async () => {
    const budget = new PixelBudget(10);
    const granted: string[] = [];
    const ask = (name: string, bytes: number): Promise<() => void> =>
      budget.borrow(bytes).then((giveBack) => {
        granted.push(name);
        return giveBack;
      });
    const first = await ask('first', 6);
    const second = ask('large', 8);
    const third = ask('small', 1);
    await turn();
    assert.deepEqual(granted, ['first'], 'the small one does not overtake');
    first();
    (await second)();
    await third;
    assert.deepEqual(granted, ['first', 'large', 'small']);
  });

  it('lends more than there is to one caller alone', async () => {
    const budget = new PixelBudget(10);
    const small = await budget.borrow(1);
    let granted = false;
    const large = budget.borrow(1000).then((giveBack) => {
      granted = true;
      return giveBack;
    });
    await turn();
    assert.equal(granted, false);
    small();
    (await large)();
    (await budget.borrow(10))();
  });

  it('takes back once, however often it is given', async () => {
    const budget = new PixelBudget(10);
    const giveBack = await budget.borrow(10);
    giveBack();
    giveBack();
    await budget.borrow(10);
    let granted = false;
    void budget.borrow(1).then(() => (granted = true));
    await turn();
    assert.equal(granted, false);
  });

  it('lets a caller who aborts out of the queue, and serves the next', async () => {
    const budget = new PixelBudget(10);
    const holding = await budget.borrow(5);
    const leaving = new AbortController();
    const left = budget.borrow(10, leaving.signal);
    const next = budget.borrow(5);
    leaving.abort(new Error('cancelled'));
    await assert.rejects(left, /cancelled/);
    (await next)();
    holding();
    await assert.rejects(budget.borrow(1, leaving.signal), /cancelled/);
    (await budget.borrow(10))();
  });

  it('never lends more than it has, and serves everybody who stays', async () => {
    const request = fc.record({ bytes: fc.integer({ min: 0, max: 15 }), leaves: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(request, { maxLength: 30 }), async (requests) => {
        const budget = new PixelBudget(10);
        let lent = 0;
        const served = requests.map(async ({ bytes, leaves }) => {
          const signal = leaves ? AbortSignal.timeout(1) : undefined;
          const giveBack = await budget.borrow(bytes, signal).catch(() => undefined);
          if (!giveBack) return leaves;
          lent += Math.min(bytes, 10);
          assert.ok(lent <= 10);
          await turn();
          lent -= Math.min(bytes, 10);
          giveBack();
          return true;
        });
        assert.ok((await Promise.all(served)).every(Boolean));
      }),
      { numRuns: 100 },
    );
  });
});
