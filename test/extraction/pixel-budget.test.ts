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

  it('lends idle memory only where so much is free and nobody waits', async () => {
    const budget = new PixelBudget(10);
    const giveBack = await budget.borrow(4);
    assert.equal(
      budget.borrowIdle(7, () => undefined),
      undefined,
    );
    const loan = budget.borrowIdle(6, () => undefined);
    assert.ok(loan);
    loan.giveBack();
    loan.giveBack();
    const waiting = budget.borrow(7);
    assert.equal(
      budget.borrowIdle(1, () => undefined),
      undefined,
      'it is wanted',
    );
    giveBack();
    (await waiting)();
  });

  it('asks idle memory back for who waits, the latest first and no more than that takes', async () => {
    const budget = new PixelBudget(10);
    const recalled: string[] = [];
    const lend = (name: string, bytes: number) => budget.borrowIdle(bytes, () => recalled.push(name))!;
    const loans = { first: lend('first', 3), second: lend('second', 3), third: lend('third', 3) };
    let granted = false;
    const waiting = budget.borrow(4).then((giveBack) => {
      granted = true;
      return giveBack;
    });
    await turn();
    assert.deepEqual([recalled, granted], [['third'], false], 'one byte was free');
    loans.third.giveBack();
    const giveBack = await waiting;
    loans.second.keep();
    const next = budget.borrow(6);
    await turn();
    assert.deepEqual(recalled, ['third', 'first'], 'what is kept is not asked back');
    loans.first.giveBack();
    giveBack();
    (await next)();
    loans.second.giveBack();
    (await budget.borrow(10))();
  });

  it('never lends more than it has, and serves everybody who stays', async () => {
    const request = fc.record({
      bytes: fc.integer({ min: 0, max: 15 }),
      leaves: fc.boolean(),
      isIdle: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(request, { maxLength: 30 }), async (requests) => {
        const budget = new PixelBudget(10);
        let lent = 0;
        const served = requests.map(async ({ bytes, leaves, isIdle }) => {
          if (isIdle) {
            // It goes back when it is asked for, a moment later, and not before.
            const loan = budget.borrowIdle(bytes, () => {
              void turn().then(() => {
                lent -= bytes;
                loan!.giveBack();
              });
            });
            lent += loan ? bytes : 0;
            assert.ok(lent <= 10);
            return true;
          }
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
