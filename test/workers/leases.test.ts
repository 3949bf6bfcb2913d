/** Leases of scratch disks and of Temporal servers, as processes take and keep them. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  leasedPlaces,
  processesAtWork,
  renewLease,
  stopLease,
} from '../../database/leases/temporal-leases.js';
import { migrate } from '../../database/session/schema.js';
import { type HeldHost, holdHost } from '../../workers/host-lease.js';
import { keepLease } from '../../workers/temporal-lease.js';
import { createDatabase, skipWithoutServer, type TestDatabase } from '../database/database.js';

const TIMING = { lookMs: 900, renewMs: 200 };

/** A scratch disk's name, and what becomes of it. */
class Disk {
  renamed = 0;
  constructor(public host: string) {}
  rename(): Promise<void> {
    this.host = `${this.host}-${++this.renamed}`;
    return Promise.resolve();
  }
}

describe('leases', { skip: skipWithoutServer }, () => {
  let database: TestDatabase;
  const held: HeldHost[] = [];
  const told: string[] = [];
  const log = { debug: () => undefined, warn: (line: string) => told.push(line), error: () => undefined };
  before(async () => {
    database = await createDatabase();
    await migrate(database.pool);
  });
  after(() => database.drop());
  afterEach(async () => {
    for (const host of held.splice(0)) await host.release();
    told.length = 0;
  });
  const hold = async (disk: Disk, timing = TIMING): Promise<HeldHost> => {
    const host = await holdHost(database.pool, disk, log, timing);
    held.push(host);
    return host;
  };
  const dead = { lookMs: TIMING.lookMs, renewMs: 1 << 30 };

  it('of a disk: a copy takes another name while the first is in use, and may keep it afterwards', async () => {
    const [one, copy, late] = [new Disk('a'), new Disk('a'), new Disk('a')];
    const first = await hold(one);
    await hold(copy);
    assert.deepEqual([one.host, copy.host], ['a', 'a-1']);
    assert.match(
      told.join(),
      /another worker serves a: this scratch disk is a copy of its, and is a-1 from now on/,
    );
    await first.release();
    await hold(late);
    assert.equal(late.host, 'a');
  });

  it('of a disk: who starts again takes it from a process that was killed', async () => {
    const first = await hold(new Disk('b'), dead);
    const again = new Disk('b');
    await hold(again);
    assert.equal(again.host, 'b');
    await first.release();
    assert.deepEqual(
      (await database.pool.query('SELECT host FROM parcelwise.host_lease')).rows,
      [{ host: 'b' }],
      'which can not give it away any more',
    );
  });

  it('of a disk: who finds it taken over is told to go', async () => {
    const silent = await hold(new Disk('c'), { ...dead, renewMs: 1500 });
    await hold(new Disk('c'));
    for (let i = 0; i < 40 && !silent.lost.aborted; i++) await sleep(100);
    assert.match(String(silent.lost.reason), /another worker has taken over c/);
  });

  it('of a disk: one that somebody removed is entered again', async () => {
    const host = await hold(new Disk('d'));
    await database.pool.query('DELETE FROM parcelwise.host_lease');
    await sleep(3 * TIMING.renewMs);
    assert.deepEqual((await database.pool.query('SELECT host FROM parcelwise.host_lease')).rows, [
      { host: 'd' },
    ]);
    assert.equal(host.lost.aborted, false);
  });

  it('of a server: follow it when another stands behind its address', async (test) => {
    test.mock.timers.enable({ apis: ['setInterval'] });
    let cluster = 'one';
    let away = false;
    const lookUp = () =>
      away ? Promise.reject(new Error('away')) : Promise.resolve({ cluster, namespace: 'default' });
    const lease = await keepLease(database.pool, 'temporal:7233', lookUp, log);
    const places = async () =>
      (await leasedPlaces(database.pool)).map((place) => [place.cluster, place.alive]);
    assert.deepEqual(await places(), [['one', true]]);
    await database.pool.query(`UPDATE parcelwise.temporal_lease SET renewed_at = now() - interval '1 hour'`);
    assert.deepEqual(await places(), [['one', false]]);
    const renewed = async (): Promise<void> => {
      test.mock.timers.tick(20_000);
      await sleep(300);
    };
    away = true;
    await renewed();
    assert.deepEqual(await places(), [['one', true]], 'its workers stand by for it');
    away = false;
    cluster = 'two';
    await renewed();
    assert.deepEqual(await places(), [['two', true]], 'nobody works for the one of before here');
    const here = { cluster: 'two', namespace: 'default' };
    assert.equal(await processesAtWork(database.pool, here), 1);
    await lease.stop();
    assert.deepEqual(await places(), [['two', true]], 'workflows wait for the next worker');
    assert.equal(await processesAtWork(database.pool, here), 0);
    await lease.end();
    assert.deepEqual(await places(), []);
  });

  it('of a server tell who is at work: a process that stopped, or renewed it too long ago, is not', async () => {
    const place = { cluster: 'three', namespace: 'ns' };
    const atWork = () => processesAtWork(database.pool, place);
    const aged = (seconds: number) =>
      database.pool.query(
        `UPDATE parcelwise.temporal_lease SET renewed_at = now() - $1 * interval '1 second' WHERE cluster = 'three'`,
        [seconds],
      );
    await renewLease(database.pool, { ...place, token: 'a', address: 'here' });
    await renewLease(database.pool, { ...place, token: 'b', address: 'here' });
    assert.equal(await atWork(), 2);
    await stopLease(database.pool, { ...place, token: 'b', address: 'here' });
    assert.equal(await atWork(), 1);
    await aged(49);
    assert.equal(await atWork(), 1);
    await aged(51);
    assert.equal(await atWork(), 0);
  });
});
