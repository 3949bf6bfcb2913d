/** The season in a real PostGIS, and the series asked back from it. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import pg from 'pg';
import type { Tables } from '../../database/terms.js';
import { loadSeason } from '../../demo/season/load-season.js';
import { world } from '../../demo/season/world.js';
import { clearestParcel, clearRows, ndviSeries } from '../../demo/series.js';

const SERVER = process.env.PARCELWISE_TEST_PG;
const DATABASE = `season_${process.pid}`;
const SHARED = { catalogue: 'ms.dias_catalogue', aois: 'ms.aois', parcels: 'ms.parcels_2024' };
const SERIES_TABLES = { ...SHARED, results: 'ms.sigs_s2', clear: 'ms.clear_s2' };
const CAMPAIGNS: Tables[] = [
  { ...SERIES_TABLES, hists: 'ms.hists' },
  { ...SHARED, results: 'ms.sigs_bs' },
];

describe(
  'the season in the database',
  { skip: SERVER === undefined && 'PARCELWISE_TEST_PG is not set' },
  () => {
    const made = world(7);
    let pool: pg.Pool;

    async function one<Row extends pg.QueryResultRow>(sql: string, values: unknown[] = []): Promise<Row> {
      return (await pool.query<Row>(sql, values)).rows[0]!;
    }

    before(async () => {
      await onServer(`CREATE DATABASE ${DATABASE}`);
      const url = new URL(SERVER!);
      url.pathname = DATABASE;
      pool = new pg.Pool({ connectionString: url.href });
    });
    after(async () => {
      await pool.end();
      await onServer(`DROP DATABASE ${DATABASE}`);
    });

    it('is loaded whole, and again from the start', async () => {
      for (let time = 0; time < 2; time++) {
        await loadSeason(pool, made, CAMPAIGNS);
        const scenes = await one<{ count: number; first: number; valid: boolean }>(
          `SELECT count(*)::int, min(id) AS first, bool_and(ST_IsValid(footprint)) AS valid
         FROM ms.dias_catalogue WHERE status = 'ingested'`,
        );
        assert.deepEqual(scenes, { count: made.scenes.length, first: 1, valid: true });
        const parcels = await one<{ count: number; missing: number; srid: number; invalid: number }>(
          `SELECT count(*)::int, count(*) FILTER (WHERE wkb_geometry IS NULL)::int AS missing,
                max(ST_SRID(wkb_geometry)) AS srid, count(*) FILTER (WHERE NOT ST_IsValid(wkb_geometry))::int AS invalid
         FROM ms.parcels_2024`,
        );
        assert.deepEqual(parcels, { count: made.parcels.length, missing: 1, srid: 28992, invalid: 1 });
        assert.deepEqual(await one('SELECT count(*)::int FROM ms.sigs_bs'), { count: 0 });
        assert.equal(await clearRows(pool, SERIES_TABLES), 0);
        assert.deepEqual(await one('SELECT count(*)::int FROM parcelwise.extraction'), { count: 0 });
        assert.deepEqual(await one('SELECT name, ST_IsValid(wkb_geometry) AS valid FROM ms.aois'), {
          name: made.aoi.name,
          valid: true,
        });
        await pool.query(`UPDATE ms.dias_catalogue SET status = 'extracted'`);
        await pool.query(
          `INSERT INTO parcelwise.extraction
           (results_table, obsid, catalogue_table, card, bands, campaign, status, owner_workflow, owner_run)
         VALUES ('ms.sigs_bs', 17, 'ms.dias_catalogue', 'bs', '{VV}', 'demo', 'extracted', 'scene/17', 'run')`,
        );
        await pool.query(`INSERT INTO ms.sigs_bs (pid, obsid, band) VALUES (1, 1, 'VVb')`);
        await pool.query(`INSERT INTO ms.clear_s2 (pid, obsid, band) VALUES (1, 1, 'NDV')`);
      }
    });

    it('lies in the Netherlands: parcels meet the footprints', async () => {
      const met = await one<{ share: number }>(
        `SELECT avg(ST_Intersects(ST_Transform(p.wkb_geometry, 4326), c.footprint)::int)::float8 AS share
       FROM ms.parcels_2024 p, ms.dias_catalogue c
       WHERE c.reference LIKE 'S2B_MSIL2A_20240921%' AND ST_IsValid(p.wkb_geometry)`,
      );
      assert.ok(met.share > 0.85 && met.share < 1, `${met.share}`);
    });

    it('gives back raw and clear NDVI, scene by scene, and the parcel that they show best', async () => {
      await loadSeason(pool, made, CAMPAIGNS);
      const [whole, cloudier, other] = made.parcels.filter(({ crop }) => crop === 'sugar beet');
      const pids = [whole!.fid, cloudier!.fid, other!.fid] as const;
      const days = ['2024-04-06', '2024-04-24', '2024-08-07', '2024-09-21'];
      const ids = days.map(
        (day) => made.scenes.findIndex(({ card, obstime }) => card === 's2' && obstime.startsWith(day)) + 1,
      );
      await pool.query(`UPDATE ms.dias_catalogue SET status = 'extracted' WHERE id = ANY ($1)`, [ids]);
      const store = async (table: string, pid: number, scene: number, count: number, mean: number) =>
        pool.query(
          `INSERT INTO ms.${table} (pid, obsid, band, count, mean) VALUES ($1, $2, 'NDV', $3, $4), ($1, $2, 'B04', $3, 9)`,
          [pid, ids[scene], count, mean],
        );
      for (const pid of pids) {
        await store('sigs_s2', pid, 0, 30, 0.25);
        await store('clear_s2', pid, 0, 30, 0.25);
        await store('sigs_s2', pid, 1, 30, 0.125);
        // The first is whole here; what clouds left of the second is clear; of the third nothing.
        if (pid === pids[0]) await store('clear_s2', pid, 1, 30, 0.125);
        if (pid === pids[1]) await store('clear_s2', pid, 1, 20, 0.75);
        await store('sigs_s2', pid, 2, 30, 0.5);
      }
      assert.deepEqual(await ndviSeries(pool, SERIES_TABLES, pids[1]), [
        { date: days[0], raw: 0.25, clear: 0.25 },
        { date: days[1], raw: 0.125, clear: 0.75 },
        { date: days[2], raw: 0.5, clear: null },
        { date: days[3], raw: null, clear: null },
      ]);
      assert.equal(await clearRows(pool, SERIES_TABLES), 10);
      assert.equal(await clearestParcel(pool, SERIES_TABLES, 'sugar beet'), pids[1]);
      assert.equal(await clearestParcel(pool, SERIES_TABLES, 'rice'), undefined);
    });

    it('refuses tables that hold something else, and leaves them as they are', async () => {
      await pool.query(
        `CREATE TABLE ms.mine (ogc_fid int, wkb_geometry geometry); INSERT INTO ms.mine VALUES (1)`,
      );
      await assert.rejects(
        loadSeason(pool, made, [{ ...SERIES_TABLES, parcels: 'ms.mine' }]),
        /ms\.mine.*not the demo's/,
      );
      assert.deepEqual(await one('SELECT count(*)::int FROM ms.mine'), { count: 1 });
    });
  },
);

async function onServer(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: SERVER });
  await client.connect();
  await client.query(sql);
  await client.end();
}
