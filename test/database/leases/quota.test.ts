import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { lease, stateLimit } from '../../../database/leases/quota.js';
import { migrate } from '../../../database/session/schema.js';
import { createDatabase, skipWithoutServer, type TestDatabase } from '../database.js';

const close = (actual: number, expected: number, by = 0.3): void => {
  assert.ok(Math.abs(actual - expected) < by, `${actual} is not ${expected}`);
};

describe('leases of an account', { skip: skipWithoutServer }, () => {
  let database: TestDatabase;
  before(async () => {
    database = await createDatabase();
    await migrate(database.pool);
  });
  after(() => database.drop());
  const take = (account: string, least: number, seconds: number) =>
    lease(database.pool, account, 'bytes', { least, seconds });

  it('are not needed where nobody states a limit', async () => {
    assert.equal(await take('free', 1, 1), undefined);
  });

  it('follow one another: each waits for the stretch of those before it', async () => {
    await stateLimit(database.pool, 'turns', 'bytes', 'campaign/a', 1000);
    const leases = await Promise.all(Array.from({ length: 5 }, () => take('turns', 1, 1)));
    const waits = leases.map((one) => one?.waitSeconds ?? NaN).sort((a, b) => a - b);
    waits.forEach((wait, i) => {
      close(wait, i);
    });
    assert.deepEqual(leases[0], { amount: 1000, rate: 1000, waitSeconds: leases[0]?.waitSeconds });
  });

  it('hold what was asked for at least, however long that takes at the rate', async () => {
    await stateLimit(database.pool, 'large', 'bytes', 'campaign/a', 1000);
    assert.equal((await take('large', 3000, 1))?.amount, 3000);
    close((await take('large', 1, 1))?.waitSeconds ?? NaN, 3);
  });

  it('go by the smallest limit in force, of whichever campaign', async () => {
    await stateLimit(database.pool, 'both', 'bytes', 'campaign/a', 5000);
    await stateLimit(database.pool, 'both', 'bytes', 'campaign/b', 200);
    await stateLimit(database.pool, 'both', 'requests', 'campaign/c', 1);
    assert.equal((await take('both', 1, 1))?.rate, 200);
    await database.pool.query(
      `UPDATE parcelwise.quota_limit SET stated_at = now() - interval '31 s' WHERE campaign = 'campaign/b'`,
    );
    assert.equal((await take('both', 1, 1))?.rate, 5000);
    await stateLimit(database.pool, 'both', 'bytes', 'campaign/b', 300);
    assert.equal((await take('both', 1, 1))?.rate, 300);
  });

  it('do not save up what was not taken', async () => {
    await stateLimit(database.pool, 'idle', 'bytes', 'campaign/a', 1000);
    await database.pool.query(
      `UPDATE parcelwise.quota SET free_at = now() - interval '1 hour' WHERE account = 'idle'`,
    );
    close((await take('idle', 1, 1))?.waitSeconds ?? NaN, 0);
    close((await take('idle', 1, 1))?.waitSeconds ?? NaN, 1);
  });
});
