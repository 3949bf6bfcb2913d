/** Catalogues that take another's place: under another name, beside it, or with ids given out anew. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { tellOrbits } from '../../../campaigns/tell-orbits.js';
import { checkSelection, type CheckedSelection } from '../../../database/selection/check.js';
import { audit } from '../../../database/audit/index.js';
import { claimScene } from '../../../database/ledger/claim.js';
import { forgetScenes, rememberedScenes, rememberedTable } from '../../../database/identity/forget.js';
import { requireOneCatalogue } from '../../../database/identity/one-catalogue.js';
import { releaseScene } from '../../../database/ledger/release.js';
import { isSwept, recordSweep } from '../../../database/scenes/sweeps.js';
import { createDatabase, skipWithoutServer } from '../database.js';
import type { TestDatabase } from '../database.js';
import { BANDS, extractScene, ownerOf } from '../extracted.js';
import { makeSeason, SELECTION } from '../season.js';

describe('a results table', { skip: skipWithoutServer }, () => {
  let database: TestDatabase;
  let season: CheckedSelection;
  beforeEach(async () => {
    database = await createDatabase();
    season = await makeSeason(database.pool);
    for (const obsid of [1, 2]) await extractScene(database.pool, season, obsid);
  });
  afterEach(() => database.drop());

  const run = (sql: string) => database.pool.query(sql);
  const withCatalogue = (catalogue: string, results = 'sigs') =>
    checkSelection(database.pool, { ...SELECTION, tables: { ...SELECTION.tables, catalogue, results } });
  const check = (selection = season) => requireOneCatalogue(database.pool, selection);
  const claim = (selection: CheckedSelection, obsid: number) =>
    claimScene(database.pool, selection, obsid, ownerOf(selection, obsid, 'run-b'), {
      campaign: 'x',
      bands: BANDS,
    });
  const SECOND = `CREATE TABLE second (LIKE dias_catalogue INCLUDING ALL); INSERT INTO second SELECT * FROM dias_catalogue;
    UPDATE second SET reference = 'OTHER_' || id, status = 'ingested'`;

  it('of one catalogue is in order', async () => {
    await check();
  });

  it('takes no scenes of a second catalogue: neither a campaign nor a claim', async () => {
    await run(SECOND);
    const second = await withCatalogue('second');
    const message =
      /public\.sigs holds \d scenes? of the catalogue public\.dias_catalogue, whose ids scenes of public\.second bear too.*results table of their own/;
    await assert.rejects(check(second), { name: 'DatabaseSetupError', message });
    await assert.rejects(claim(second, 1), { name: 'DatabaseSetupError', message });
    const { rows } = await run('SELECT DISTINCT status FROM second');
    assert.deepEqual(rows, [{ status: 'ingested' }]);
    // Nor one that is under way, of which nothing is stored yet.
    await run(
      `DELETE FROM parcelwise.extraction; UPDATE dias_catalogue SET status = 'ingested' WHERE id = 1`,
    );
    assert.equal((await claim(season, 1)).claimed, true);
    await assert.rejects(check(second), { message });
    await assert.rejects(claim(second, 1), { message });
    await releaseScene(database.pool, season, 1, ownerOf(season, 1, 'run-b'));
    await check(second);
    assert.equal((await claim(second, 1)).claimed, true);
  });

  it('of its own serves a second catalogue', async () => {
    await run(`${SECOND}; CREATE TABLE others (LIKE sigs)`);
    const second = { ...(await withCatalogue('second', 'others')), hists: undefined };
    await check(second);
    assert.equal((await claim(second, 1)).claimed, true);
  });

  it('knows its catalogue again that was renamed, or moved to another schema, with all that is kept of it', async () => {
    await run(`INSERT INTO parcelwise.product (catalogue_table, obsid, reference, source, item)
      VALUES ('public.dias_catalogue', 1, 'SCENE_1', 'x', 'x')`);
    await tellOrbits(database.pool, season.catalogue);
    await run('CREATE SCHEMA archive; ALTER TABLE dias_catalogue SET SCHEMA archive');
    const moved = await withCatalogue('archive.dias_catalogue');
    await check(moved);
    for (const table of ['extraction', 'product', 'orbit']) {
      const { rows } = await run(`SELECT DISTINCT catalogue_table AS name FROM parcelwise.${table}`);
      assert.deepEqual(rows, [{ name: 'archive.dias_catalogue' }], table);
    }
    await check(moved);
    const { notes, findings } = await audit(database.pool, {}, { each: 50 });
    assert.deepEqual(findings, []);
    assert.deepEqual(
      notes.filter((note) => note.includes('not compared')),
      [],
    );
  });

  it('takes no table for its catalogue whose ids mean other scenes, whatever it is called', async () => {
    await run('ALTER TABLE dias_catalogue RENAME TO renamed');
    await run(`UPDATE renamed SET reference = 'OTHER_2' WHERE id = 2`);
    await assert.rejects(check(await withCatalogue('renamed')), {
      message: /holds 2 scenes of the catalogue/,
    });
    await run('ALTER TABLE renamed RENAME TO dias_catalogue');
    const message =
      /scene 2 of public\.dias_catalogue is OTHER_2, but its rows in public\.sigs are of SCENE_2: the ids were given out anew/;
    await assert.rejects(check(), { name: 'DatabaseSetupError', message });
    await run(`UPDATE dias_catalogue SET status = 'ingested' WHERE id = 2`);
    await assert.rejects(claim(season, 2), { name: 'DatabaseSetupError', message });
  });

  it('takes no scenes under new ids whose rows are there under their old ones, until those are forgotten', async () => {
    // As a catalogue is after DELETE and a new ingestion.
    await run(`UPDATE dias_catalogue SET id = id + 1000, status = 'ingested' WHERE id IN (1, 2)`);
    await run(`UPDATE dias_catalogue SET status = 'extracted' WHERE id = 1002`);
    const message =
      /SCENE_1 is scene 1001 of public\.dias_catalogue, but its rows in public\.sigs are of the id 1, which is gone \(and 1 more like it\): .*scene forget 1 2 --results 'public\.sigs'/;
    await assert.rejects(check(), { name: 'DatabaseSetupError', message });
    const table = await rememberedTable(database.pool, 'sigs');
    const remembered = await rememberedScenes(database.pool, table, ['1', '2']);
    const { rows: deleted, setBack } = await forgetScenes(database.pool, table, remembered);
    assert.equal(deleted, 228);
    // The one that still bore the word of its extraction.
    assert.equal(setBack, 1);
    await check();
    const { rows } = await run('SELECT DISTINCT status FROM dias_catalogue WHERE id > 1000');
    assert.deepEqual(rows, [{ status: 'ingested' }]);
  });

  it('notes the references of scenes that were extracted before they were kept', async () => {
    await run('UPDATE parcelwise.extraction SET reference = NULL');
    await check();
    await run(`UPDATE dias_catalogue SET reference = 'OTHER_1' WHERE id = 1`);
    await assert.rejects(check(), { message: /scene 1 .* are of SCENE_1/ });
  });

  it('and a catalogue made anew under its old name: that one was not swept', async () => {
    await recordSweep(database.pool, season.catalogue, 'x');
    assert.equal(await isSwept(database.pool, season.catalogue, 'x', 24), true);
    await run(
      'ALTER TABLE dias_catalogue RENAME TO old; CREATE TABLE dias_catalogue (LIKE old INCLUDING ALL)',
    );
    const { catalogue } = await withCatalogue('dias_catalogue');
    assert.equal(await isSwept(database.pool, catalogue, 'x', 24), false);
  });
});
