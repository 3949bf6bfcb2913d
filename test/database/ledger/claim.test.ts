import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { CheckedSelection } from '../../../database/selection/check.js';
import { claimScene } from '../../../database/ledger/claim.js';
import { releaseScene } from '../../../database/ledger/release.js';
import { getScene } from '../../../database/scenes/scenes.js';
import { createDatabase, skipWithoutServer } from '../database.js';
import type { TestDatabase } from '../database.js';
import { anna, bert, makeSeason } from '../season.js';

describe('claim', { skip: skipWithoutServer }, () => {
  let database: TestDatabase;
  let season: CheckedSelection;
  const campaign = { campaign: 'spring', bands: ['B04', 'B08'] };
  before(async () => {
    database = await createDatabase();
    season = await makeSeason(database.pool);
  });
  beforeEach(async () => {
    await database.pool.query(`UPDATE dias_catalogue SET status = 'ingested' WHERE id < 7`);
    await database.pool.query('DELETE FROM parcelwise.extraction');
  });
  after(() => database.drop());

  const claim = (owner = anna, obsid = 1) => claimScene(database.pool, season, obsid, owner, campaign);
  const statusOf = async (obsid: number) => (await getScene(database.pool, season, obsid)).status;

  it('of an ingested scene succeeds and shows in the catalogue', async () => {
    assert.deepEqual(await claim(), { claimed: true, resumed: false, bands: ['B04', 'B08'] });
    assert.equal(await statusOf(1), 'inprogress');
  });

  it('of a scene that another owner holds fails and names that owner', async () => {
    await claim(anna);
    assert.deepEqual(await claim(bert), {
      claimed: false,
      status: 'inprogress',
      results: 'public.sigs',
      owner: anna,
    });
  });

  it('of the same owner can be retried', async () => {
    await claim(anna);
    assert.deepEqual(await claim(anna), { claimed: true, resumed: false, bands: ['B04', 'B08'] });
  });

  it('by twenty owners at once is won by exactly one', async () => {
    const owners = Array.from({ length: 20 }, (_, i) => ({
      workflowId: 'scene/public.sigs/2',
      runId: `run-${i}`,
    }));
    const claims = await Promise.all(owners.map((owner) => claim(owner, 2)));
    assert.equal(claims.filter(({ claimed }) => claimed).length, 1);
    const winner = owners[claims.findIndex(({ claimed }) => claimed)];
    for (const lost of claims.filter((one) => !one.claimed)) assert.deepEqual(lost.owner, winner);
  });

  it('of a scene that is extracted already, or not there, fails with what is known', async () => {
    assert.deepEqual(await claim(anna, 7), { claimed: false, status: 'extracted' });
    assert.deepEqual(await claim(anna, 999), { claimed: false, status: undefined });
  });

  it('is given back by its owner only, and any number of times', async () => {
    await claim(anna);
    assert.equal(await releaseScene(database.pool, season, 1, bert), false);
    assert.equal(await statusOf(1), 'inprogress');
    assert.equal(await releaseScene(database.pool, season, 1, anna), true);
    assert.equal(await statusOf(1), 'ingested');
    assert.equal(await releaseScene(database.pool, season, 1, anna), false);
    assert.equal((await claim(bert)).claimed, true);
  });
});
