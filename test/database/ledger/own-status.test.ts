import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { audit } from '../../../database/audit/index.js';
import { checkSelection, type CheckedSelection } from '../../../database/selection/check.js';
import { claimScene } from '../../../database/ledger/claim.js';
import { releaseScene } from '../../../database/ledger/release.js';
import { markScene } from '../../../database/ledger/mark.js';
import { freeClaims, heldClaims, strayScenes } from '../../../database/ledger/reconcile.js';
import { releaseStray, retryExtraction } from '../../../database/scenes/reset-scene.js';
import { countStatuses, getScene, listScenes } from '../../../database/scenes/scenes.js';
import { createDatabase, skipWithoutServer } from '../database.js';
import type { TestDatabase } from '../database.js';
import { BANDS, beginScene, CLASS_BAND, extractScene, ownerOf } from '../extracted.js';
import { makeSeason, SELECTION } from '../season.js';

describe('a results table with status words of its own', { skip: skipWithoutServer }, () => {
  let database: TestDatabase;
  /** The catalogue's words, `sigs`. */
  let season: CheckedSelection;
  /** Words of its own, `other`. */
  let other: CheckedSelection;
  const checkWith = (results: string, hists: string | undefined, statusIn: 'catalogue' | 'parcelwise') =>
    checkSelection(database.pool, {
      ...SELECTION,
      tables: { ...SELECTION.tables, results, hists },
      statusIn,
    });
  before(async () => {
    database = await createDatabase();
    season = await makeSeason(database.pool);
    await database.pool.query('CREATE TABLE other (LIKE sigs); CREATE TABLE other_hists (LIKE hists)');
    other = await checkWith('other', 'other_hists', 'parcelwise');
  });
  beforeEach(async () => {
    await database.pool.query(`
      DELETE FROM parcelwise.extraction; TRUNCATE sigs, hists, other, other_hists;
      UPDATE dias_catalogue SET status = 'ingested'`);
  });
  after(() => database.drop());

  const wanted = { campaign: 'campaign/autumn', bands: BANDS, classBand: CLASS_BAND };
  const claim = (selection: CheckedSelection, obsid: number, run = 'run-a') =>
    claimScene(database.pool, selection, obsid, ownerOf(selection, obsid, run), wanted);
  const wordOf = async (obsid: number) => (await getScene(database.pool, season, obsid)).status;
  const listed = async (selection: CheckedSelection) =>
    (await listScenes(database.pool, selection, undefined, 100)).map(({ obsid }) => obsid);
  const findings = async () =>
    (await audit(database.pool, {}, { each: 20 })).findings.flatMap(({ first }) =>
      first.map(({ text }) => text),
    );

  it('lists scenes whatever the catalogue says, and none that it has in hand or done', async () => {
    await extractScene(database.pool, season, 1);
    assert.deepEqual(await listed(season), [2, 7, 3]);
    assert.deepEqual(await listed(other), [1, 2, 7, 3]);
    await extractScene(database.pool, other, 1);
    await beginScene(database.pool, other, 2, 1);
    assert.deepEqual(await listed(other), [7, 3]);
    assert.deepEqual(await countStatuses(database.pool, other), { extracted: 1, ingested: 2, inprogress: 1 });
    assert.deepEqual(await countStatuses(database.pool, season), { extracted: 1, ingested: 3 });
  });

  it('is extracted beside another, scene by scene, and the catalogue knows the other only', async () => {
    await beginScene(database.pool, season, 1, 1);
    await extractScene(database.pool, other, 1);
    assert.equal(await wordOf(1), 'inprogress');
    await releaseScene(database.pool, season, 1, ownerOf(season, 1));
    assert.equal(await wordOf(1), 'ingested');
    await extractScene(database.pool, season, 2);
    await beginScene(database.pool, other, 2, 1);
    assert.equal(await releaseScene(database.pool, other, 2, ownerOf(other, 2)), true);
    assert.equal(await wordOf(2), 'extracted');
    assert.deepEqual(await findings(), []);
  });

  it('has a scene claimed by exactly one of twenty owners, and tells the others which', async () => {
    const runs = Array.from({ length: 20 }, (_, i) => `run-${i}`);
    for (const obsid of [2, 3]) {
      const claims = await Promise.all(runs.map((run) => claim(other, obsid, run)));
      assert.equal(claims.filter(({ claimed }) => claimed).length, 1);
      const winner = ownerOf(other, obsid, runs[claims.findIndex(({ claimed }) => claimed)]);
      for (const lost of claims.filter((one) => !one.claimed)) {
        assert.deepEqual(lost, {
          claimed: false,
          status: 'inprogress',
          results: 'public.other',
          owner: winner,
        });
      }
      assert.equal((await claim(other, obsid, winner.runId)).claimed, true, 'the winner may ask again');
      // Given back, it is claimed by one of many again.
      await releaseScene(database.pool, other, obsid, winner);
      const again = await Promise.all(runs.map((run) => claim(other, obsid, run)));
      assert.equal(again.filter(({ claimed }) => claimed).length, 1);
    }
    assert.equal(await wordOf(2), 'ingested');
  });

  it('is not waited for: a claim that comes too late is refused while a chunk is being stored', async () => {
    await beginScene(database.pool, other, 1, 1);
    const client = await database.pool.connect();
    try {
      await client.query('BEGIN; SELECT 1 FROM parcelwise.extraction FOR SHARE');
      assert.equal((await claim(other, 1, 'run-b')).claimed, false);
    } finally {
      await client.query('ROLLBACK');
      client.release();
    }
  });

  it('refuses what is done, and what the catalogue does not have', async () => {
    await extractScene(database.pool, other, 1);
    assert.deepEqual(await claim(other, 1, 'run-b'), { claimed: false, status: 'extracted' });
    assert.deepEqual(await claim(other, 999), { claimed: false, status: undefined });
  });

  it('can change over: neither way of claiming takes a scene from the other', async () => {
    const sigsOwn = await checkWith('sigs', 'hists', 'parcelwise');
    await claim(sigsOwn, 1);
    assert.deepEqual(await claim(season, 1, 'run-b'), {
      claimed: false,
      status: 'inprogress',
      results: 'public.sigs',
      owner: ownerOf(season, 1),
    });
    assert.equal(await wordOf(1), 'ingested', 'the word that was won in vain is given back');
    await claim(season, 2);
    assert.deepEqual((await claim(sigsOwn, 2, 'run-b')).claimed, false);
    await releaseScene(database.pool, sigsOwn, 1, ownerOf(season, 1));
    assert.equal((await claim(season, 1, 'run-b')).claimed, true);
    assert.equal(await wordOf(1), 'inprogress');
  });

  it('is reconciled without touching the catalogue, and never counts as a stray', async () => {
    await claim(season, 1);
    await claim(other, 1);
    await claim(other, 2);
    const held = await heldClaims(database.pool);
    assert.deepEqual(
      held.map(({ results, obsid, statusIn }) => [results, obsid, statusIn]),
      [
        ['public.sigs', 1, 'catalogue'],
        ['public.other', 1, 'parcelwise'],
        ['public.other', 2, 'parcelwise'],
      ],
    );
    await freeClaims(
      database.pool,
      held.filter(({ results }) => results === 'public.other'),
    );
    assert.equal(await wordOf(1), 'inprogress');
    assert.deepEqual(await listed(other), [1, 2, 7, 3]);
    await database.pool.query(`UPDATE dias_catalogue SET status = 'inprogress' WHERE id = 2`);
    await claim(other, 2);
    const strays = (await strayScenes(database.pool, season)).map(({ obsid }) => obsid);
    assert.deepEqual(strays, [2], 'a claim without the word does not account for the word');
    assert.equal(await releaseStray(database.pool, season.catalogue, 2), true);
    assert.equal(await releaseStray(database.pool, season.catalogue, 1), false, 'a claim accounts for it');
  });

  it('ends scenes in words of its own, which can be opened again', async () => {
    await claim(other, 1);
    await markScene(database.pool, other, 1, ownerOf(other, 1), 'B08 notfound', 'no object');
    assert.equal(await wordOf(1), 'ingested');
    assert.deepEqual(await listed(other), [2, 7, 3]);
    const retry = (obsid: number) => retryExtraction(database.pool, { results: 'public.other', obsid });
    assert.equal(await retry(1), true);
    assert.equal(await retry(1), false);
    assert.equal(await retry(2), false);
    assert.deepEqual(await listed(other), [1, 2, 7, 3]);
    await extractScene(database.pool, other, 1);
    assert.equal(await retry(1), false, 'it is extracted');
  });

  it('keeps its histograms in a table of its own, or a reader would find each twice', async () => {
    const careless = await checkWith('other', 'hists', 'parcelwise');
    await extractScene(database.pool, season, 1);
    await assert.rejects(claim(careless, 1), {
      name: 'DatabaseSetupError',
      message: /histograms of scene 1 are in public.hists already.*hists_table of its own/,
    });
    // Where the other kept nothing of the scene, there is nothing to be doubled.
    await claim(season, 2);
    await releaseScene(database.pool, season, 2, ownerOf(season, 2));
    await extractScene(database.pool, careless, 2);
    assert.deepEqual(await findings(), []);
  });

  it('goes on with the histograms table it began with', async () => {
    await beginScene(database.pool, other, 1, 1);
    await releaseScene(database.pool, other, 1, ownerOf(other, 1));
    const without = await checkWith('other', undefined, 'parcelwise');
    await assert.rejects(
      claim(without, 1),
      /chunks of scene 1 are stored with histograms in public.other_hists/,
    );
    assert.deepEqual(await claim(other, 1), { claimed: true, resumed: true, bands: BANDS });
  });
});
