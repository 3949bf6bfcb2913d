/** Tables that another hand has emptied, thinned, restored or filled: what a campaign's check and a claim make of them. */
import assert from 'node:assert/strict';
import { beforeEach, afterEach, describe, it } from 'node:test';
import { audit } from '../../../database/audit/index.js';
import { createCbmTables } from '../../../database/selection/cbm-tables.js';
import { checkSelection, type CheckedSelection } from '../../../database/selection/check.js';
import { claimScene } from '../../../database/ledger/claim.js';
import {
  forgetScenes,
  rememberedScenes,
  rememberedTable,
  type Which,
} from '../../../database/identity/forget.js';
import { markExtracted } from '../../../database/ledger/mark.js';
import { retryScene } from '../../../database/scenes/reset-scene.js';
import { recogniseTables } from '../../../database/identity/renamed-table.js';
import { releaseScene } from '../../../database/ledger/release.js';
import { requireStoredRows } from '../../../database/identity/stored-rows.js';
import { createDatabase, skipWithoutServer } from '../database.js';
import type { TestDatabase } from '../database.js';
import { BANDS, beginScene, CLASS_BAND, extractScene, ownerOf } from '../extracted.js';
import { makeSeason, SELECTION } from '../season.js';

describe('rows that were stored', { skip: skipWithoutServer }, () => {
  let database: TestDatabase;
  let season: CheckedSelection;
  beforeEach(async () => {
    database = await createDatabase();
    season = await makeSeason(database.pool);
    await check();
    for (const obsid of [1, 2]) await extractScene(database.pool, season, obsid);
  });
  afterEach(() => database.drop());

  const ordered = { card: 's2', bands: BANDS };
  const check = () => requireStoredRows(database.pool, season, 'waiting', ordered);
  const run = (sql: string) => database.pool.query(sql);
  const setBack = () => run(`UPDATE dias_catalogue SET status = 'ingested' WHERE id IN (1, 2)`);
  const count = async (table: string, where = 'true') =>
    (await database.pool.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${table} WHERE ${where}`))
      .rows[0]!.n;
  const again = async (obsid: number, run = 'run-b') =>
    claimScene(database.pool, season, obsid, ownerOf(season, obsid, run), {
      campaign: 'campaign/spring',
      bands: BANDS,
      classBand: CLASS_BAND,
    });
  const forget = async (which: Which, keepStatus = false) => {
    const table = await rememberedTable(database.pool, 'sigs');
    return forgetScenes(database.pool, table, await rememberedScenes(database.pool, table, which), {
      keepStatus,
    });
  };
  /** 20 parcels a chunk, one of them without data: 2 scenes of 2 chunks of 19 rows in each of three bands. */
  const emptied =
    /public\.sigs does not hold what was stored in it: of 2 scenes \(1, 2\) 228 rows are remembered, 0 are there\. Put them back, .*scene forget --lost --results 'public\.sigs'/;

  it('are found where they are, and the table is not looked through again', async () => {
    await check();
    // Were it counted, this row would be told.
    await run(`INSERT INTO sigs (pid, obsid, band) VALUES (1, 1, 'B04')`);
    await check();
  });

  for (const [how, sql] of [
    ['emptied by TRUNCATE', 'TRUNCATE sigs, hists'],
    ['emptied by DELETE', 'DELETE FROM sigs; DELETE FROM hists'],
    ['dropped and made anew', 'DROP TABLE sigs, hists CASCADE'],
  ] as const) {
    it(`and are gone from a table ${how} stop a campaign, and a claim, with the remedy`, async () => {
      await run(sql);
      await createCbmTables(database.pool, SELECTION.tables);
      season = await checkSelection(database.pool, SELECTION);
      await setBack();
      await assert.rejects(check(), { name: 'DatabaseSetupError', message: emptied });
      await assert.rejects(again(1), { name: 'DatabaseSetupError', message: emptied });
      assert.equal(await count('dias_catalogue', `status = 'inprogress'`), 0);

      const { first } = (await audit(database.pool, {}, { each: 50 })).findings.find(
        ({ kind }) => kind === 'lost',
      )!;
      assert.match(first[0]!.text, /scene 1, band B04: no row of parcels 1, 2/);

      assert.deepEqual(await forget('lost'), { scenes: 2, rows: 0, hists: 0, clear: 0, setBack: 0 });
      await check();
      for (const obsid of [1, 2]) await extractScene(database.pool, season, obsid);
      assert.equal(await count('sigs'), 228);
      assert.deepEqual((await audit(database.pool, {}, { each: 50 })).findings, []);
    });
  }

  it('and are gone with their statuses left alone stop a campaign too, where the table was written anew', async () => {
    await run('TRUNCATE sigs');
    await assert.rejects(check(), { message: emptied });
    await assert.rejects(requireStoredRows(database.pool, season, 'none'), { message: emptied });
    assert.deepEqual(await forget('all'), { scenes: 2, rows: 0, hists: 76, clear: 0, setBack: 2 });
    await check();
  });

  it('of one scene that were deleted are missed, one row fewer as well as all', async () => {
    await run(
      `DELETE FROM sigs WHERE (obsid, band, pid) = (2, 'B08', 7); UPDATE dias_catalogue SET status = 'ingested' WHERE id = 2`,
    );
    const message = /of 1 scene \(2\) 114 rows are remembered, 113 are there/;
    await assert.rejects(check(), { message });
    await assert.rejects(again(2), { message });
    assert.deepEqual(await forget(['2']), { scenes: 1, rows: 113, hists: 38, clear: 0, setBack: 0 });
    await check();
    assert.deepEqual(await again(2), { claimed: true, resumed: false, bands: BANDS });
  });

  it('of a scene that we gave back ourselves are missed by the next campaign', async () => {
    await beginScene(database.pool, season, 3, 1);
    await releaseScene(database.pool, season, 3, ownerOf(season, 3));
    await check();
    await run('DELETE FROM sigs WHERE obsid = 3');
    await assert.rejects(check(), { message: /of 1 scene \(3\) 57 rows are remembered, 0 are there/ });
  });

  it('of which histograms alone are gone are missed', async () => {
    await run('DELETE FROM hists WHERE (obsid, pid) = (1, 7)');
    await setBack();
    await assert.rejects(check(), {
      message: /public\.hists does not hold .* of 1 scene \(1\) 38 histograms are remembered, 37 are there/,
    });
  });

  it('and stand there twice stop a campaign', async () => {
    await run(
      'CREATE TABLE copy AS TABLE sigs; TRUNCATE sigs; INSERT INTO sigs TABLE copy; INSERT INTO sigs TABLE copy',
    );
    await assert.rejects(check(), { message: /of 2 scenes \(1, 2\) 228 rows are remembered, 456 are there/ });
  });

  it('are known again after a restore, a CLUSTER, and where somebody only set the scenes back', async () => {
    await run('CREATE TABLE copy AS TABLE sigs; TRUNCATE sigs; INSERT INTO sigs TABLE copy');
    await check();
    for (const table of ['sigs', 'hists']) await run(`VACUUM FULL ${table}`);
    await check();
    await setBack();
    // Without a campaign's check, by the claim itself.
    assert.deepEqual(await again(1), { claimed: true, resumed: true, bands: BANDS });
    const marked = await markExtracted(database.pool, season, 1, ownerOf(season, 1, 'run-b'));
    assert.deepEqual([marked.rows, marked.fresh], [114, 0], 'all of them stood there');
    assert.equal(await count('sigs'), 228);
  });

  it('are known again in tables of another name, renamed, moved or restored, with all that is remembered of them', async () => {
    await beginScene(database.pool, season, 3, 1);
    await releaseScene(database.pool, season, 3, ownerOf(season, 3));
    await run(
      `INSERT INTO parcelwise.supersession (results_table, obsid, by_obsid) VALUES ('public.sigs', 1, 2)`,
    );
    await run(`CREATE SCHEMA archive; ALTER TABLE sigs RENAME TO sigs_2024; ALTER TABLE sigs_2024 SET SCHEMA archive;
      CREATE TABLE hists_2024 AS TABLE hists; DROP TABLE hists CASCADE`);
    const tables = { ...SELECTION.tables, results: 'archive.sigs_2024', hists: 'hists_2024' };
    season = await checkSelection(database.pool, { ...SELECTION, tables });
    await recogniseTables(database.pool, season);
    await check();
    for (const table of ['extraction', 'plan', 'ledger', 'stored_layer', 'gap', 'supersession']) {
      const { rows } = await run(`SELECT DISTINCT results_table AS name FROM parcelwise.${table}`);
      assert.deepEqual(rows, [{ name: 'archive.sigs_2024' }], table);
    }
    assert.deepEqual(await again(3), { claimed: true, resumed: true, bands: BANDS });
    const { findings, notes } = await audit(database.pool, {}, { each: 50 });
    assert.deepEqual(
      findings.filter(({ kind }) => kind !== 'owner'),
      [],
    );
    assert.deepEqual(
      notes.filter((note) => note.includes('not compared')),
      [],
    );
  });

  it('are not taken for those of another name where one is missing, or the old table is still there', async () => {
    const names = async () =>
      (
        await database.pool.query<{ name: string }>(
          'SELECT DISTINCT results_table AS name FROM parcelwise.extraction',
        )
      ).rows;
    await run('CREATE TABLE copy AS TABLE sigs');
    const tables = { ...SELECTION.tables, results: 'copy' };
    season = await checkSelection(database.pool, { ...SELECTION, tables });
    await recogniseTables(database.pool, season);
    assert.deepEqual(await names(), [{ name: 'public.sigs' }]);
    await run(`DROP TABLE sigs CASCADE; DELETE FROM copy WHERE (obsid, band, pid) = (2, 'B08', 7)`);
    await recogniseTables(database.pool, season);
    assert.deepEqual(await names(), [{ name: 'public.sigs' }]);
    // Nor is it filled: what waits would be there twice.
    await setBack();
    await assert.rejects(check(), { message: /public\.copy holds 227 rows of 2 scenes \(1, 2\) that wait/ });
  });

  it('are counted for a scene whose running owner somebody overruled', async () => {
    await beginScene(database.pool, season, 3, 1);
    await run(`DELETE FROM sigs WHERE obsid = 3; UPDATE dias_catalogue SET status = 'ingested' WHERE id = 3`);
    // Reconciling lets go of the claim; the word that somebody set stays somebody's.
    await releaseScene(database.pool, season, 3, ownerOf(season, 3));
    await assert.rejects(again(3), { message: /of 1 scene \(3\) 57 rows are remembered, 0 are there/ });
  });

  it('are not counted for a scene that is retried by our own word', async () => {
    await beginScene(database.pool, season, 3, 1);
    await run(`UPDATE parcelwise.extraction SET status = 'bad_raster', word = 'bad_raster' WHERE obsid = 3;
               UPDATE dias_catalogue SET status = 'bad_raster' WHERE id = 3`);
    assert.equal(await retryScene(database.pool, season.catalogue, 3), true);
    await run('DELETE FROM sigs WHERE obsid = 3');
    assert.equal((await again(3)).claimed, true);
  });

  it('by another program of a scene that waits would be doubled, and stop a campaign; of other bands they may stay', async () => {
    await run(
      `TRUNCATE sigs, hists; DELETE FROM parcelwise.extraction; INSERT INTO sigs (pid, obsid, band) VALUES (1, 3, 'B02')`,
    );
    await check();
    await run('VACUUM FULL sigs');
    await run(`INSERT INTO sigs (pid, obsid, band) VALUES (1, 3, 'B04')`);
    await assert.rejects(check(), {
      message: /public\.sigs holds 1 rows of 1 scene \(3\) that wait to be extracted/,
    });
    await run(`UPDATE dias_catalogue SET status = 'extracted' WHERE id = 3`);
    await check();
  });

  it('in a partitioned table or behind a view are found, and missed', async () => {
    await run(`ALTER TABLE sigs RENAME TO old_sigs;
      CREATE TABLE sigs (LIKE old_sigs) PARTITION BY LIST (obsid);
      CREATE TABLE sigs_1 PARTITION OF sigs FOR VALUES IN (1); CREATE TABLE sigs_rest PARTITION OF sigs DEFAULT;
      INSERT INTO sigs TABLE old_sigs`);
    season = await checkSelection(database.pool, SELECTION);
    await check();
    await run('TRUNCATE sigs_1');
    await assert.rejects(check(), { message: /of 1 scene \(1\) 114 rows are remembered, 0 are there/ });
    await run('DROP TABLE sigs; CREATE VIEW sigs AS SELECT * FROM old_sigs');
    season = await checkSelection(database.pool, SELECTION);
    await check();
    await run('DELETE FROM old_sigs WHERE obsid = 1');
    await assert.rejects(check(), { message: /of 1 scene \(1\) 114 rows are remembered, 0 are there/ });
  });

  it('of two results tables in one histograms table are each missed under its own name', async () => {
    await run('CREATE TABLE other (LIKE sigs)');
    const tables = { ...SELECTION.tables, results: 'other' };
    const other = await checkSelection(database.pool, { ...SELECTION, tables, statusIn: 'parcelwise' });
    await extractScene(database.pool, other, 3);
    await requireStoredRows(database.pool, other, 'waiting', ordered);
    await run('TRUNCATE hists');
    await assert.rejects(requireStoredRows(database.pool, other, 'waiting', ordered), {
      message: /of 3 scenes \(1, 2, 3\) .* --results 'public\.sigs' and .* --results 'public\.other'/,
    });
  });

  it('are forgotten with their words kept where that is wished, and never while somebody works on the scene', async () => {
    await run('TRUNCATE sigs, hists');
    await beginScene(database.pool, season, 3, 1);
    await assert.rejects(forget('all'), {
      message: /1 scene \(3\) of public\.sigs is being worked on: nothing was changed/,
    });
    assert.deepEqual(await forget(['SCENE_1', '2'], true), {
      scenes: 2,
      rows: 0,
      hists: 0,
      clear: 0,
      setBack: 0,
    });
    assert.equal(await count('dias_catalogue', `status = 'extracted' AND id < 3`), 2);
    await assert.rejects(forget(['SCENE_1']), {
      message: /nothing is remembered of a scene SCENE_1 in public\.sigs/,
    });
  });

  it('are forgotten of a table that is gone, by the name it had', async () => {
    await run('DROP TABLE sigs CASCADE');
    assert.deepEqual(await forget('lost'), { scenes: 2, rows: 0, hists: 76, clear: 0, setBack: 2 });
    await assert.rejects(rememberedTable(database.pool, 'sigs'), { message: /memory of no table/ });
  });
});
