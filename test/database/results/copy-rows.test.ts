import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import fc from 'fast-check';
import { from as copyFrom } from 'pg-copy-streams';
import { CopyBody, packHistogram, packSignatures } from '../../../database/results/copy-rows.js';
import { query, inTransaction } from '../../../database/session/session.js';
import { createDatabase, skipWithoutServer } from '../database.js';
import type { TestDatabase } from '../database.js';
import { STATISTIC_COLUMNS } from '../../../database/results/statistic-columns.js';

describe('packed rows', () => {
  it('grow the body without losing what is in it', () => {
    const small = new CopyBody(1);
    const large = new CopyBody(1 << 20);
    for (const body of [small, large]) {
      for (let i = 0; i < 200; i++) {
        const pids = Int32Array.from([i, -i]);
        packSignatures(body, { obsid: i, band: 'B04', pids, statistics: new Float64Array(16).fill(i + 0.5) });
        packHistogram(body, i, 1, { length: 5, 4: i });
      }
    }
    assert.deepEqual(small.finish(), large.finish());
    assert.equal(small.rows, 600);
  });

  it('are those of parcels with pixels, or those asked for', () => {
    const statistics = new Float64Array(24);
    statistics[8] = 5;
    const rows = { obsid: 1, band: 'SC', pids: Int32Array.of(1, 2, 3), statistics };
    assert.equal(packSignatures(new CopyBody(), rows), 1);
    assert.equal(packSignatures(new CopyBody(), { ...rows, which: [0, 2] }), 2);
  });
});

describe('rows that PostgreSQL has read', { skip: skipWithoutServer }, () => {
  let database: TestDatabase;
  before(async () => {
    database = await createDatabase();
    await database.pool.query(`
      CREATE TABLE sigs (extra text, pid integer, obsid integer, band char(3), count real, mean real, std real, min real, max real, p25 real, p50 real, p75 real);
      CREATE TABLE doubles (pid integer, obsid integer, band text, count float8, mean float8, std float8, min float8, max float8, p25 float8, p50 float8, p75 float8);
      CREATE TABLE hists (pid integer, obsid integer, hist json);
      CREATE TABLE bhists (pid integer, obsid integer, hist jsonb)`);
  });
  after(() => database.drop());

  const STATISTICS = 'count, mean, std, min, max, p25, p50, p75';
  const copy = (table: string, columns: string, body: CopyBody) =>
    inTransaction(database.pool, (client) =>
      pipeline(
        Readable.from([body.finish()]),
        client.query(copyFrom(`COPY ${table} (${columns}) FROM STDIN (FORMAT binary)`)),
      ),
    );

  it('are bit for bit what was packed, as real and as double precision', async () => {
    const row = fc.record({
      pid: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
      statistics: fc.array(fc.double(), { minLength: 8, maxLength: 8 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(row, { selector: ({ pid }) => pid, minLength: 1, maxLength: 50 }),
        async (rows) => {
          await database.pool.query('TRUNCATE sigs, doubles');
          const packed = {
            obsid: 7,
            band: 'B8A',
            pids: Int32Array.from(rows, ({ pid }) => pid),
            statistics: Float64Array.from(rows.flatMap(({ statistics }) => statistics)),
            which: rows.map((_, i) => i),
          };
          for (const [table, bytes, stored] of [
            ['sigs', 4, Math.fround],
            ['doubles', 8, Number],
          ] as const) {
            const body = new CopyBody(64);
            packSignatures(body, packed, { statBytes: bytes, statistics: STATISTIC_COLUMNS });
            await copy(table, `pid, obsid, band, ${STATISTICS}`, body);
            const read = await query<Record<string, number>>(
              database.pool,
              `SELECT pid, obsid, band, ${STATISTICS} FROM ${table} ORDER BY pid`,
            );
            const expected = rows
              .toSorted((a, b) => a.pid - b.pid)
              .map(({ pid, statistics }) => [pid, 7, 'B8A', ...statistics.map((value) => stored(value))]);
            assert.deepEqual(
              // The server prints the shortest text that gives the same number in the column's own precision.
              read.map(({ pid, obsid, band, ...values }) => [
                pid,
                obsid,
                band,
                ...Object.values(values).map(stored),
              ]),
              expected,
            );
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  it('hold those of the measured numbers that the table has columns for, and NULL for what there is not', async () => {
    await database.pool.query(
      'CREATE TABLE wide (LIKE sigs); ALTER TABLE wide ADD valid real, ADD skew real, ADD p05 real',
    );
    const names = [...STATISTIC_COLUMNS, 'p05', 'p10', 'p90', 'p95', 'skew', 'valid'] as const;
    const measured = (count: number, skew: number) => [
      count,
      2,
      NaN,
      4,
      5,
      6,
      7,
      8,
      50,
      51,
      52,
      53,
      skew,
      0.5,
    ];
    const rows = {
      ...{ obsid: 7, band: 'B04', names, pids: Int32Array.of(1, 2, 3) },
      statistics: Float64Array.from([...measured(9, NaN), ...measured(0, 1), ...measured(3, -1.25)]),
    };
    for (const statBytes of [4, 8] as const) {
      await database.pool.query('TRUNCATE wide');
      if (statBytes === 8)
        for (const name of [...STATISTIC_COLUMNS, 'valid', 'skew', 'p05'])
          await database.pool.query(`ALTER TABLE wide ALTER ${name} TYPE float8`);
      const statistics = [...STATISTIC_COLUMNS, 'p05', 'skew', 'valid'] as const;
      const body = new CopyBody(64);
      assert.equal(packSignatures(body, rows, { statBytes, statistics }), 2);
      await copy('wide', `pid, obsid, band, ${statistics.join(', ')}`, body);
      assert.deepEqual(
        await query(
          database.pool,
          'SELECT pid, count, mean, std, p75, p05, skew, valid FROM wide ORDER BY pid',
        ),
        [
          { pid: 1, count: 9, mean: 2, std: NaN, p75: 8, p05: 50, skew: null, valid: 0.5 },
          { pid: 3, count: 3, mean: 2, std: NaN, p75: 8, p05: 50, skew: -1.25, valid: 0.5 },
        ],
      );
    }
    assert.throws(
      () =>
        packSignatures(
          new CopyBody(),
          { ...rows, names: undefined },
          { statBytes: 4, statistics: ['count', 'p05'] },
        ),
      { name: 'RangeError', message: /p05 was not measured/ },
    );
  });

  it('have band names shorter than the column padded, as CbM reads them', async () => {
    await database.pool.query('TRUNCATE sigs');
    const body = new CopyBody();
    packSignatures(body, {
      obsid: 1,
      band: 'VV',
      pids: Int32Array.of(1),
      statistics: new Float64Array(8).fill(2),
    });
    await copy('sigs', `pid, obsid, band, ${STATISTICS}`, body);
    assert.deepEqual(
      await query(database.pool, `SELECT count(*)::int AS n FROM sigs WHERE band = 'VV' AND extra IS NULL`),
      [{ n: 1 }],
    );
  });

  it('hold histograms as json and as jsonb', async () => {
    for (const [table, jsonb] of [
      ['hists', false],
      ['bhists', true],
    ] as const) {
      const body = new CopyBody(8);
      packHistogram(body, 5, 1, { length: 10, 4: 55, 9: 3 }, jsonb);
      packHistogram(body, 6, 1, [4], jsonb);
      await copy(table, 'pid, obsid, hist', body);
      const read = await query(database.pool, `SELECT pid, obsid, hist FROM ${table} ORDER BY pid`);
      assert.deepEqual(read, [
        { pid: 5, obsid: 1, hist: { 4: 55, 9: 3 } },
        { pid: 6, obsid: 1, hist: {} },
      ]);
    }
  });
});
