import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { VIEWED_CARDS } from '../../../campaigns/viewed-cards.js';
import {
  readHistogramColumns,
  readSeriesColumns,
  readSeriesRows,
  type SeriesQuestion,
} from '../../../database/reads/parcel-series.js';
import { findServedTables, type ServedTables } from '../../../database/reads/served-tables.js';
import { makeResultsViews } from '../../../database/results/results-views.js';
import { DatabaseSetupError } from '../../../database/session/errors.js';
import type { JsonColumn } from '../../../database/reads/json-columns.js';
import { createDatabase, skipWithoutServer, type TestDatabase } from '../database.js';
import { makeSeason, SELECTION } from '../season.js';

const ASKED: SeriesQuestion = { id: 'P7', hist: true, reference: false, best: false };

/** Scenes 1 and 2 of one day, 3 of another; 4 is radar. Scene 2 is superseded, 1 and 7 see the parcel on two days. */
const ROWS = `
  ALTER TABLE parcels ADD id text;
  UPDATE parcels SET id = CASE WHEN ogc_fid IN (8, 9) THEN 'P8' ELSE 'P' || ogc_fid END;
  UPDATE dias_catalogue SET obstime = '2024-03-02 10:56:19.5' WHERE id = 1;
  INSERT INTO sigs (pid, obsid, band, count, mean, std, min, p25, p50, p75, max)
  SELECT pid, obsid, band, 40, mean, 0.1, 1, 2, 3, 4, 5 FROM (VALUES
    (7, 3, 'SC', 4), (7, 3, 'B04', 300.25), (7, 1, 'B08', 2500), (7, 1, 'B04', 1e-7), (7, 2, 'B04', 9), (7, 4, 'VVb', 0.05),
    (8, 1, 'B04', 8), (9, 1, 'B04', 9), (10, 1, 'B04', 'NaN'), (10, 3, 'B04', 'Infinity'), (10, 7, 'B04', NULL)
  ) AS row (pid, obsid, band, mean);
  INSERT INTO hists SELECT pid, obsid, '{"4": 55, "9": 3}' FROM sigs WHERE obsid <> 4 GROUP BY pid, obsid;
  INSERT INTO parcelwise.extraction
    (results_table, obsid, catalogue_table, card, bands, campaign, status, owner_workflow, owner_run)
  SELECT 'public.sigs', id, 'public.dias_catalogue', 's2', '{B04}', 'x', 'extracted', 'x', 'x' FROM generate_series(1, 2) AS id;
  INSERT INTO parcelwise.supersession (results_table, obsid, by_obsid) VALUES ('public.sigs', 2, 1)`;

describe('the series of a parcel', { skip: skipWithoutServer }, () => {
  let database: TestDatabase;
  let tables: ServedTables;
  const find = (results: string): Promise<ServedTables> =>
    findServedTables(database.pool, {
      ...{ parcels: 'parcels', catalogue: 'dias_catalogue', hists: 'hists', parcelId: 'id' },
      signatures: { s2: results },
    });
  const rowsOf = (served = tables) => served.signatures.get('s2')!;
  const read = async (changes: Partial<SeriesQuestion> = {}, served = tables) =>
    parsed(
      await readSeriesColumns(database.pool, served, rowsOf(served), {
        ...ASKED,
        ...changes,
      }),
    );
  before(async () => {
    database = await createDatabase();
    await makeSeason(database.pool);
    await makeResultsViews(database.pool, SELECTION.tables, VIEWED_CARDS);
    await database.pool.query(ROWS);
    await database.pool.query(
      'CREATE TABLE plain AS SELECT * FROM sigs; ALTER TABLE plain ALTER band TYPE text',
    );
    tables = await find('sigs');
  });
  after(() => database.drop());

  it('is in the order of time, then of bands, under the names that clients of CbM read', async () => {
    const series = await read();
    assert.deepEqual(Object.keys(series), [
      ...['date_part', 'band', 'count', 'mean', 'std', 'min', 'p25', 'p50', 'p75', 'max', 'hist'],
    ]);
    assert.deepEqual(series.band, ['B04', 'B08', 'B04', 'SC']);
    assert.deepEqual(series.date_part, [1709376979.5, 1709376979.5, 1711796179, 1711796179]);
    assert.deepEqual(series.mean, [1e-7, 2500, 300.25, 4]);
    assert.deepEqual(series.std, [0.1, 0.1, 0.1, 0.1], 'digits as they are stored');
    assert.deepEqual(series.hist?.[0], { '4': 55, '9': 3 });
  });

  it('leaves rows without a histogram out where histograms are asked for', async () => {
    assert.deepEqual((await read({ hist: false })).band, ['B04', 'B08', 'VVb', 'B04', 'SC']);
  });

  it('has the bands that are asked for, and names of scenes', async () => {
    const series = await read({ bands: ['SC', 'B08', "B0'"], reference: true });
    assert.deepEqual(
      [series.band, series.reference],
      [
        ['B08', 'SC'],
        ['SCENE_1', 'SCENE_3'],
      ],
    );
    assert.deepEqual((await read({ bands: [] })).band, []);
  });

  it('leaves superseded scenes out, but for tables without views', async () => {
    assert.deepEqual((await read({ bands: ['B04'] })).mean, [1e-7, 300.25]);
    const plain = await find('plain');
    assert.deepEqual((await read({ bands: ['B04'] }, plain)).mean, [9, 1e-7, 300.25]);
    await assert.rejects(read({ best: true }, plain), DatabaseSetupError);
  });

  it('can be of the best scene of each day alone', async () => {
    await database.pool.query(`UPDATE dias_catalogue SET obstime = '2024-03-30 09:00' WHERE id = 7`);
    await database.pool.query(
      `INSERT INTO sigs SELECT 7, 7, 'B04', 39, 1, 0, 1, 1, 1, 1, 1; INSERT INTO hists VALUES (7, 7, '{"4": 39}')`,
    );
    try {
      assert.deepEqual((await read({ bands: ['B04'] })).mean, [1e-7, 1, 300.25]);
      assert.deepEqual((await read({ bands: ['B04'], best: true })).mean, [1e-7, 300.25]);
    } finally {
      await database.pool.query(
        'DELETE FROM sigs WHERE pid = 7 AND obsid = 7; DELETE FROM hists WHERE pid = 7 AND obsid = 7',
      );
    }
  });

  it('is that of all parcels of an id, and empty of an unknown one', async () => {
    assert.deepEqual((await read({ id: 'P8' })).mean, [8, 9]);
    const unknown = await read({ id: `P7' OR true --` });
    assert.equal(Object.values(unknown).flat().length, 0);
    assert.equal(Object.keys(unknown).length, 11);
  });

  it('has null for what JSON has no number for', async () => {
    assert.deepEqual((await read({ id: 'P10' })).mean, [null, null, null]);
  });

  it('comes row by row as well, as PostgreSQL writes it', async () => {
    const { columns, rows } = await readSeriesRows(database.pool, tables, rowsOf(), {
      ...ASKED,
      hist: false,
      bands: ['VVb'],
    });
    assert.deepEqual(columns.map(({ name }) => name).slice(0, 3), ['date_part', 'band', 'count']);
    assert.deepEqual(rows, [['1709400271', 'VVb', '40', '0.05', '0.1', '1', '2', '3', '4', '5']]);
  });

  it('has histograms alone by scene, without superseded ones', async () => {
    const columns = await readHistogramColumns(database.pool, tables, tables.hists!, rowsOf(), 'P7');
    assert.deepEqual(parsed(columns).obsid, [1, 3]);
  });

  it('is read by the index on pid, of a table of characters as of one of texts', async () => {
    await database.pool.query(`
      INSERT INTO sigs SELECT pid, 5, 'B04', 1, 1, 1, 1, 1, 1, 1, 1 FROM generate_series(1000, 30000) AS pid;
      CREATE INDEX ON sigs (pid); CREATE INDEX ON hists (pid); ANALYZE sigs, hists`);
    const before = await scans(database);
    await read();
    await read({ best: true });
    assert.deepEqual((await scans(database)).sequential, before.sequential);
    assert.ok((await scans(database)).byIndex > before.byIndex);
  });
});

function parsed(columns: readonly JsonColumn[]): Record<string, unknown[]> {
  return Object.fromEntries(columns.map(({ name, json }) => [name, JSON.parse(json) as unknown[]]));
}

/** How often the results table was read from end to end, and by an index. */
async function scans({ pool }: TestDatabase): Promise<{ sequential: number; byIndex: number }> {
  await pool.query('SELECT pg_stat_force_next_flush()');
  const { rows } = await pool.query<{ sequential: string; byIndex: string }>(
    `SELECT seq_scan AS sequential, idx_scan AS "byIndex" FROM pg_stat_user_tables WHERE relname = 'sigs'`,
  );
  return { sequential: Number(rows[0]!.sequential), byIndex: Number(rows[0]!.byIndex) };
}
