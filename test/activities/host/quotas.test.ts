import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type pg from 'pg';
import { type Purpose, Quotas } from '../../../activities/host/quotas.js';
import { openPool } from '../../../database/session/pool.js';
import { migrate } from '../../../database/session/schema.js';
import { openStore } from '../../../store/open.js';
import type { ObjectStore } from '../../../store/object-store.js';
import { accountOf } from '../../../store/s3-config.js';
import { createDatabase, skipWithoutServer, type TestDatabase } from '../../database/database.js';
import { Gateway, SECRET_KEY } from '../../store/gateway.js';

const MB = 1_000_000;

describe('downloads within a quota', { skip: skipWithoutServer }, () => {
  let database: TestDatabase;
  let gateway: Gateway;
  let folder: string;
  before(async () => {
    database = await createDatabase();
    await migrate(database.pool);
    gateway = await Gateway.start();
    folder = await mkdtemp(join(tmpdir(), 'parcelwise-quota-'));
    await gateway.put('one', Buffer.alloc(8 * MB, 1));
    await gateway.put('small', Buffer.alloc(1000, 2));
  });
  after(async () => {
    await gateway.stop();
    await rm(folder, { recursive: true });
    await database.drop();
  });

  /** A worker as far as quotas go: connections, a store and a budget of its own. */
  const worker = (
    account = 'shared',
  ): { pool: pg.Pool; store: ObjectStore; quotas: Quotas; close: () => Promise<void> } => {
    const pool = openPool(database.connection, { max: 2 });
    const store = openStore(gateway.config());
    const close = async (): Promise<void> => {
      store.close();
      await pool.end();
    };
    return { pool, store, quotas: new Quotas(pool, account), close };
  };
  const seconds = async (work: () => Promise<unknown>): Promise<number> => {
    const began = performance.now();
    await work();
    return (performance.now() - began) / 1000;
  };

  it('of two workers together stay under the limit, and use it', async () => {
    const [a, b] = [worker(), worker()];
    const waits: number[] = [];
    const purpose = {
      campaign: 'campaign/a',
      limits: { downloadMbps: 32 },
      onWait: (s: number) => waits.push(s),
    };
    // Another worker's campaign has no limit of its own, and keeps to this one's all the same.
    const other: Purpose = { campaign: 'campaign/b', limits: undefined };
    let received = 0;
    const arrivals: [number, number][] = [];
    const download = async (
      { store, quotas }: ReturnType<typeof worker>,
      name: string,
      why: typeof other,
    ) => {
      const limited = quotas.limit(store, why);
      const object = await limited.head('one');
      let before = 0;
      await limited.download(object!, join(folder, name), {
        onProgress: (sofar) => {
          received += sofar - before;
          before = sofar;
          arrivals.push([performance.now(), received]);
        },
      });
    };
    await a.quotas.limit(a.store, purpose).head('small');
    const took = await seconds(() => Promise.all([download(a, 'a', purpose), download(b, 'b', other)]));
    // 16 MB at 4 MB/s; a lease is for a second, so each end may be that far off.
    assert.ok(took > 2.9 && took < 7, `${took} s`);
    for (const [from, sofar] of arrivals) {
      const later = Math.max(
        ...arrivals.filter(([at]) => at >= from && at < from + 2000).map(([, all]) => all),
      );
      assert.ok(later - sofar <= (2 + 1.3) * 4 * MB, `${later - sofar} bytes within 2 s`);
    }
    assert.ok(waits.length > 0);
    assert.equal((await readFile(join(folder, 'b'))).length, 8 * MB);
    await Promise.all([a.close(), b.close()]);
  });

  it('go on when a worker dies with a lease', async () => {
    const [dead, alive] = [worker('crash'), worker('crash')];
    const limits = { downloadMbps: 8 };
    const giveUp = new AbortController();
    const object = (await dead.store.head('one'))!;
    const lost = dead.quotas
      .limit(dead.store, { campaign: 'campaign/c', limits })
      .download(object, join(folder, 'lost'), {
        signal: giveUp.signal,
        onProgress: () => {
          giveUp.abort();
        },
      });
    await assert.rejects(lost);
    await dead.close();
    const small = (await alive.store.head('small'))!;
    const limited = alive.quotas.limit(alive.store, { campaign: 'campaign/c', limits });
    const took = await seconds(() => limited.download(small, join(folder, 'small')));
    assert.ok(took < 2.5, `${took} s`);
    await alive.close();
  });

  it('of any speed are left alone where nobody limits them', async () => {
    const free = worker('free');
    const object = (await free.store.head('one'))!;
    const took = await seconds(() => free.quotas.limit(free.store).download(object, join(folder, 'free')));
    assert.ok(took < 2, `${took} s`);
    await free.close();
  });

  it('keep to a number of requests a second', async () => {
    const [a, b] = [worker('requests'), worker('requests')];
    const purpose = { campaign: 'campaign/d', limits: { requestsPerSecond: 10 } };
    const took = await seconds(() =>
      Promise.all(
        [a, b].map(async ({ store, quotas }) => {
          const limited = quotas.limit(store, purpose);
          for (let i = 0; i < 20; i++) await limited.head('small');
        }),
      ),
    );
    assert.ok(took > 1.9 && took < 7, `${took} s`);
    await Promise.all([a.close(), b.close()]);
  });

  it('end at once when they are cancelled while they wait', async () => {
    const one = worker('cancelled');
    const purpose = { campaign: 'campaign/e', limits: { requestsPerSecond: 0.05 } };
    const limited = one.quotas.limit(one.store, purpose);
    await limited.head('small');
    const took = await seconds(() => assert.rejects(limited.head('small', AbortSignal.timeout(300))));
    assert.ok(took < 2, `${took} s`);
    await one.close().catch(() => undefined);
  });

  it('are counted under a name that holds no secret', () => {
    const name = accountOf(gateway.config());
    assert.match(name, /^http:\/\/127\.0\.0\.1:\d+ eodata [0-9a-f]{12}$/);
    assert.ok(!name.includes(SECRET_KEY));
  });
});
