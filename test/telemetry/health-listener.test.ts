import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type HealthListener, listenForHealth } from '../../telemetry/health-listener.js';
import { failing, readinessOf } from '../../telemetry/readiness.js';

describe('health told over HTTP', () => {
  let listener: HealthListener;
  let reason: string | undefined;
  let asked = 0;
  before(async () => {
    const readiness = readinessOf({
      disk: () => {
        asked += 1;
        return Promise.resolve(reason);
      },
      network: () => Promise.resolve(undefined),
    });
    listener = await listenForHealth({ host: '127.0.0.1', port: 0 }, readiness);
  });
  after(() => listener.close());

  const get = (path: string, method = 'GET') => fetch(`${listener.url}${path}`, { method });

  it('says that the process lives', async () => {
    const answer = await get('/healthz?probe=1');
    assert.deepEqual([answer.status, await answer.json()], [200, { alive: true }]);
    assert.equal((await get('/healthz', 'HEAD')).status, 200);
  });

  it('says what keeps it from being ready, and that nothing does', async () => {
    reason = 'the disk is full';
    const full = await get('/readyz');
    assert.equal(full.status, 503);
    assert.deepEqual(await full.json(), {
      ready: false,
      conditions: { disk: 'the disk is full', network: 'ok' },
    });
    reason = undefined;
    await sleep(1100);
    const fine = await get('/readyz');
    assert.deepEqual(
      [fine.status, await fine.json()],
      [200, { ready: true, conditions: { disk: 'ok', network: 'ok' } }],
    );
  });

  it('asks no more than once a second, however often it is asked', async () => {
    await sleep(1100);
    const [before, began] = [asked, performance.now()];
    await Promise.all(Array.from({ length: 20 }, () => get('/readyz')));
    const seconds = (performance.now() - began) / 1000;
    assert.ok(asked - before >= 1 && asked - before <= 1 + Math.floor(seconds), `${asked - before} times`);
  });

  it('knows nothing else, and takes nothing', async () => {
    assert.equal((await get('/')).status, 404);
    assert.equal((await get('/metrics')).status, 404);
    assert.equal((await get('/readyz', 'POST')).status, 405);
  });
});

describe('conditions', () => {
  it('that are late or fail count as not held, without the words of the error', async () => {
    const never = new Promise<undefined>(() => undefined);
    const told = await readinessOf({
      late: () => never,
      broken: () => Promise.reject(new Error('postgres://anna:secret@10.0.0.1')),
      failing: () => failing(Promise.reject(new Error('anna')), 'it does not answer'),
      held: () => failing(Promise.resolve(1), 'it does not answer'),
    })();
    assert.deepEqual(told, {
      ready: false,
      conditions: {
        late: 'no answer within 3 s',
        broken: 'it could not be asked',
        failing: 'it does not answer',
        held: 'ok',
      },
    });
  });
});
