import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { tellOrbits } from '../../../campaigns/tell-orbits.js';
import { VIEWED_CARDS } from '../../../campaigns/viewed-cards.js';
import { DatabaseSetupError } from '../../../database/session/errors.js';
import { makeResultsViews } from '../../../database/results/results-views.js';
import { query } from '../../../database/session/session.js';
import type { Tables } from '../../../database/terms.js';
import { createDatabase, skipWithoutServer, type TestDatabase } from '../database.js';
import { makeSeason, SELECTION } from '../season.js';

const CLEAR = '{"4": 25}';
const CLOUDED = '{"4": 15, "8": 5, "3": 5}';

interface Observation {
  readonly obsid: number;
  readonly pixels: number;
  readonly cloud: number | null;
  readonly observations: number;
  readonly overlap: string | null;
  readonly best: boolean;
}

describe('views of a results table', { skip: skipWithoutServer }, () => {
  let database: TestDatabase;
  const { tables } = SELECTION;
  const make = (changes: Partial<Tables> = {}, cards = VIEWED_CARDS) =>
    makeResultsViews(database.pool, { ...tables, ...changes }, cards);
  before(async () => {
    database = await createDatabase();
    await makeSeason(database.pool);
    await make();
  });
  beforeEach(async () => {
    await database.pool.query(
      'TRUNCATE sigs, hists; DELETE FROM parcelwise.extraction; DELETE FROM parcelwise.product',
    );
    for (const obsid of [1, 2]) await call(obsid, '31UES');
    await call(3, '31UES', '2024-03-30');
  });
  after(() => database.drop());

  /** Gives a scene the name of a product of a tile, and its day. */
  async function call(obsid: number, tile: string, day = '2024-03-02'): Promise<void> {
    const reference = `S2A_MSIL2A_${day.replaceAll('-', '')}T105619_N0510_R051_T${tile}_${obsid}.SAFE`;
    await database.pool.query('UPDATE dias_catalogue SET reference = $2, obstime = $3 WHERE id = $1', [
      obsid,
      reference,
      `${day} 10:56:19`,
    ]);
  }
  /** Rows of parcel 7 in three bands, and its histogram. */
  async function observe(obsid: number, count: number, hist?: string): Promise<void> {
    await database.pool.query(
      `INSERT INTO sigs SELECT 7, $1::int, band, count, $1::int, 0, 1, 1, 1, 1, 1
       FROM (VALUES ('B04', $2::real), ('B08', $2 - 1), ('SC', 25)) AS row (band, count)`,
      [obsid, count],
    );
    if (hist !== undefined)
      await database.pool.query('INSERT INTO hists VALUES (7, $1, $2::json)', [obsid, hist]);
  }
  const observations = () =>
    query<Observation>(
      database.pool,
      'SELECT obsid, pixels, cloud, observations, overlap, best FROM parcelwise.sigs_observations ORDER BY obsid',
    );
  const best = async (): Promise<number[]> =>
    (
      await query<{ obsid: number }>(
        database.pool,
        'SELECT obsid, count(*) FROM parcelwise.sigs_best GROUP BY obsid ORDER BY obsid',
      )
    ).map(({ obsid }) => obsid);

  it('take the observation of most pixels, then least cloud, then the lowest scene', async () => {
    await observe(1, 99, CLEAR);
    await observe(2, 100, CLOUDED);
    await observe(3, 50, CLOUDED);
    assert.deepEqual(await best(), [2, 3], 'another day is another matter');
    await database.pool.query(`UPDATE sigs SET count = 100 WHERE band = 'B04'`);
    assert.deepEqual(await best(), [1, 3]);
    await database.pool.query(`UPDATE hists SET hist = '${CLOUDED}'`);
    assert.deepEqual(await best(), [1, 3]);
  });

  it('take all bands of a day from one scene', async () => {
    await observe(1, 100, CLEAR);
    await observe(2, 100, CLOUDED);
    const rows = await query(
      database.pool,
      `SELECT obsid, band::text, count, mean, day::text, observations FROM parcelwise.sigs_best ORDER BY band`,
    );
    const row = { obsid: 1, mean: 1, day: '2024-03-02', observations: 2 };
    assert.deepEqual(rows, [
      { ...row, band: 'B04', count: 100 },
      { ...row, band: 'B08', count: 99 },
      { ...row, band: 'SC', count: 25 },
    ]);
  });

  it("measure a parcel's cloud by its histogram, else by the whole scene", async () => {
    await observe(1, 100, CLOUDED);
    await observe(2, 100);
    await observe(3, 100);
    await database.pool.query(`
      INSERT INTO parcelwise.product (catalogue_table, obsid, reference, source, item, cloud_cover)
      SELECT 'public.dias_catalogue', id, reference, 'x', 'x', 33 FROM dias_catalogue WHERE id < 3`);
    assert.deepEqual(
      (await observations()).map(({ cloud }) => cloud),
      [40, 33, null],
    );
    assert.deepEqual(await best(), [2, 3]);
  });

  it("measure cloud by whole pixels where a row's count is a sum of shares", async () => {
    await observe(1, 100, CLOUDED);
    await observe(3, 100, '{}');
    await database.pool.query(`
      UPDATE sigs SET count = 12.5 WHERE band = 'SC';
      INSERT INTO parcelwise.extraction
        (results_table, obsid, catalogue_table, card, bands, campaign, status, owner_workflow, owner_run, rule)
      SELECT 'public.sigs', id, 'public.dias_catalogue', 's2', '{SC}', 'c', 'extracted', 'w', 'r',
             '{"pixels": "fraction", "innerBufferM": 0, "indices": {}}' FROM dias_catalogue WHERE id IN (1, 3);
      INSERT INTO parcelwise.product (catalogue_table, obsid, reference, source, item, cloud_cover)
      SELECT 'public.dias_catalogue', id, reference, 'x', 'x', 33 FROM dias_catalogue WHERE id = 3`);
    assert.deepEqual(
      (await observations()).map(({ cloud }) => cloud),
      [40, 33],
      'a histogram without any pixel tells nothing',
    );
  });

  it('measure cloud by the classes of each CARD type, and tell tiles by its names', async () => {
    const other = { card: 'q1', classMap: { bands: ['CM'], cloudy: [2, 3] }, tileInName: '_G([0-9]{3})_' };
    await make({}, [...VIEWED_CARDS, other]);
    try {
      await database.pool.query(
        `UPDATE dias_catalogue SET card = 'q1', reference = 'Q_G001_' || id WHERE id IN (2, 3);
         UPDATE dias_catalogue SET reference = 'Q_G002_3', obstime = '2024-03-02' WHERE id = 3`,
      );
      await observe(1, 100, CLOUDED);
      await observe(2, 100, '{"1": 5, "2": 10, "8": 10}');
      await observe(3, 90, '{"3": 25}');
      await database.pool.query(`UPDATE sigs SET band = 'CM' WHERE band = 'SC' AND obsid > 1`);
      const scene = { observations: 2, overlap: 'tile' };
      assert.deepEqual(await observations(), [
        { obsid: 1, pixels: 100, cloud: 40, observations: 1, overlap: null, best: true },
        { obsid: 2, pixels: 100, cloud: 40, best: true, ...scene },
        { obsid: 3, pixels: 90, cloud: 100, best: false, ...scene },
      ]);
    } finally {
      await make();
      await database.pool.query(`UPDATE dias_catalogue SET card = 's2' WHERE card = 'q1'`);
    }
  });

  for (const [tile, overlap] of [
    ['31UES', 'product'],
    ['31UFS', 'tile'],
    ['32ULB', 'zone'],
  ] as const)
    it(`keep and flag overlaps: ${overlap}`, async () => {
      await call(2, tile);
      await observe(1, 100, CLEAR);
      await observe(2, 90, CLEAR);
      await observe(3, 90, CLEAR);
      const common = { cloud: 0, observations: 2, overlap };
      assert.deepEqual(await observations(), [
        { obsid: 1, pixels: 100, best: true, ...common },
        { obsid: 2, pixels: 90, best: false, ...common },
        { obsid: 3, pixels: 90, best: true, cloud: 0, observations: 1, overlap: null },
      ]);
    });

  it('leave superseded scenes out, and the table as it is', async () => {
    await observe(1, 100, CLEAR);
    await observe(2, 50, CLOUDED);
    await database.pool.query(`
      INSERT INTO parcelwise.extraction
        (results_table, obsid, catalogue_table, card, bands, campaign, status, owner_workflow, owner_run)
      SELECT 'public.sigs', id, 'public.dias_catalogue', 's2', '{B04}', 'x', 'extracted', 'x', 'x' FROM generate_series(1, 2) AS id;
      INSERT INTO parcelwise.supersession (results_table, obsid, by_obsid) VALUES ('public.sigs', 1, 2)`);
    const current = await query(database.pool, 'SELECT DISTINCT obsid FROM parcelwise.sigs_current');
    assert.deepEqual(current, [{ obsid: 2 }]);
    assert.deepEqual(await best(), [2]);
    const [rows] = await query(database.pool, 'SELECT count(*)::int AS rows FROM sigs');
    assert.deepEqual(rows, { rows: 6 });
  });

  it('carry filters on parcel and day down to the table, and filters on scene in the plain one', async () => {
    const plan = async (sql: string): Promise<string> => {
      const client = await database.pool.connect();
      try {
        await client.query('BEGIN; SET LOCAL enable_seqscan = off');
        await client.query(
          'CREATE INDEX ON sigs (pid); CREATE INDEX ON sigs (obsid); CREATE INDEX ON hists (pid)',
        );
        const { rows } = await client.query<{ 'QUERY PLAN': string }>(`EXPLAIN (COSTS OFF) ${sql}`);
        return rows.map((row) => row['QUERY PLAN']).join('\n');
      } finally {
        await client.query('ROLLBACK');
        client.release();
      }
    };
    const ofParcel = await plan(`SELECT * FROM parcelwise.sigs_best WHERE pid = 7 AND day = '2024-03-02'`);
    assert.equal(ofParcel.match(/Index Cond: \(pid = 7\)/g)?.length, 3, ofParcel);
    assert.match(ofParcel, /CTE Scan on scene.*\n\s+Filter: \(day = '2024-03-02'::date\)/);
    const ofScene = await plan('SELECT * FROM parcelwise.sigs_current WHERE obsid = 2');
    assert.match(ofScene, /Index Cond: \(obsid = 2\)/);
  });

  it('are made once: where they are, nothing is written', async () => {
    const oid = async () =>
      (await query(database.pool, `SELECT 'parcelwise.sigs_best'::regclass::oid AS oid`))[0];
    const before = await oid();
    assert.deepEqual(await make(), {
      current: 'parcelwise."sigs_current"',
      observations: 'parcelwise."sigs_observations"',
      best: 'parcelwise."sigs_best"',
      series: 'parcelwise."sigs_series"',
      dekads: 'parcelwise."sigs_dekads"',
    });
    assert.deepEqual(await oid(), before);
    await Promise.all(Array.from({ length: 5 }, () => make({ hists: undefined })));
    await make();
    assert.notDeepEqual(await oid(), before);
  });

  it('read the table of the name, also where another one has taken it', async () => {
    await observe(1, 99);
    await database.pool.query('ALTER TABLE sigs RENAME TO old_sigs; CREATE TABLE sigs (LIKE old_sigs)');
    await make();
    assert.deepEqual(await best(), []);
    await observe(2, 99);
    assert.deepEqual(await best(), [2]);
    const { rows } = await database.pool.query('SELECT DISTINCT obsid FROM parcelwise.sigs_current');
    assert.deepEqual(rows, [{ obsid: 2 }]);
    await database.pool.query('DROP TABLE old_sigs');
  });

  it('are there for tables of any name, schema and type', async () => {
    await database.pool.query(`
      CREATE SCHEMA ms; CREATE TABLE ms.sigs_2024 (LIKE sigs);
      CREATE TABLE "a""b; DROP TABLE sigs; --" (LIKE sigs); CREATE TABLE "A""B; drop table sigs; --" (LIKE sigs);
      CREATE TABLE ${'x'.repeat(63)} (LIKE sigs);
      CREATE TABLE binary_hists (pid integer, obsid integer, hist jsonb);
      CREATE TABLE zoned (LIKE dias_catalogue); ALTER TABLE zoned ALTER obstime TYPE timestamptz`);
    assert.equal((await make({ results: 'ms.sigs_2024' })).best, 'parcelwise."ms__sigs_2024_best"');
    const odd = [
      await make({ results: '"a""b; DROP TABLE sigs; --"' }),
      await make({ results: '"A""B; drop table sigs; --"' }),
      await make({ results: 'x'.repeat(63) }),
      await make({ results: 'ms.sigs_2024', catalogue: 'zoned', hists: 'binary_hists' }),
    ];
    assert.equal(new Set(odd.map(({ best }) => best)).size, 4);
    for (const views of odd)
      for (const view of Object.values(views) as string[])
        assert.deepEqual(await query(database.pool, `SELECT * FROM ${view}`), [], view);
  });

  it('are made again where one of them is gone', async () => {
    await database.pool.query('DROP VIEW parcelwise.sigs_dekads');
    await make();
    assert.deepEqual(await query(database.pool, 'SELECT * FROM parcelwise.sigs_dekads'), []);
  });

  for (const [what, made] of [
    ['view', 'VIEW parcelwise.sigs_series AS SELECT 7 AS pid'],
    ['table', 'TABLE parcelwise.sigs_series AS SELECT 7 AS pid'],
  ] as const)
    it(`do not take the place of somebody's own ${what}`, async () => {
      await database.pool.query('DROP VIEW parcelwise.sigs_series CASCADE');
      await database.pool.query(`CREATE ${made}`);
      await assert.rejects(make(), (error: Error) => {
        assert.ok(error instanceof DatabaseSetupError);
        assert.match(error.message, /sigs_series.* is not a view of parcelwise's.*Rename it/);
        return true;
      });
      assert.deepEqual(await query(database.pool, 'SELECT pid FROM parcelwise.sigs_series'), [{ pid: 7 }]);
      await database.pool.query(`DROP ${what} parcelwise.sigs_series`);
      await make();
    });

  it('keep two passes of radar on a day apart', async () => {
    const radar = (start: string, absolute: number) =>
      `S1A_IW_GRDH_1SDV_20240302T${start}_20240302T${start}_0${absolute}_06574A_9703_CARD_BS`;
    await database.pool.query(
      `UPDATE dias_catalogue SET card = 'bs', reference = CASE id WHEN 1 THEN $1 ELSE $2 END, obstime = '2024-03-02' WHERE id < 3`,
      [radar('055819', 52798), radar('174319', 52805)],
    );
    await tellOrbits(database.pool, { key: 'public.dias_catalogue' });
    try {
      await observe(1, 100);
      await observe(2, 90);
      assert.deepEqual(
        await query(
          database.pool,
          'SELECT obsid, best, overlap, relative_orbit, pass FROM parcelwise.sigs_observations ORDER BY obsid',
        ),
        [
          { obsid: 1, best: true, overlap: null, relative_orbit: 51, pass: 'descending' },
          { obsid: 2, best: true, overlap: null, relative_orbit: 58, pass: 'ascending' },
        ],
      );
    } finally {
      await database.pool.query(
        `DELETE FROM parcelwise.orbit; UPDATE dias_catalogue SET card = 's2' WHERE id < 3`,
      );
    }
  });

  it('say what to do where they can not be made', async () => {
    await database.pool.query('CREATE VIEW mine AS SELECT * FROM parcelwise.sigs_best');
    await assert.rejects(make({ hists: undefined }), (error: Error) => {
      assert.ok(error instanceof DatabaseSetupError);
      assert.match(error.message, /sigs_best.*others depend on it.*Drop those/);
      return true;
    });
    await database.pool.query('DROP VIEW mine');
  });

  it('show further statistics where the table has them', async () => {
    await database.pool.query('CREATE TABLE further (LIKE sigs, p95 real, valid real, note text)');
    await make({ results: 'further' });
    await database.pool.query(
      `INSERT INTO further VALUES (7, 1, 'B04', 9, 1, 0, 1, 1, 1, 1, 1, 0.5, 0.25, 'x')`,
    );
    for (const view of ['current', 'best'])
      assert.deepEqual(await query(database.pool, `SELECT p75, p95, valid FROM parcelwise.further_${view}`), [
        { p75: 1, p95: 0.5, valid: 0.25 },
      ]);
    await assert.rejects(query(database.pool, 'SELECT note FROM parcelwise.further_best'), /note/);
    await database.pool.query('ALTER TABLE further ADD skew real');
    await make({ results: 'further' });
    assert.deepEqual(await query(database.pool, 'SELECT skew FROM parcelwise.further_best'), [
      { skew: null },
    ]);
  });
});
