import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FailedAttempts } from '../../../server/accounts/failed-attempts.js';

const MINUTES_5 = 5 * 60_000;

describe('failed attempts', () => {
  let now = 0;
  const fresh = (): FailedAttempts => {
    now = 1000;
    return new FailedAttempts(() => now);
  };

  it('of a name from an address make it wait from the tenth on, until five minutes are over', () => {
    const failed = fresh();
    for (let n = 1; n <= 9; n++) failed.note('1.2.3.4', 'anna');
    assert.equal(failed.waitFor('1.2.3.4', 'anna'), 0);
    failed.note('1.2.3.4', 'ANNA');
    assert.equal(failed.waitFor('1.2.3.4', 'Anna'), 300);
    assert.equal(failed.waitFor('1.2.3.4', 'bert'), 0);
    assert.equal(failed.waitFor('4.3.2.1', 'anna'), 0);
    now += MINUTES_5 - 1;
    assert.equal(failed.waitFor('1.2.3.4', 'anna'), 1);
    now += 1;
    assert.equal(failed.waitFor('1.2.3.4', 'anna'), 0);
    failed.note('1.2.3.4', 'anna');
    assert.equal(failed.waitFor('1.2.3.4', 'anna'), 0, 'counted anew');
  });

  it('with ever new names make the address wait from the hundredth on', () => {
    const failed = fresh();
    for (let n = 1; n <= 99; n++) failed.note('1.2.3.4', `name${n}`);
    assert.equal(failed.waitFor('1.2.3.4', 'anna'), 0);
    failed.note('1.2.3.4', 'name100');
    assert.equal(failed.waitFor('1.2.3.4', 'anna'), 300);
  });
});
