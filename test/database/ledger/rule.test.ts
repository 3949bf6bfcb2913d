/** A table holds rows of one rule: what a campaign, a claim and the audit make of another. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { audit } from '../../../database/audit/index.js';
import { claimScene } from '../../../database/ledger/claim.js';
import { releaseScene } from '../../../database/ledger/release.js';
import { closeToWorkersOfBefore, DEFAULT_RULE, requireOneRule } from '../../../database/ledger/rule.js';
import { checkSelection, type CheckedSelection } from '../../../database/selection/check.js';
import type { ClearRule, MeasuringRule } from '../../../database/terms.js';
import { createDatabase, skipWithoutServer, type TestDatabase } from '../database.js';
import { BANDS, beginScene, CLASS_BAND, CLEAR_RULE, extractScene, ownerOf } from '../extracted.js';
import { makeSeason, SELECTION } from '../season.js';

const TABLES = { ...SELECTION.tables, clear: 'clear_sigs' };

describe('the rule that rows are measured by', { skip: skipWithoutServer }, () => {
  let database: TestDatabase;
  let season: CheckedSelection;
  let plain: CheckedSelection;
  before(async () => {
    database = await createDatabase();
    season = await makeSeason(database.pool, { tables: TABLES });
    plain = await checkSelection(database.pool, SELECTION);
  });
  beforeEach(async () => {
    await database.pool
      .query(`DELETE FROM parcelwise.extraction; TRUNCATE parcelwise.ruled_table, sigs, clear_sigs, hists;
      UPDATE dias_catalogue SET status = 'ingested' WHERE id < 7`);
  });
  after(() => database.drop());

  const extract = (obsid: number, rule: MeasuringRule, selection = season, bands = BANDS) =>
    extractScene(database.pool, selection, obsid, bands, rule);
  const check = (rule: MeasuringRule, selection = season) => requireOneRule(database.pool, selection, rule);
  const claim = (obsid: number, rule: MeasuringRule | undefined, selection = season) =>
    claimScene(database.pool, selection, obsid, ownerOf(selection, obsid, 'run-b'), {
      ...{ campaign: 'campaign/spring', bands: BANDS, classBand: CLASS_BAND },
      ...{ clearBands: ['B04', 'B08'], rule },
    });
  const clear = (changes: Partial<ClearRule>): MeasuringRule => ({
    ...CLEAR_RULE,
    clear: { ...CLEAR_RULE.clear!, ...changes },
  });

  const setRule = (obsid: number, rule: MeasuringRule) =>
    database.pool.query('UPDATE parcelwise.extraction SET rule = $2 WHERE obsid = $1', [
      obsid,
      JSON.stringify(rule),
    ]);

  it('is any in a table that holds nothing, and then the one of what it holds', async () => {
    const fraction = { ...CLEAR_RULE, pixels: 'fraction' } as const;
    for (const rule of [CLEAR_RULE, fraction, DEFAULT_RULE]) await check(rule);
    await extract(1, fraction);
    await check(fraction);
    await assert.rejects(check(CLEAR_RULE), {
      name: 'DatabaseSetupError',
      message:
        'rows of 1 scene in public.sigs are measured by another rule (pixels fraction, not centre), and rows of two rules must not be mixed. ' +
        'Ask for pixels fraction, or name another results_table (--results; for scenes extracted before also --status-in parcelwise)',
    });
    const both = { ...fraction, pixels: 'inside', innerBufferM: 5 } as const;
    await assert.rejects(check(both), {
      message:
        /\(pixels fraction, not inside; inner_buffer_m 0, not 5\).* Ask for pixels fraction and inner_buffer_m 0,/,
    });
  });

  it('of what was stored before there were others is the default', async () => {
    await extract(1, DEFAULT_RULE, plain);
    await database.pool.query('UPDATE parcelwise.extraction SET rule = DEFAULT');
    await check(DEFAULT_RULE, plain);
    await assert.rejects(check({ ...DEFAULT_RULE, innerBufferM: 0.5 }, plain), {
      message: /inner_buffer_m 0, not 0\.5/,
    });
  });

  it('has a part for everything that makes a pixel clear, which binds clear rows alone', async () => {
    await extract(1, CLEAR_RULE);
    await check(clear({ classes: [8, 3, 8] }));
    for (const [changes, told] of [
      [{ classes: [3] }, /clear\.classes 3, 8, not 3\)/],
      [{ widenM: 20 }, /clear\.widen_m 0, not 20/],
      [{ minPixels: 3 }, /clear\.min_pixels 2, not 3/],
      [{ innerBufferM: 5 }, /clear\.inner_buffer_m 0, not 5/],
    ] as const) {
      await assert.rejects(check(clear(changes)), { message: told });
      await assert.rejects(check(clear(changes)), {
        message: /1 scene in public\.clear_sigs .* name another clear_table \(--clear\)/,
      });
      await check(clear(changes), plain);
      const other = { ...season, clear: { ...season.clear!, key: 'public.other' } };
      await check(clear(changes), other);
    }
  });

  it('has the expression of each index, which must not change under its name; others may join', async () => {
    const indices = { XYZ: '(B08 - B11) / (B08 + B11)' };
    await extract(1, { ...CLEAR_RULE, indices }, season, [...BANDS, 'XYZ']);
    await extract(2, { ...CLEAR_RULE, indices: { ABC: 'B04' } }, season, [...BANDS, 'ABC']);
    await check({ ...CLEAR_RULE, indices: { ...indices, ABC: 'B04' } });
    await check(CLEAR_RULE);
    await assert.rejects(check({ ...CLEAR_RULE, indices: { XYZ: 'B04' } }), {
      message: /indices\.XYZ \(B08 - B11\) \/ \(B08 \+ B11\), not B04/,
    });
  });

  it('has no index that was configured, and never measured', async () => {
    const indices = { XYZ: 'B04', ABC: 'B08' };
    await extract(1, { ...CLEAR_RULE, indices }, season, [...BANDS, 'ABC']);
    await check({ ...CLEAR_RULE, indices: { XYZ: 'B11', ABC: 'B08' } });
    await assert.rejects(check({ ...CLEAR_RULE, indices: { XYZ: 'B11', ABC: 'B11' } }), {
      message: /measured by another rule \(indices\.ABC B08, not B11\)/,
    });
  });

  it('of a scene that is gone on with has the expressions of what is stored', async () => {
    const bands = [...BANDS, 'ABC'];
    await beginScene(database.pool, season, 1, 1, bands, {
      ...CLEAR_RULE,
      indices: { XYZ: 'B04', ABC: 'B08' },
    });
    await releaseScene(database.pool, season, 1, ownerOf(season, 1));
    await assert.rejects(claim(1, { ...CLEAR_RULE, indices: { ABC: 'B11' } }), {
      message: /stored by another rule \(indices\.ABC B08, not B11\)/,
    });
    const { claimed, ...held } = await claim(1, CLEAR_RULE);
    const clearBands = ['B04', 'B08', 'ABC'];
    assert.deepEqual([claimed, held], [true, { resumed: true, bands, clearBands, indices: { ABC: 'B08' } }]);
  });

  it('binds a campaign from the first claim of another on, before any row is there', async () => {
    await claim(1, CLEAR_RULE);
    await assert.rejects(check({ ...CLEAR_RULE, pixels: 'touched' }), {
      message: /pixels centre, not touched/,
    });
    await releaseScene(database.pool, season, 1, ownerOf(season, 1, 'run-b'));
    await check({ ...CLEAR_RULE, pixels: 'touched' });
  });

  it('of a scene is fixed by its first chunk', async () => {
    await claim(1, { ...CLEAR_RULE, pixels: 'inside' });
    await releaseScene(database.pool, season, 1, ownerOf(season, 1, 'run-b'));
    await beginScene(database.pool, season, 1, 1);
    await releaseScene(database.pool, season, 1, ownerOf(season, 1));
    await assert.rejects(claim(1, { ...CLEAR_RULE, pixels: 'inside' }), {
      name: 'DatabaseSetupError',
      message:
        /chunks of scene 1 of public\.sigs are stored by another rule \(pixels centre, not inside\).* or start over with the scene: parcelwise scene forget --results 'public\.sigs' 1/,
    });
    await assert.rejects(claim(1, clear({ minPixels: 9 })), { message: /clear\.min_pixels 2, not 9/ });
    assert.equal((await claim(1, CLEAR_RULE)).claimed, true);
  });

  it('keeps raw and clear rows in tables of their own', async () => {
    await extract(1, CLEAR_RULE);
    const swapped = { ...season, results: season.clear!, clear: season.results };
    await assert.rejects(check(CLEAR_RULE, swapped), {
      message:
        /public\.clear_sigs holds clear rows of 1 scenes, which raw ones must not be mixed with\. .*--results/,
    });
    const beside = { ...swapped, results: { ...season.results, key: 'public.other' } };
    await assert.rejects(check(CLEAR_RULE, beside), {
      message: /public\.sigs holds raw rows of 1 scenes, which clear ones must not be mixed with\. .*--clear/,
    });
  });

  it('is looked at by each claim, since campaigns may begin side by side', async () => {
    const touched = { ...CLEAR_RULE, pixels: 'touched' } as const;
    await check(CLEAR_RULE);
    await check(touched);
    await claim(1, CLEAR_RULE);
    await assert.rejects(claim(2, touched), {
      message: /public\.sigs are measured .*pixels centre, not touched/,
    });
    const claims = await Promise.allSettled([claim(2, clear({ minPixels: 9 })), claim(3, CLEAR_RULE)]);
    assert.deepEqual(
      claims.map(({ status }) => status),
      ['rejected', 'fulfilled'],
    );
    assert.equal((await claim(2, CLEAR_RULE)).claimed, true);
  });

  it('lets one of two claims at once begin a table', async () => {
    const rules = [
      CLEAR_RULE,
      { ...CLEAR_RULE, pixels: 'touched' },
      { ...CLEAR_RULE, pixels: 'inside' },
    ] as const;
    const claims = await Promise.allSettled(rules.map((rule, i) => claim(1 + i, rule)));
    assert.deepEqual(claims.map(({ status }) => status).sort(), ['fulfilled', 'rejected', 'rejected']);
  });

  /** As a worker of before enters a chunk: without a count of clear rows. */
  const enterAsBefore = (obsid: number) =>
    database.pool.query(
      `WITH planned AS (INSERT INTO parcelwise.plan (results_table, obsid, chunk, first_pid, last_pid) VALUES ('public.sigs', $1, 0, 1, 9))
       INSERT INTO parcelwise.ledger (results_table, obsid, chunk, parcels, rows, hists) VALUES ('public.sigs', $1, 0, 0, 0, 0)
       RETURNING clear`,
      [obsid],
    );
  const UNKNOWN = /public\.sigs are measured by a rule that this version .* does not know/;

  it('other than the default is not for workers of before, whose chunks are refused in all of its table', async () => {
    for (const obsid of [1, 2, 3]) await claim(obsid, DEFAULT_RULE, plain);
    assert.deepEqual((await enterAsBefore(1)).rows, [{ clear: 0 }]);
    await setRule(2, { ...DEFAULT_RULE, pixels: 'touched' });
    for (const obsid of [2, 3]) await assert.rejects(enterAsBefore(obsid), UNKNOWN);
    await setRule(2, DEFAULT_RULE);
    await enterAsBefore(2);
    await claim(4, CLEAR_RULE);
    await assert.rejects(enterAsBefore(3), UNKNOWN);
  });

  it('that a campaign asks for closes its table to workers of before, whose claims bear no trace of it', async () => {
    for (const obsid of [1, 2]) await claim(obsid, DEFAULT_RULE, plain);
    await closeToWorkersOfBefore(database.pool, season, DEFAULT_RULE);
    await enterAsBefore(1);
    const touched = { ...DEFAULT_RULE, pixels: 'touched' } as const;
    for (const rule of [CLEAR_RULE, { ...DEFAULT_RULE, innerBufferM: 5 }, touched]) {
      await database.pool.query('TRUNCATE parcelwise.ruled_table');
      for (const results of [season.results, season.results])
        await closeToWorkersOfBefore(database.pool, { results }, rule);
      await assert.rejects(enterAsBefore(2), UNKNOWN);
    }
  });

  it('is one in each table for the audit, too', async () => {
    const findings = async () =>
      (await audit(database.pool, {}, { each: 9 })).findings.flatMap(({ first }) =>
        first.map(({ text }) => text),
      );
    await extract(1, CLEAR_RULE);
    await extract(2, { ...CLEAR_RULE, indices: { XYZ: 'B04' } }, season, [...BANDS, 'XYZ']);
    assert.deepEqual(await findings(), []);
    await extract(3, CLEAR_RULE, season, [...BANDS, 'XYZ']);
    await setRule(3, { ...clear({ widenM: 20 }), innerBufferM: 5 });
    assert.deepEqual(await findings(), [
      '1 scenes (the first is 3) are measured by another rule than scene 1: inner_buffer_m 5, not 0',
      '1 scenes (the first is 3) are measured by another rule than scene 1: clear.widen_m 20, not 0',
    ]);
    await setRule(3, { ...CLEAR_RULE, indices: { XYZ: 'B08' } });
    assert.deepEqual(await findings(), [
      '1 scenes (the first is 3) are measured by another rule than scene 2: indices.XYZ B08, not B04',
      '1 scenes (the first is 3) are measured by another rule than scene 2: indices.XYZ B08, not B04',
    ]);
  });
});
