import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { s2 } from '../../../cards/s2.js';
import type { CheckedSelection } from '../../../database/selection/check.js';
import { claimScene } from '../../../database/ledger/claim.js';
import { DatabaseSetupError, ClaimLost } from '../../../database/session/errors.js';
import { extractionsOf } from '../../../database/ledger/extractions.js';
import { releaseScene } from '../../../database/ledger/release.js';
import { checkRadiometry as check, recordFacts } from '../../../database/scenes/facts.js';
import { storePlan } from '../../../database/ledger/plan.js';
import { createDatabase, skipWithoutServer } from '../database.js';
import type { TestDatabase } from '../database.js';
import { SOME_ORIGIN } from '../extracted.js';
import { anna, bert, makeSeason } from '../season.js';

describe('facts', { skip: skipWithoutServer }, () => {
  let database: TestDatabase;
  let season: CheckedSelection;
  before(async () => {
    database = await createDatabase();
    season = await makeSeason(database.pool);
  });
  beforeEach(async () => {
    await database.pool.query(`UPDATE dias_catalogue SET status = 'ingested' WHERE id < 7`);
    await database.pool.query('DELETE FROM parcelwise.extraction');
  });
  after(() => database.drop());

  /** A scene with a row in the ledger, as `radiometry` tells. */
  const store = async (radiometry: string) => {
    await claimScene(database.pool, season, 1, anna, { campaign: 'spring', bands: ['B04'] });
    await recordFacts(database.pool, season, 1, anna, { radiometry });
    await storePlan(database.pool, season, 1, anna, [{ chunk: 0, firstPid: 1, lastPid: 9 }], SOME_ORIGIN);
    await database.pool.query(
      `INSERT INTO parcelwise.ledger (results_table, obsid, chunk, parcels, rows, hists) VALUES ($1, 1, 0, 3, 3, 0)`,
      [season.results.key],
    );
  };

  const checkRadiometry = (
    selection: CheckedSelection,
    radiometry: 'raw' | 'harmonised',
    rules = s2.radiometry,
  ) => check(database.pool, selection, radiometry, rules);

  it('hold the notes on files, which come with an extraction', async () => {
    await claimScene(database.pool, season, 1, anna, { campaign: 'spring', bands: ['B04'] });
    const [before] = await extractionsOf(database.pool, season.catalogue, 1);
    assert.deepEqual(before?.notes, []);
    await recordFacts(database.pool, season, 1, anna, { notes: ['B04.jp2: says two things'] });
    const [after] = await extractionsOf(database.pool, season.catalogue, 1);
    assert.deepEqual(after?.notes, ['B04.jp2: says two things']);
  });

  it('are stored beside those an extraction has', async () => {
    await claimScene(database.pool, season, 1, anna, { campaign: 'spring', bands: ['B04'] });
    await recordFacts(database.pool, season, 1, anna, { baseline: '05.10', source: 'name' });
    await recordFacts(database.pool, season, 1, anna, { source: 'metadata' });
    const { rows } = await database.pool.query<{ facts: unknown }>('SELECT facts FROM parcelwise.extraction');
    assert.deepEqual(rows, [{ facts: { baseline: '05.10', source: 'metadata' } }]);
  });

  it('of an owner who stored nothing go with the claim; what is wanted of the scene stays', async () => {
    await claimScene(database.pool, season, 1, anna, { campaign: 'spring', bands: ['B04'] });
    const known = { parcelSet: 'one', footprint: null, superseded: 'wanted' };
    const facts = { ...known, skippedCloudy: { classes: [8], parcels: 3 }, offsets: { B04: -1000 } };
    await recordFacts(database.pool, season, 1, anna, facts);
    await releaseScene(database.pool, season, 1, anna);
    const otto = { ...anna, runId: 'later' };
    await claimScene(database.pool, season, 1, otto, { campaign: 'summer', bands: ['B04'] });
    await recordFacts(database.pool, season, 1, otto, { radiometry: 'raw' });
    const { rows } = await database.pool.query<{ facts: unknown }>('SELECT facts FROM parcelwise.extraction');
    assert.deepEqual(rows, [{ facts: { ...known, radiometry: 'raw' } }]);
  });

  it('join those of stored chunks, which may be of other bands', async () => {
    await store('harmonised');
    await database.pool.query(
      `UPDATE parcelwise.extraction SET status = 'inprogress', facts = '{"notes": ["a", "b"], "offsets": {"B04": -1000}, "baseline": "05.10"}'`,
    );
    const {
      rows: [owner],
    } = await database.pool.query<{ obsid: number; workflowId: string; runId: string }>(
      `SELECT obsid, owner_workflow AS "workflowId", owner_run AS "runId" FROM parcelwise.extraction`,
    );
    const later = { notes: ['b', 'c'], offsets: { B08: -1000 }, baseline: '05.11' };
    await recordFacts(database.pool, season, owner!.obsid, owner!, later);
    const { rows } = await database.pool.query<{ facts: unknown }>('SELECT facts FROM parcelwise.extraction');
    assert.deepEqual(rows, [
      { facts: { notes: ['a', 'b', 'c'], offsets: { B04: -1000, B08: -1000 }, baseline: '05.11' } },
    ]);
  });

  it('of a scene that is not held are refused', async () => {
    await claimScene(database.pool, season, 1, anna, { campaign: 'spring', bands: ['B04'] });
    await assert.rejects(recordFacts(database.pool, season, 1, bert, { baseline: '05.10' }), ClaimLost);
  });

  it('keep raw and harmonised numbers out of one results table', async () => {
    await store('harmonised');
    await assert.rejects(checkRadiometry(season, 'raw'), (error) => {
      assert.ok(error instanceof DatabaseSetupError);
      assert.match(
        error.message,
        /public\.sigs holds harmonised numbers of 1 scenes.*Use radiometry harmonised/,
      );
      return true;
    });
    await checkRadiometry(season, 'harmonised');
  });

  it('warn of raw numbers on both sides of baseline 04.00', async () => {
    assert.deepEqual(await checkRadiometry(season, 'raw'), []);
    const name = (baseline: string, day: string) =>
      `S2A_MSIL2A_202403${day}T104851_N${baseline}_R051_T31UFS_20240304T143200.SAFE`;
    await database.pool.query(`UPDATE dias_catalogue SET reference = $1 WHERE id = 1`, [name('0214', '01')]);
    await database.pool.query(`UPDATE dias_catalogue SET reference = $1 WHERE id = 2`, [name('0510', '02')]);
    const [warning] = await checkRadiometry(season, 'raw');
    assert.match(warning ?? '', /1 scenes before baseline 04\.00 and 1 since/);
    assert.deepEqual(await checkRadiometry(season, 'harmonised'), []);
    // Pixels that have the offset taken in are like those of before.
    await database.pool.query(
      `INSERT INTO parcelwise.product (catalogue_table, obsid, reference, source, item, offset_applied)
       SELECT 'public.dias_catalogue', id, reference, 'https://one.example', 'x', true FROM dias_catalogue WHERE id = 2`,
    );
    assert.deepEqual(await checkRadiometry(season, 'raw'), []);
    await database.pool.query('DELETE FROM parcelwise.product');
  });

  it('are the business of CARD types with such numbers alone', async () => {
    await rename('0214', '0510');
    assert.equal((await checkRadiometry(season, 'raw')).length, 1);
    const unsplit = { ...s2.radiometry! };
    Reflect.deleteProperty(unsplit, 'baselineOffset');
    assert.deepEqual(await checkRadiometry(season, 'raw', unsplit), []);
    await store('harmonised');
    await assert.rejects(checkRadiometry(season, 'raw', unsplit), DatabaseSetupError);
    assert.deepEqual(await check(database.pool, season, 'raw', undefined), []);
  });

  for (const [baseline, side] of [
    ['0399', '2 scenes before baseline 04.00 and 0 since'],
    ['0400', '1 scenes before baseline 04.00 and 1 since'],
    ['0401', '1 scenes before baseline 04.00 and 1 since'],
    ['9999', '1 scenes before baseline 04.00 and 0 since'],
  ] as const) {
    it(`count ${side} with one of N${baseline}`, async () => {
      await rename('0214', baseline);
      const [warning] = await checkRadiometry(season, 'raw');
      if (side.endsWith(' 0 since')) assert.equal(warning, undefined);
      else assert.ok(warning?.includes(side), warning);
    });
  }

  it('warn of a catalogue and a name that tell baselines on both sides of 04.00', async () => {
    await rename('0510', '0510');
    const entry = async (baseline: string | null) => {
      await database.pool.query('DELETE FROM parcelwise.product');
      await database.pool.query(
        `INSERT INTO parcelwise.product (catalogue_table, obsid, reference, source, item, baseline)
         SELECT 'public.dias_catalogue', id, reference, 'https://one.example', 'x', $1 FROM dias_catalogue WHERE id = 2`,
        [baseline],
      );
    };
    for (const agreed of ['05.10', '04.00', null, 'odd']) {
      await entry(agreed);
      assert.deepEqual(await checkRadiometry(season, 'harmonised'), []);
    }
    await entry('03.99');
    for (const radiometry of ['raw', 'harmonised'] as const) {
      const [warning] = await checkRadiometry(season, radiometry);
      assert.match(warning ?? '', /^of 1 scenes the STAC item tells a baseline on the other side of 04\.00/);
    }
    await database.pool.query('DELETE FROM parcelwise.product');
  });

  /** Scenes 1 and 2 are of these baselines by their names. */
  async function rename(...baselines: readonly string[]): Promise<void> {
    for (const [i, baseline] of baselines.entries())
      await database.pool.query(`UPDATE dias_catalogue SET reference = $2 WHERE id = $1`, [
        i + 1,
        `S2A_MSIL2A_2024030${i + 1}T104851_N${baseline}_R051_T31UFS_20240304T143200.SAFE`,
      ]);
  }
});
