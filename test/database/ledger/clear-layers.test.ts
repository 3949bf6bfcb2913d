/** Clear rows beside raw ones: a layer more of each band, in a table of its own, counted and proven like any other. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { audit } from '../../../database/audit/index.js';
import { forgetScenes, rememberedScenes, rememberedTable } from '../../../database/identity/forget.js';
import { recogniseTables } from '../../../database/identity/renamed-table.js';
import { requireStoredRows } from '../../../database/identity/stored-rows.js';
import { type ChunkRows, storeChunk } from '../../../database/ledger/chunk-store.js';
import { claimScene } from '../../../database/ledger/claim.js';
import { clearLayer, layerInWords } from '../../../database/ledger/layer-names.js';
import { markExtracted, markScene, readProgress } from '../../../database/ledger/mark.js';
import { storedChunks, storePlan } from '../../../database/ledger/plan.js';
import { releaseScene } from '../../../database/ledger/release.js';
import { planRenewal } from '../../../database/ledger/renewal.js';
import { keepParcelSet } from '../../../database/parcels/parcel-sets.js';
import { parcelSetFingerprint } from '../../../database/parcels/fingerprint.js';
import { CopyBody, packHistogram, packSignatures } from '../../../database/results/copy-rows.js';
import { rowWidths } from '../../../database/results/forecast-figures.js';
import { STATISTIC_COLUMNS } from '../../../database/results/statistic-columns.js';
import { checkSelection, type CheckedSelection } from '../../../database/selection/check.js';
import { query } from '../../../database/session/session.js';
import type { MeasuringRule } from '../../../database/terms.js';
import { createDatabase, skipWithoutServer, type TestDatabase } from '../database.js';
import {
  BANDS,
  beginScene,
  CLASS_BAND,
  CLEAR_RULE,
  extractScene,
  ownerOf,
  SOME_ORIGIN,
} from '../extracted.js';
import { makeSeason, SELECTION } from '../season.js';

const TABLES = { ...SELECTION.tables, clear: 'clear_sigs' };

/** 17 of 20 parcels of a chunk have a clear row of B04 and of B08; SC, the classes, has none. */
const CLEAR_ROWS = 2 * 2 * 17;

describe('clear layers', { skip: skipWithoutServer }, () => {
  let database: TestDatabase;
  let season: CheckedSelection;
  beforeEach(async () => {
    database = await createDatabase();
    season = await makeSeason(database.pool, { tables: TABLES });
  });
  afterEach(() => database.drop());

  const run = (sql: string) => database.pool.query(sql);
  const count = async (table: string, where = 'true') =>
    (await query<{ n: number }>(database.pool, `SELECT count(*)::int AS n FROM ${table} WHERE ${where}`))[0]!
      .n;
  const findings = async () =>
    (await audit(database.pool, {}, { each: 50 })).findings.flatMap(({ kind, first }) =>
      first.map(({ text }) => `${kind}: ${text}`),
    );
  const check = () => requireStoredRows(database.pool, season, 'waiting', { card: 's2', bands: BANDS });
  const claim = (obsid: number, rule: MeasuringRule = CLEAR_RULE, selection = season, runId = 'run-b') =>
    claimScene(database.pool, selection, obsid, ownerOf(selection, obsid, runId), {
      ...{ campaign: 'campaign/spring', bands: BANDS, classBand: CLASS_BAND },
      ...{ clearBands: ['B04', 'B08'], rule },
    });
  const withTables = (tables: Partial<typeof TABLES>) =>
    checkSelection(database.pool, { ...SELECTION, tables: { ...TABLES, ...tables } });

  it('are stored, marked and proven beside the raw ones, with their reasons', async () => {
    await extractScene(database.pool, season, 1);
    assert.equal(await count('clear_sigs'), CLEAR_ROWS);
    assert.equal(await count('clear_sigs', `band = 'SC'`), 0);
    assert.equal(await count('sigs'), 2 * 3 * 19);
    const raw = { 'no-data': 2 };
    const clear = { cloudy: 2, 'no-data': 2, 'too-few-pixels': 2 };
    assert.deepEqual((await readProgress(database.pool, season, 1)).accounts, {
      ...{ parcels: 40, rows: 114, hists: 38, clear: CLEAR_ROWS },
      gaps: { B04: raw, 'B04:clear': clear, B08: raw, 'B08:clear': clear, SC: raw },
    });
    const layers = await query(
      database.pool,
      'SELECT DISTINCT layer, rows FROM parcelwise.stored_layer ORDER BY layer',
    );
    assert.deepEqual(layers, [
      { layer: 'B04', rows: 19 },
      { layer: 'B04:clear', rows: 17 },
      { layer: 'B08', rows: 19 },
      { layer: 'B08:clear', rows: 17 },
      { layer: 'SC', rows: 19 },
    ]);
    const report = await audit(database.pool, {}, { each: 50 });
    assert.deepEqual(report.findings, []);
    assert.deepEqual(report.tables, [
      { table: 'public.sigs', kind: 'results', rows: 114, expected: 114 },
      { table: 'public.clear_sigs', kind: 'clear', rows: CLEAR_ROWS, expected: CLEAR_ROWS },
      { table: 'public.hists', kind: 'hists', rows: 38, expected: 38 },
    ]);
    // A scene beside it that has none is of the same parcels, which are compared with both at once.
    await extractScene(database.pool, await withTables({ clear: undefined } as object), 2);
    const both = await audit(database.pool, {}, { each: 50 });
    assert.deepEqual([both.findings, both.notSelected.length], [[], 1]);
    assert.equal(layerInWords(clearLayer('B04')), 'B04, clear pixels');
    assert.equal(layerInWords('B04'), 'B04');
  });

  it('make a chunk stored only with all of them, and never without their rows being counted', async () => {
    await claim(1);
    const owner = ownerOf(season, 1, 'run-b');
    const chunk = { chunk: 0, firstPid: 1, lastPid: 2 };
    await storePlan(database.pool, season, 1, owner, [chunk], SOME_ORIGIN);
    const pids = Int32Array.of(1, 2);
    const statistics = new Float64Array(16).fill(1);
    const body = (bands: readonly string[], of = pids) => {
      const packed = new CopyBody();
      for (const band of bands) packSignatures(packed, { obsid: 1, band, pids: of, statistics });
      return packed.finish();
    };
    const rows: ChunkRows = {
      ...{ signatures: body(BANDS), clear: body(['B04', 'B08']), pids, gaps: [] },
      accounts: { parcels: 2, rows: 6, hists: 0, clear: 4 },
    };
    const store = (changes: Partial<ChunkRows> = {}) =>
      storeChunk(database.pool, season, 1, owner, 0, { ...rows, ...changes });
    const nothing = async () => {
      for (const table of ['sigs', 'clear_sigs', 'parcelwise.ledger']) assert.equal(await count(table), 0);
    };
    // An extractor that knows nothing of clear rows.
    const accounts = { parcels: 2, rows: 6, hists: 0 };
    await assert.rejects(store({ clear: undefined, accounts }), /0 clear rows were stored, .* make 4/);
    await nothing();
    const three = { clear: body(['B04', 'B08'], Int32Array.of(1)), accounts: { ...accounts, clear: 2 } };
    await assert.rejects(store(three), /2 clear rows were stored, parcels and gaps make 4/);
    await nothing();
    await assert.rejects(
      store({ clear: body(['B04']) }),
      /4 rows were announced, 2 arrived: COPY public\.clear_sigs/,
    );
    await nothing();
    assert.equal(await store(), 'stored');
    assert.equal(await store(), 'already');
    assert.deepEqual(await storedChunks(database.pool, season, 1), [0]);
    await run(`DELETE FROM parcelwise.stored_layer WHERE layer = 'B08:clear'`);
    assert.deepEqual(await storedChunks(database.pool, season, 1), []);
    await assert.rejects(store(), /not every layer of it/);
    await assert.rejects(markExtracted(database.pool, season, 1, owner), /1 of 1 chunks are not stored/);
  });

  it('that are lost, doubled or too many are found, parcel by parcel, and so are accounts that lie', async () => {
    await extractScene(database.pool, season, 1);
    for (const [sql, expected] of [
      [
        `DELETE FROM clear_sigs WHERE (band, pid) = ('B04', 1)`,
        ['lost: scene 1, band B04: no clear row of parcel 1'],
      ],
      [
        `INSERT INTO clear_sigs SELECT * FROM clear_sigs WHERE (band, pid) = ('B08', 2)`,
        ['doubled: scene 1, band B08: 2 clear rows instead of 1 of parcel 2'],
      ],
      [
        `INSERT INTO clear_sigs (pid, obsid, band) VALUES (6, 1, 'B08')`,
        ['unexpected: scene 1, band B08: 1 clear row of parcel 6, noted as without one (cloudy)'],
      ],
      [
        // The map of classes has no clear layer.
        `INSERT INTO clear_sigs (pid, obsid, band) VALUES (1, 1, 'SC')`,
        ['unexpected: scene 1, band SC: 1 clear row of parcel 1, which no stored chunk lists'],
      ],
      [
        `DELETE FROM parcelwise.gap WHERE (band, chunk, reason) = ('B04:clear', 0, 'cloudy')`,
        [
          'ledger: scene 1, chunk 0 (parcels 1 to 20): 20 parcels in 2 clear layers need 40 clear rows and gaps, there are 34 clear rows and 5 gaps',
          'lost: scene 1, band B04: no clear row of parcel 6',
        ],
      ],
      [
        `UPDATE parcelwise.extraction SET accounts = jsonb_set(accounts, '{clear}', '67')`,
        [
          'ledger: scene 1 was marked extracted with 40 parcels, 114 rows and 38 histograms, 67 clear rows, its ledger has 40, 114 and 38, 68',
        ],
      ],
      [
        `UPDATE parcelwise.stored_layer SET rows = 16 WHERE (layer, chunk) = ('B04:clear', 1)`,
        [
          'ledger: scene 1, chunk 1 (parcels 21 to 40): has 57 rows and 34 clear rows, which are not those of its 3 bands together',
        ],
      ],
    ] as const) {
      const saved = ['clear_sigs', 'parcelwise.gap', 'parcelwise.extraction', 'parcelwise.stored_layer'];
      for (const [i, table] of saved.entries()) await run(`CREATE TABLE saved_${i} AS TABLE ${table}`);
      await run(sql);
      assert.deepEqual(await findings(), expected, sql);
      await run(`DELETE FROM clear_sigs; INSERT INTO clear_sigs TABLE saved_0;
        DELETE FROM parcelwise.gap; INSERT INTO parcelwise.gap TABLE saved_1;
        UPDATE parcelwise.extraction e SET accounts = s.accounts FROM saved_2 s;
        DELETE FROM parcelwise.stored_layer; INSERT INTO parcelwise.stored_layer TABLE saved_3`);
      for (const i of saved.keys()) await run(`DROP TABLE saved_${i}`);
    }
    assert.deepEqual(await findings(), []);
  });

  it('that an extraction should have, or should not, are told by the audit', async () => {
    await extractScene(database.pool, season, 1);
    const spoiled = async (set: string) => {
      await run(`CREATE TABLE saved AS TABLE parcelwise.extraction; UPDATE parcelwise.extraction SET ${set}`);
      const found = (await findings()).filter((text) => text.startsWith('rule: '));
      await run(
        `UPDATE parcelwise.extraction e SET clear_bands = s.clear_bands, clear_table = s.clear_table FROM saved s; DROP TABLE saved`,
      );
      return found;
    };
    const told = (of: string, table = 'public.clear_sigs') => [
      `rule: scene 1 has clear rows of ${of} in ${table}, which it can't have (its classes are in SC)`,
    ];
    assert.deepEqual(await spoiled(`clear_bands = '{B04,B08,SC}'`), told('B04, B08, SC'));
    assert.deepEqual(await spoiled(`clear_bands = '{B04,B08,B11}'`), told('B04, B08, B11'));
    assert.deepEqual(await spoiled(`clear_bands = '{}'`), told('no band'));
    assert.deepEqual(await spoiled('clear_table = NULL'), told('B04, B08', 'no table'));
    assert.deepEqual(await findings(), []);
  });

  it('of a stored scene hold a campaign to their rule that asks for none itself', async () => {
    await extractScene(database.pool, season, 1);
    await run(`UPDATE dias_catalogue SET status = 'ingested' WHERE id = 1;
      UPDATE parcelwise.extraction SET status = 'ingested', word = 'ingested'`);
    const { clear, ...rule } = CLEAR_RULE;
    const claimed = (clearRule: typeof clear) =>
      claimScene(database.pool, season, 1, ownerOf(season, 1, 'run-c'), {
        ...{ campaign: 'campaign/spring', bands: [CLASS_BAND], classBand: CLASS_BAND, rule, clearRule },
      });
    await assert.rejects(
      claimed({ ...clear!, minPixels: clear!.minPixels + 1 }),
      /chunks of scene 1 of public\.sigs are stored by another rule \(clear\.min_pixels/,
    );
    assert.equal((await claimed(clear)).claimed, true);
  });

  it('that are gone from their table stop a campaign and a claim, and are forgotten with the rest', async () => {
    await check();
    await extractScene(database.pool, season, 1);
    await run(
      `DELETE FROM clear_sigs WHERE (band, pid) = ('B04', 1); UPDATE dias_catalogue SET status = 'ingested' WHERE id = 1`,
    );
    const message =
      /public\.clear_sigs does not hold .* of 1 scene \(1\) 68 clear rows are remembered, 67 are there\. .*--lost --results 'public\.sigs'/;
    await assert.rejects(check(), { message });
    await assert.rejects(claim(1), { message });
    const table = await rememberedTable(database.pool, 'sigs');
    const lost = await rememberedScenes(database.pool, table, 'lost');
    assert.deepEqual(
      lost.map(({ obsid, clear }) => [obsid, clear]),
      [[1, 'public.clear_sigs']],
    );
    assert.deepEqual(await forgetScenes(database.pool, table, lost), {
      ...{ scenes: 1, rows: 114, hists: 38, clear: 67, setBack: 0 },
    });
    assert.equal(await count('clear_sigs'), 0);
    await check();
  });

  it('of a table written anew are counted: emptied it stops a campaign, restored it is known again', async () => {
    await check();
    await extractScene(database.pool, season, 1);
    await run('CREATE TABLE copy AS TABLE clear_sigs; TRUNCATE clear_sigs');
    await assert.rejects(check(), { message: /68 clear rows are remembered, 0 are there/ });
    await run('INSERT INTO clear_sigs TABLE copy');
    await check();
    // Rows that nobody remembers, of a scene that waits, would be there twice.
    await run(
      `TRUNCATE clear_sigs; INSERT INTO clear_sigs TABLE copy; INSERT INTO clear_sigs (pid, obsid, band) VALUES (1, 2, 'B04')`,
    );
    await assert.rejects(check(), { message: /public\.clear_sigs holds 1 rows of 1 scene \(2\) that wait/ });
  });

  it('are known again in a table of another name', async () => {
    await extractScene(database.pool, season, 1);
    await run('ALTER TABLE clear_sigs RENAME TO clear_2024');
    season = await withTables({ clear: 'clear_2024' });
    await recogniseTables(database.pool, season);
    const [row] = await query(
      database.pool,
      `SELECT clear_table AS clear, selection #>> '{tables,clear}' AS selected FROM parcelwise.extraction`,
    );
    assert.deepEqual(row, { clear: 'public.clear_2024', selected: 'public.clear_2024' });
    await check();
    assert.deepEqual(await findings(), []);
  });

  it('are fixed by the first chunk stored: without them a scene is ended without, with them in their table', async () => {
    const plain = await withTables({ clear: undefined } as object);
    await beginScene(database.pool, plain, 1, 1);
    await releaseScene(database.pool, plain, 1, ownerOf(plain, 1));
    assert.deepEqual(await claim(1), { claimed: true, resumed: true, bands: BANDS });

    await beginScene(database.pool, season, 2, 1);
    await releaseScene(database.pool, season, 2, ownerOf(season, 2));
    await run('CREATE TABLE other (LIKE clear_sigs)');
    for (const [selection, now] of [
      [plain, 'none'],
      [await withTables({ clear: 'other' }), 'public.other'],
    ] as const)
      await assert.rejects(claim(2, CLEAR_RULE, selection), {
        message: new RegExp(
          `stored with clear rows in public.clear_sigs, now they would go to ${now}\\. Go on`,
        ),
      });
    assert.deepEqual(await claim(2), {
      claimed: true,
      resumed: true,
      bands: BANDS,
      clearBands: ['B04', 'B08'],
    });
  });

  it('of one scene are in one table once, whichever results table they stand beside', async () => {
    await extractScene(database.pool, season, 1);
    await run('CREATE TABLE sigs_b (LIKE sigs); CREATE TABLE hists_b (LIKE hists)');
    const beside = await checkSelection(database.pool, {
      ...{ ...SELECTION, statusIn: 'parcelwise' },
      tables: { ...TABLES, results: 'sigs_b', hists: 'hists_b' },
    });
    await assert.rejects(claim(1, CLEAR_RULE, beside), {
      message:
        /the clear rows of scene 1 are in public\.clear_sigs already, beside another results table than public\.sigs_b\. .*clear_table of its own \(--clear\)/,
    });
    // A scene that was given back with nothing stored leaves the table to others.
    await claim(2);
    await releaseScene(database.pool, season, 2, ownerOf(season, 2, 'run-b'));
    assert.equal((await claim(2, CLEAR_RULE, beside)).claimed, true);
    await claim(3);
    await markScene(database.pool, season, 3, ownerOf(season, 3, 'run-b'), 'bad_raster', 'a reason');
    assert.equal((await claim(3, CLEAR_RULE, beside)).claimed, true);
  });

  it('of parcels that were redrawn are taken out with their raw rows, and stored anew', async () => {
    await keepParcelSet(database.pool, season, await parcelSetFingerprint(database.pool, season));
    await extractScene(database.pool, season, 1);
    await run(
      'UPDATE parcels SET wkb_geometry = ST_Translate(wkb_geometry, 10, 0) WHERE ogc_fid IN (2, 6, 21)',
    );
    const owner = ownerOf(season, 1, 'run-c');
    await claimScene(database.pool, season, 1, owner, {
      ...{ campaign: 'campaign/spring', bands: BANDS, classBand: CLASS_BAND, renew: true },
      ...{ clearBands: ['B04', 'B08'], rule: CLEAR_RULE },
    });
    assert.equal((await planRenewal(database.pool, season, 1, owner, 100)).redrawn, 3);
    const [planned] = await query<{ chunk: number; parcelSet: string }>(
      database.pool,
      'SELECT chunk, parcel_set AS "parcelSet" FROM parcelwise.plan WHERE pids IS NOT NULL',
    );
    // Parcel 6, which was under cloud, is clear now, and 21 is not.
    const pids = Int32Array.of(2, 6, 21);
    const statistics = new Float64Array(24).fill(500);
    const pack = (bands: readonly string[], of: Int32Array) => {
      const body = new CopyBody();
      for (const band of bands) packSignatures(body, { obsid: 1, band, pids: of, statistics });
      return body.finish();
    };
    const hists = new CopyBody();
    for (const pid of pids) packHistogram(hists, pid, 1, { length: 5, 4: 55 });
    await storeChunk(database.pool, season, 1, owner, planned!.chunk, {
      ...{
        signatures: pack(BANDS, pids),
        hists: hists.finish(),
        clear: pack(['B04', 'B08'], Int32Array.of(2, 6)),
      },
      ...{ accounts: { parcels: 3, rows: 9, hists: 3, clear: 4 }, pids, parcelSet: planned!.parcelSet },
      gaps: ['B04', 'B08'].map((band) => ({ band: clearLayer(band), reason: 'cloudy', pids: [21] })),
    });
    await markExtracted(database.pool, season, 1, owner);
    const clearOf = (pid: number) =>
      query(database.pool, `SELECT mean FROM clear_sigs WHERE (pid, band) = (${pid}, 'B04')`);
    assert.deepEqual(await Promise.all([2, 6, 21].map(clearOf)), [[{ mean: 500 }], [{ mean: 500 }], []]);
    assert.equal(await count('clear_sigs'), CLEAR_ROWS);
    const [{ clear } = {}] = await query<{ clear: number[] }>(
      database.pool,
      'SELECT array_agg(clear ORDER BY chunk) AS clear FROM parcelwise.ledger',
    );
    assert.deepEqual(clear, [32, 32, 4]);
    assert.deepEqual(await findings(), []);
  });

  it('are reckoned with in a forecast, wider where the table has more statistics', async () => {
    await run('ALTER TABLE clear_sigs ADD p05 real, ADD valid real');
    const { results, clear } = await rowWidths(database.pool, await withTables({}));
    assert.deepEqual([results.bytes, clear?.bytes], [77, 85]);
    assert.equal(
      (await rowWidths(database.pool, await withTables({ clear: undefined } as object))).clear,
      undefined,
    );
    assert.equal(season.clear?.statistics.length, STATISTIC_COLUMNS.length);
  });
});
