/** Which owners of claims count as at work, those that can't be asked among them. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { HAND_PLACE, ownerState, reconcile } from '../../activities/reconcile.js';
import type { RunState } from '../../activities/dependencies.js';
import { checkSelection, type CheckedSelection } from '../../database/selection/check.js';
import { claimScene } from '../../database/ledger/claim.js';
import { heldClaims } from '../../database/ledger/reconcile.js';
import { LEASE_SECONDS, renewLease, type TemporalPlace } from '../../database/leases/temporal-leases.js';
import { createDatabase, skipWithoutServer, type TestDatabase } from '../database/database.js';
import { makeSeason, SELECTION } from '../database/season.js';

const HERE: TemporalPlace = { cluster: 'cluster-1', namespace: 'default' };
const OTHER_NAMESPACE: TemporalPlace = { cluster: 'cluster-1', namespace: 'cbm' };
const OTHER_SERVER: TemporalPlace = { cluster: 'cluster-2', namespace: 'default' };

describe('owners', { skip: skipWithoutServer }, () => {
  let database: TestDatabase;
  let selection: CheckedSelection;
  /** What the server here says of a workflow. */
  const said = new Map<string, RunState>();
  const temporal = {
    lookUpPlace: () => Promise.resolve(HERE),
    stateOf: ({ workflowId }: { workflowId: string }) =>
      Promise.resolve(said.get(workflowId) ?? ('unknown' as const)),
  };

  before(async () => {
    database = await createDatabase();
    await makeSeason(database.pool, { parcels: 1 });
    selection = await checkSelection(database.pool, SELECTION);
  });
  after(() => database.drop());
  beforeEach(async () => {
    said.clear();
    await database.pool.query(`DELETE FROM parcelwise.extraction; DELETE FROM parcelwise.temporal_lease;
      UPDATE dias_catalogue SET status = 'ingested'`);
  });

  async function claimed(place: TemporalPlace | undefined, workflowId = 'scene/public.sigs/1') {
    const owner = { workflowId, runId: 'run' };
    const claim = await claimScene(database.pool, selection, 1, owner, {
      campaign: 'c',
      bands: ['B04'],
      place,
    });
    assert.ok(claim.claimed);
    return { results: selection.results.key, obsid: 1, owner };
  }
  async function lease(place: TemporalPlace, age = 0): Promise<void> {
    await renewLease(database.pool, { ...place, token: 'worker', address: 'temporal:7233' });
    await database.pool.query(
      `UPDATE parcelwise.temporal_lease SET renewed_at = now() - make_interval(secs => $1) WHERE (cluster, namespace) = ($2, $3)`,
      [age, place.cluster, place.namespace],
    );
  }
  const state = (claim: Awaited<ReturnType<typeof claimed>>) =>
    ownerState(claim, { pool: database.pool, temporal }, HERE);

  it('of this place are what the server says, and have ended where it knows no such run', async () => {
    const claim = await claimed(HERE);
    await lease(HERE);
    for (const [answer, found] of [
      ['running', 'runs'],
      ['closed', 'ended'],
      ['unknown', 'ended'],
    ] as const) {
      said.set(claim.owner.workflowId, answer);
      assert.equal(await state(claim), found, answer);
    }
  });

  it('are not judged by an answer that was not understood', async () => {
    await claimed(HERE);
    const dependencies = {
      pool: database.pool,
      temporal: { ...temporal, stateOf: () => Promise.reject(new Error('14 UNAVAILABLE')) },
    };
    const run = { signal: new AbortController().signal, report: () => undefined };
    await assert.rejects(reconcile(run, dependencies), /UNAVAILABLE/);
    assert.equal((await heldClaims(database.pool)).length, 1);
  });

  for (const [what, place] of [
    ['namespace', OTHER_NAMESPACE],
    ['server', OTHER_SERVER],
  ] as const) {
    it(`of another ${what} are at work while workers of theirs renew a lease, and no longer`, async () => {
      const claim = await claimed(place);
      await lease(place);
      assert.equal(await state(claim), 'elsewhere');
      await lease(place, LEASE_SECONDS - 2);
      assert.equal(await state(claim), 'elsewhere');
      await lease(place, LEASE_SECONDS);
      assert.equal(await state(claim), 'ended');
      await lease(HERE);
      assert.equal(await state(claim), 'ended', 'a lease of another place is none of theirs');
    });

    it(`of another ${what} whose run this server knows are asked for all the same`, async () => {
      const claim = await claimed(place);
      said.set(claim.owner.workflowId, 'running');
      assert.equal(await state(claim), 'runs', 'a server that was restored elsewhere, or has another id now');
    });

    it(`of another ${what} keep their scenes when a campaign starts here`, async () => {
      await claimed(place);
      await lease(place);
      const run = { signal: new AbortController().signal, report: () => undefined };
      assert.deepEqual(await reconcile(run, { pool: database.pool, temporal }), []);
      await lease(place, LEASE_SECONDS + 1);
      assert.equal((await reconcile(run, { pool: database.pool, temporal })).length, 1);
    });
  }

  it('of an earlier parcelwise have a while, and longer while any other place is at work', async () => {
    const claim = await claimed(undefined);
    assert.equal(await state(claim), 'elsewhere');
    await database.pool.query(
      `UPDATE parcelwise.extraction SET claimed_at = now() - interval '6 hours 1 second'`,
    );
    assert.equal(await state(claim), 'ended');
    await lease(HERE);
    assert.equal(await state(claim), 'ended');
    await renewLease(database.pool, { ...OTHER_SERVER, token: 'another', address: 'x' });
    assert.equal(await state(claim), 'elsewhere');
    said.set(claim.owner.workflowId, 'closed');
    assert.equal(await state(claim), 'ended');
  });

  it('that are commands by hand are at work while they renew their own lease', async () => {
    const place = { cluster: HAND_PLACE, namespace: 'run' };
    const claim = await claimed(place, 'extract/host/7');
    await lease(place);
    assert.equal(await state(claim), 'runs');
    await lease(place, LEASE_SECONDS);
    assert.equal(await state(claim), 'ended');
  });

  it('that hold the scene no more have ended', async () => {
    const claim = await claimed(HERE);
    said.set(claim.owner.workflowId, 'running');
    assert.equal(await state({ ...claim, owner: { ...claim.owner, runId: 'before' } }), 'ended');
  });
});
