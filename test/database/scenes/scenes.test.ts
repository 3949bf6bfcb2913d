import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { CheckedSelection } from '../../../database/selection/check.js';
import { claimScene } from '../../../database/ledger/claim.js';
import { freeClaims, heldClaims, strayScenes } from '../../../database/ledger/reconcile.js';
import {
  countScenes,
  countStatuses,
  getScene,
  listScenes,
  tellWithoutFootprint,
} from '../../../database/scenes/scenes.js';
import { tellExtractedElsewhere } from '../../../database/scenes/other-tables.js';
import type { SceneCursor } from '../../../database/scenes/scenes.js';
import { createDatabase, skipWithoutServer } from '../database.js';
import type { TestDatabase } from '../database.js';
import { anna, bert, makeSeason } from '../season.js';

describe('scenes', { skip: skipWithoutServer }, () => {
  let database: TestDatabase;
  let season: CheckedSelection;
  before(async () => {
    database = await createDatabase();
    season = await makeSeason(database.pool);
  });
  after(() => database.drop());

  const ids = async (after?: SceneCursor, limit = 100) =>
    (await listScenes(database.pool, season, after, limit)).map(({ obsid }) => obsid);

  it('of a selection are those ingested, of its card, in its period and over its AOI, by time', async () => {
    assert.deepEqual(await ids(), [1, 2, 3]);
    assert.equal(await countScenes(database.pool, season), 3);
    assert.deepEqual(await countStatuses(database.pool, season), { extracted: 1, ingested: 3 });
  });

  it('come page by page without gap or repetition, times a microsecond apart too', async () => {
    const pages: number[] = [];
    let cursor: SceneCursor | undefined;
    for (;;) {
      const page = await listScenes(database.pool, season, cursor, 1);
      if (page.length === 0) break;
      pages.push(...page.map(({ obsid }) => obsid));
      cursor = page.at(-1);
    }
    assert.deepEqual(pages, [1, 2, 3]);
  });

  it('bear their time in UTC as stored, with a fraction only where there is one', async () => {
    const { obstime } = await getScene(database.pool, season, 1);
    assert.equal(obstime, '2024-03-02T10:56:19.123456');
    assert.deepEqual(await getScene(database.pool, season, 'SCENE_3'), {
      obsid: 3,
      reference: 'SCENE_3',
      obstime: '2024-03-30T10:56:19',
      sensor: '2A',
      card: 's2',
      status: 'ingested',
    });
    await assert.rejects(
      getScene(database.pool, season, 'SCENE'),
      /no scene SCENE in public\.dias_catalogue/,
    );
  });

  it('in the period include those at its very ends', async () => {
    const at = (start: string, end: string) =>
      listScenes(database.pool, { ...season, period: { start, end } }, undefined, 10);
    assert.equal((await at('2024-03-30T10:56:19', '2024-03-30T10:56:19')).length, 1);
    assert.equal((await at('2024-03-02T10:56:19.123457', '2024-03-29')).length, 1);
  });
});

describe('claims without a worker', { skip: skipWithoutServer }, () => {
  let database: TestDatabase;
  let season: CheckedSelection;
  before(async () => {
    database = await createDatabase();
    season = await makeSeason(database.pool);
    for (const obsid of [1, 2])
      await claimScene(database.pool, season, obsid, anna, { campaign: 'spring', bands: ['B04'] });
    await database.pool.query(`UPDATE dias_catalogue SET status = 'inprogress' WHERE id = 3`);
  });
  after(() => database.drop());

  it('are listed with their owners; those of other programs apart', async () => {
    const held = await heldClaims(database.pool);
    assert.deepEqual(
      held.map(({ results, catalogue, obsid, owner, campaign }) => ({
        results,
        catalogue,
        obsid,
        owner,
        campaign,
      })),
      [1, 2].map((obsid) => ({
        results: 'public.sigs',
        catalogue: 'public.dias_catalogue',
        obsid,
        owner: anna,
        campaign: 'spring',
      })),
    );
    assert.match(held[0]!.claimedAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/);
    assert.deepEqual(
      (await strayScenes(database.pool, season)).map(({ obsid }) => obsid),
      [3],
    );
  });

  it('are freed only where the owner is still the one that was looked at', async () => {
    const [one, two] = await heldClaims(database.pool);
    assert.ok(one !== undefined && two !== undefined);
    // Meanwhile scene 2 changes hands.
    await freeClaims(database.pool, [two]);
    await claimScene(database.pool, season, 2, bert, { campaign: 'spring', bands: ['B04'] });
    assert.deepEqual(await freeClaims(database.pool, [one, two]), [one]);
    assert.deepEqual(await countStatuses(database.pool, season), {
      extracted: 1,
      ingested: 1,
      inprogress: 2,
    });
    assert.deepEqual(
      (await heldClaims(database.pool)).map(({ obsid, owner }) => [obsid, owner]),
      [[2, bert]],
    );
  });

  it('without a footprint are told, since no area has them', async () => {
    assert.deepEqual(await tellWithoutFootprint(database.pool, season.catalogue), []);
    await database.pool.query(`
      INSERT INTO dias_catalogue (id, obstime, reference, sensor, card, status, footprint) VALUES
        (901, '2024-03-02', 'BLIND', '2A', 's2', 'ingested', NULL), (902, '2024-03-02', 'EMPTY', '2A', 's2', 'ingested', 'SRID=4326;POLYGON EMPTY')`);
    const [told] = await tellWithoutFootprint(database.pool, season.catalogue, 's2', season.period);
    assert.match(told ?? '', /scenes of public.dias_catalogue without a footprint: 2 \(id 901, 902\)/);
    assert.deepEqual(await tellWithoutFootprint(database.pool, season.catalogue, 'bs'), []);
    await database.pool.query('DELETE FROM dias_catalogue WHERE id > 900');
  });

  it('extracted into another results table are told, where the catalogue keeps the word', async () => {
    const { pool } = database;
    const elsewhere = { ...season, results: { ...season.results, key: 'public.sigs_b' } };
    await pool.query(`UPDATE dias_catalogue SET status = 'extracted' WHERE id = 1;
      INSERT INTO parcelwise.extraction (results_table, obsid, catalogue_table, card, bands, campaign, status, owner_workflow, owner_run)
      VALUES ('${season.results.key}', 1, '${season.catalogue.key}', 's2', '{B04}', 'c', 'extracted', 'w', 'r')
      ON CONFLICT (results_table, obsid) DO UPDATE SET status = 'extracted'`);
    assert.deepEqual(await tellExtractedElsewhere(pool, elsewhere), [
      "1 scene is extracted into public.sigs, and the catalogue's status word can serve one results table only: --status-in parcelwise extracts them into public.sigs_b too",
    ]);
    assert.deepEqual(await tellExtractedElsewhere(pool, season), []);
    assert.deepEqual(await tellExtractedElsewhere(pool, { ...elsewhere, statusIn: 'parcelwise' }), []);
    await pool.query(`UPDATE dias_catalogue SET status = 'ingested' WHERE id = 1`);
    assert.deepEqual(await tellExtractedElsewhere(pool, elsewhere), []);
  });
});
