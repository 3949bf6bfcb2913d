/** Tables of histograms and clear rows under another name, which another results table has been begun with meanwhile. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { recogniseTables } from '../../../database/identity/renamed-table.js';
import { claimScene } from '../../../database/ledger/claim.js';
import { checkSelection, type CheckedSelection } from '../../../database/selection/check.js';
import { query } from '../../../database/session/session.js';
import { createDatabase, skipWithoutServer, type TestDatabase } from '../database.js';
import { BANDS, CLASS_BAND, CLEAR_RULE, extractScene, ownerOf } from '../extracted.js';
import { makeSeason, SELECTION } from '../season.js';

const TABLES = { ...SELECTION.tables, clear: 'clear_sigs' };

describe('a renamed table', { skip: skipWithoutServer }, () => {
  let database: TestDatabase;
  let season: CheckedSelection;
  beforeEach(async () => {
    database = await createDatabase();
    season = await makeSeason(database.pool, { tables: TABLES });
    for (const obsid of [1, 2]) await extractScene(database.pool, season, obsid);
    await database.pool.query(
      `CREATE TABLE sigs_b (LIKE sigs); CREATE TABLE hists_b (LIKE hists); CREATE TABLE clear_b (LIKE clear_sigs)`,
    );
  });
  afterEach(() => database.drop());

  const select = (tables: object, statusIn?: 'parcelwise') =>
    checkSelection(database.pool, { ...SELECTION, statusIn, tables: { ...TABLES, ...tables } });

  for (const [kind, column, old] of [
    ['clear', 'clear_table', 'clear_sigs'],
    ['hists', 'hists_table', 'hists'],
  ] as const)
    it(`of ${kind} is known again, but not where a second results table is begun with it for the same scene`, async () => {
      await database.pool.query(`ALTER TABLE ${old} RENAME TO renamed`);
      const beside = { results: 'sigs_b', hists: 'hists_b', clear: 'clear_b', [kind]: 'renamed' };
      const other = await select(beside, 'parcelwise');
      const claim = (obsid: number) =>
        claimScene(database.pool, other, obsid, ownerOf(other, obsid), {
          ...{ campaign: 'campaign/beside', bands: BANDS, classBand: CLASS_BAND },
          ...{ clearBands: ['B04', 'B08'], rule: CLEAR_RULE },
        });
      const names = () =>
        query(
          database.pool,
          `SELECT DISTINCT ${column} AS name FROM parcelwise.extraction WHERE results_table = 'public.sigs'`,
        );
      await claim(2);
      season = await select({ [kind]: 'renamed' });
      await assert.rejects(recogniseTables(database.pool, season), {
        name: 'DatabaseSetupError',
        message: new RegExp(
          `public\\.renamed is the table that was called public\\.${old}: it holds the .* of 1 scene \\(2\\), which public\\.sigs_b .*` +
            `--${kind}\\), .* scene forget --results 'public\\.sigs_b' 2$`,
        ),
      });
      assert.deepEqual(await names(), [{ name: `public.${old}` }]);
      await database.pool.query(`DELETE FROM parcelwise.extraction WHERE results_table = 'public.sigs_b'`);
      await claim(3);
      await recogniseTables(database.pool, season);
      assert.deepEqual(await names(), [{ name: 'public.renamed' }]);
    });
});
