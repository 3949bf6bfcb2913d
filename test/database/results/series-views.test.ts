import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { tellOrbits } from '../../../campaigns/tell-orbits.js';
import { VIEWED_CARDS } from '../../../campaigns/viewed-cards.js';
import { makeResultsViews } from '../../../database/results/results-views.js';
import { query } from '../../../database/session/session.js';
import { createDatabase, skipWithoutServer, type TestDatabase } from '../database.js';
import { makeSeason, SELECTION } from '../season.js';

const CLEAR = '{"4": 25}';
const CLOUDED = '{"4": 15, "8": 10}';

/** Rows of a parcel and scene: the mean of each band. */
interface Rows {
  readonly pid?: number;
  readonly count?: number;
  readonly hist?: string;
  readonly clear?: Readonly<Record<string, number>>;
}

for (const type of ['char(3)', 'text'])
  describe(`series of a results table whose column band is ${type}`, { skip: skipWithoutServer }, () => {
    let database: TestDatabase;
    before(async () => {
      database = await createDatabase();
      await makeSeason(database.pool);
      await database.pool.query(`
        ALTER TABLE sigs ALTER band TYPE ${type}; CREATE TABLE clear (LIKE sigs);
        CREATE TABLE raw (LIKE sigs)`);
      await makeResultsViews(database.pool, { ...SELECTION.tables, clear: 'clear' }, VIEWED_CARDS);
      await makeResultsViews(database.pool, { ...SELECTION.tables, results: 'raw' }, VIEWED_CARDS);
    });
    beforeEach(async () => {
      await database.pool.query(
        `TRUNCATE sigs, clear, raw, hists; DELETE FROM parcelwise.extraction; DELETE FROM parcelwise.orbit;
         DELETE FROM dias_catalogue`,
      );
    });
    after(() => database.drop());

    async function optical(obsid: number, day: string, tile = '31UES'): Promise<void> {
      const reference = `S2A_MSIL2A_${day.replaceAll('-', '')}T105619_N0510_R094_T${tile}_${obsid}.SAFE`;
      await scene(obsid, `${day} 10:56:19`, 's2', reference);
    }
    async function scene(obsid: number, obstime: string, card: string, reference: string): Promise<void> {
      await database.pool.query(
        `INSERT INTO dias_catalogue (id, obstime, reference, sensor, card, status, footprint)
         VALUES ($1, $2, $3, '2A', $4, 'extracted', ST_MakeEnvelope(2.9, 50.8, 3.2, 51.1, 4326))`,
        [obsid, obstime, reference, card],
      );
      await tellOrbits(database.pool, { key: 'public.dias_catalogue' });
    }
    async function store(
      obsid: number,
      means: Readonly<Record<string, number>>,
      { pid = 7, count = 100, hist, clear }: Rows = {},
    ): Promise<void> {
      const insert = async (table: string, rows: Readonly<Record<string, number>>, pixels: number) => {
        for (const [band, mean] of Object.entries(rows))
          await database.pool.query(`INSERT INTO ${table} VALUES ($1, $2, $3, $4, $5, 0.5, 0, 0, 0, 0, 0)`, [
            ...[pid, obsid, band],
            ...[band === 'SC' ? pixels / 4 : pixels, mean],
          ]);
      };
      for (const table of ['sigs', 'raw']) await insert(table, means, count);
      if (clear !== undefined) await insert('clear', clear, count / 2);
      if (hist !== undefined)
        await database.pool.query('INSERT INTO hists VALUES ($1, $2, $3)', [pid, obsid, hist]);
    }
    const ask = (sql: string) => query(database.pool, sql);

    it('are there, and empty, where nothing is stored', async () => {
      for (const view of ['sigs_series', 'sigs_dekads', 'raw_series', 'raw_dekads'])
        assert.deepEqual(await ask(`SELECT * FROM parcelwise.${view}`), []);
    });

    it('have a row a parcel and date: bands side by side, raw and clear, with cloud and orbit', async () => {
      await optical(1, '2024-03-02');
      await optical(2, '2024-03-12');
      const clear = { B04: 600, B08: 3000, NDV: 0.75 };
      await store(1, { B4: 500, B8: 2500, SC: 4, NDV: 0.5 }, { hist: CLOUDED, clear });
      await store(
        2,
        { B04: 700, B08: 2100, SC: 4, [type === 'text' ? 'NDVI' : 'NDV']: 0.25 },
        { hist: CLEAR, pid: 8 },
      );
      assert.deepEqual(
        await ask(
          `
          SELECT pid, day::text, card, obsid, tile, relative_orbit AS orbit, pass, cloud, pixels, pixels_clear, b04, b08, b11,
                 ndvi, ndvi_std::numeric(3, 1) AS std, b04_clear, b08_clear, ndvi_clear
          FROM parcelwise.sigs_series ORDER BY day`,
        ),
        [
          {
            ...{
              pid: 7,
              day: '2024-03-02',
              card: 's2',
              obsid: 1,
              tile: '31UES',
              orbit: 94,
              pass: 'descending',
            },
            ...{
              cloud: 40,
              pixels: 100,
              pixels_clear: 50,
              b04: 500,
              b08: 2500,
              b11: null,
              ndvi: 0.5,
              std: '0.5',
            },
            ...{ b04_clear: 600, b08_clear: 3000, ndvi_clear: 0.75 },
          },
          {
            ...{
              pid: 8,
              day: '2024-03-12',
              card: 's2',
              obsid: 2,
              tile: '31UES',
              orbit: 94,
              pass: 'descending',
            },
            ...{ cloud: 0, pixels: 100, pixels_clear: null, b04: 700, b08: 2100, b11: null, ndvi: 0.25 },
            ...{ std: '0.5', b04_clear: null, b08_clear: null, ndvi_clear: null },
          },
        ],
      );
    });

    it('take the best of two tiles on one day', async () => {
      await optical(1, '2024-03-02');
      await optical(2, '2024-03-02', '31UFS');
      await store(1, { B04: 1, SC: 4 }, { hist: CLOUDED, clear: { B04: 11 } });
      await store(2, { B04: 2, SC: 4 }, { hist: CLEAR, clear: { B04: 22 } });
      assert.deepEqual(
        await ask(`SELECT obsid, b04, b04_clear, overlap, observations FROM parcelwise.sigs_series`),
        [{ obsid: 2, b04: 2, b04_clear: 22, overlap: 'tile', observations: 2 }],
      );
    });

    it('reckon NDVI of means of harmonised numbers only, and never divide by zero', async () => {
      await optical(1, '2024-03-02');
      await optical(2, '2024-03-12');
      await optical(3, '2024-03-22');
      await store(1, { B04: 500, B08: 1500 }, { clear: { B04: 1, B08: 3 } });
      await store(2, { B04: 500, B08: 1500 });
      await store(3, { B04: 500, B08: -500 });
      const series = () =>
        ask(
          `SELECT obsid, ndvi, ndvi_of_means AS of_means, ndvi_of_means_clear AS clear FROM parcelwise.sigs_series ORDER BY day`,
        );
      const unknown = { ndvi: null, of_means: null, clear: null };
      assert.deepEqual(
        await series(),
        [1, 2, 3].map((obsid) => ({ obsid, ...unknown })),
      );
      await database.pool.query(`
        INSERT INTO parcelwise.extraction
          (results_table, obsid, catalogue_table, card, bands, campaign, status, owner_workflow, owner_run, facts)
        SELECT 'public.sigs', id, 'public.dias_catalogue', 's2', '{B04}', 'x', 'extracted', 'x', 'x',
               jsonb_build_object('radiometry', CASE id WHEN 2 THEN 'raw' ELSE 'harmonised' END) FROM generate_series(1, 3) AS id`);
      assert.deepEqual(await series(), [
        { obsid: 1, ndvi: null, of_means: 0.5, clear: 0.5 },
        { obsid: 2, ...unknown },
        { obsid: 3, ...unknown },
      ]);
    });

    it('have radar in decibels and as a ratio, by either preset, coherence apart', async () => {
      const radar = (start: string, end: string) =>
        `S1A_IW_GRDH_1SDV_${start}_${start}_052798_06574A_9703${end}`;
      await scene(1, '2024-03-02 05:58:19', 'bs', radar('20240302T055819', '_CARD_BS'));
      await scene(2, '2024-03-14 05:58:19', 'bs', radar('20240314T055819', '_CARD_BS'));
      await scene(3, '2024-03-14 05:58:19', 'c6', 'S1A_20240314T055819_20240302T055819_DESC_CARD_COH6');
      await store(1, { VVb: 0.1, VHb: 0.01, CR: 0.125 });
      await store(2, { VV: 0, VH: 0.25 });
      await store(3, { VV: 0.5, VH: 0.25 });
      assert.deepEqual(
        await ask(`
          SELECT obsid, vvb::numeric(4, 2), vhb::numeric(4, 2), vvb_db::numeric(4, 1), vhb_db::numeric(4, 1), cr,
                 cr_of_means::numeric(4, 2) AS ratio, vvc, vhc, pass
          FROM parcelwise.sigs_series ORDER BY obsid`),
        [
          {
            ...{
              obsid: 1,
              vvb: '0.10',
              vhb: '0.01',
              vvb_db: '-10.0',
              vhb_db: '-20.0',
              cr: 0.125,
              ratio: '0.10',
            },
            ...{ vvc: null, vhc: null, pass: 'descending' },
          },
          {
            ...{ obsid: 2, vvb: '0.00', vhb: '0.25', vvb_db: null, vhb_db: '-6.0', cr: null, ratio: null },
            ...{ vvc: null, vhc: null, pass: 'descending' },
          },
          {
            ...{ obsid: 3, vvb: null, vhb: null, vvb_db: null, vhb_db: null, cr: null, ratio: null },
            ...{ vvc: 0.5, vhc: 0.25, pass: 'descending' },
          },
        ],
      );
    });

    it('have medians by dekad of what is clear: 1 to 10, 11 to 20, 21 to the end', async () => {
      const days = [
        '2024-02-29',
        '2024-03-01',
        '2024-03-10',
        '2024-03-11',
        '2024-03-20',
        '2024-03-21',
        '2024-03-31',
      ];
      for (const [index, day] of days.entries()) {
        await optical(index + 1, day);
        await store(index + 1, { B04: index, SC: 4, NDV: 0 }, { hist: CLEAR, clear: { B04: 10 * index } });
      }
      await optical(8, '2024-03-05');
      await store(8, { B04: 1000, SC: 9 }, { hist: '{"9": 25}' });
      const expected = (factor: number) => [
        { dekad: '2024-02-21', observations: 1, b04: 0 },
        { dekad: '2024-03-01', observations: 2, b04: 1.5 * factor },
        { dekad: '2024-03-11', observations: 2, b04: 3.5 * factor },
        { dekad: '2024-03-21', observations: 2, b04: 5.5 * factor },
      ];
      const dekads = (table: string) =>
        ask(`SELECT dekad::text, observations, b04 FROM parcelwise.${table}_dekads ORDER BY dekad`);
      assert.deepEqual(await dekads('sigs'), expected(10), 'with a clear table');
      assert.deepEqual(await dekads('raw'), expected(1), 'by histograms');
    });

    it('show a parcel that was skipped with its clouds and nothing else, where no other scene of the day measured it', async () => {
      await optical(1, '2024-03-02');
      await optical(2, '2024-03-12');
      await optical(3, '2024-03-12', '31UFS');
      await optical(4, '2024-03-22');
      await store(1, { SC: 9 }, { hist: '{"9": 25}' });
      await store(2, { SC: 9 }, { hist: '{"8": 25}' });
      await store(3, { B04: 700, SC: 4 }, { hist: '{"4": 10}', count: 40, clear: { B04: 600 } });
      // Dark areas are left out by some people's rule, and no cloud by CbM's.
      await store(4, { SC: 2 }, { hist: '{"2": 25}' });
      assert.deepEqual(
        await ask(
          'SELECT day::text, obsid, cloud, pixels, skipped, b04, b04_clear FROM parcelwise.sigs_series ORDER BY day',
        ),
        [
          {
            ...{ day: '2024-03-02', obsid: 1, cloud: 100, pixels: 25, skipped: true },
            ...{ b04: null, b04_clear: null },
          },
          {
            ...{ day: '2024-03-12', obsid: 3, cloud: 0, pixels: 40, skipped: false },
            ...{ b04: 700, b04_clear: 600 },
          },
          {
            ...{ day: '2024-03-22', obsid: 4, cloud: 0, pixels: 25, skipped: true },
            ...{ b04: null, b04_clear: null },
          },
        ],
      );
      for (const view of ['sigs_dekads', 'raw_dekads'])
        assert.deepEqual(await ask(`SELECT dekad::text, observations FROM parcelwise.${view}`), [
          { dekad: '2024-03-11', observations: 1 },
        ]);
      assert.deepEqual(
        await ask('SELECT obsid, trim(band) AS band FROM parcelwise.sigs_best ORDER BY obsid, 2'),
        [
          { obsid: 1, band: 'SC' },
          { obsid: 3, band: 'B04' },
          { obsid: 3, band: 'SC' },
          { obsid: 4, band: 'SC' },
        ],
      );
      assert.equal((await ask('SELECT FROM parcelwise.sigs_current')).length, 5);
    });

    it('have no dekad of cloudy dates alone, and one of raw values for radar, by track', async () => {
      await optical(1, '2024-03-02');
      await store(1, { B04: 5, SC: 9 }, { hist: CLOUDED });
      for (const [obsid, absolute] of [52798, 52799, 52973].entries())
        await scene(
          obsid + 2,
          `2024-03-0${obsid + 3}`,
          'bs',
          `S1A_IW_GRDH_1SDV_2024030${obsid + 3}T055819_20240303T055819_0${absolute}_06574A_9703_CARD_BS`,
        );
      for (const [obsid, mean] of [1, 10, 3].entries()) await store(obsid + 2, { VVb: mean });
      const expected = [
        { card: 'bs', orbit: 51, dekad: '2024-03-01', observations: 2, b04: null, vvb: 2 },
        { card: 'bs', orbit: 52, dekad: '2024-03-01', observations: 1, b04: null, vvb: 10 },
      ];
      for (const table of ['sigs', 'raw'])
        assert.deepEqual(
          await ask(`
            SELECT card, relative_orbit AS orbit, dekad::text, observations, b04, vvb FROM parcelwise.${table}_dekads
            ORDER BY relative_orbit`),
          expected,
          table,
        );
    });

    it("have a column of each index of one's own, configured or stored, of any CARD type", async () => {
      const name = type === 'text' ? 'MY_INDEX' : 'ABC';
      await optical(1, '2024-03-02');
      await scene(
        2,
        '2024-03-03 05:58:19',
        'bs',
        'S1A_IW_GRDH_1SDV_20240303T055819_20240303T055819_052798_06574A_9703_CARD_BS',
      );
      await store(1, { B04: 1, [name]: 0.25, DAY: 2, xyz: 8, SC: 4 }, { clear: { B04: 1, [name]: 0.5 } });
      await store(2, { VVb: 1, [name]: 0.75 });
      await database.pool.query(
        `INSERT INTO parcelwise.extraction (results_table, obsid, catalogue_table, card, bands, campaign, status, owner_workflow, owner_run)
         VALUES ('public.sigs', 1, 'public.dias_catalogue', 's2', $1, 'x', 'extracted', 'x', 'x')`,
        [['B04', 'SC', name, 'xyz']],
      );
      const make = (...own: string[]) =>
        makeResultsViews(database.pool, { ...SELECTION.tables, clear: 'clear' }, VIEWED_CARDS, own);
      await make('XYZ', 'DAY', 'L'.repeat(70));
      const column = type === 'text' ? 'my_index_index' : 'abc';
      assert.deepEqual(
        await ask(
          `SELECT obsid, ${column} AS own, ${column}_clear AS clear, day_index, xyz FROM parcelwise.sigs_series ORDER BY 1`,
        ),
        [
          { obsid: 1, own: 0.25, clear: 0.5, day_index: 2, xyz: 8 },
          { obsid: 2, own: 0.75, clear: null, day_index: null, xyz: null },
        ],
      );
      assert.deepEqual(await ask(`SELECT card, ${column} AS own FROM parcelwise.sigs_dekads ORDER BY card`), [
        { card: 'bs', own: 0.75 },
        { card: 's2', own: 0.5 },
      ]);
      await make();
      const columns = await ask(
        `SELECT attname FROM pg_attribute WHERE attrelid = 'parcelwise.sigs_series'::regclass AND attname ~ '^(day_index|xyz|${column})$' ORDER BY 1`,
      );
      assert.deepEqual(
        columns,
        [{ attname: column }, { attname: 'xyz' }],
        'those that the table has rows of stay',
      );
    });

    it('carry a parcel down to all tables', async () => {
      const client = await database.pool.connect();
      try {
        await client.query('BEGIN; SET LOCAL enable_seqscan = off');
        await client.query(
          'CREATE INDEX ON sigs (pid); CREATE INDEX ON clear (pid); CREATE INDEX ON hists (pid)',
        );
        const { rows } = await client.query<{ 'QUERY PLAN': string }>(
          'EXPLAIN (COSTS OFF) SELECT day, cloud, b04, b04_clear FROM parcelwise.sigs_series WHERE pid = 7',
        );
        const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
        assert.equal(plan.match(/Index Cond: \(pid = 7\)/g)?.length, 4, plan);
      } finally {
        await client.query('ROLLBACK');
        client.release();
      }
    });
  });
