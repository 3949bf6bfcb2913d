/** The season in a real PostGIS, and the series asked back from it. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import pg from 'pg';
import type { Tables } from '../../database/terms.js';
import type { Polygon } from '../../demo/season/area.js';
import { loadSeason } from '../../demo/season/load-season.js';
import { painter } from '../../demo/season/painter.js';
import { pixelsInside } from './pixels-inside.js';
import { world } from '../../demo/season/world.js';
import { clearestParcel, ndviSeries } from '../../demo/series.js';

const SERVER = process.env.PARCELWISE_TEST_PG;
const DATABASE = `season_${process.pid}`;
const SHARED = { catalogue: 'ms.dias_catalogue', aois: 'ms.aois', parcels: 'ms.parcels_2024' };
const SERIES_TABLES = { ...SHARED, results: 'ms.sigs_s2', hists: 'ms.hists' };
const CAMPAIGNS: Tables[] = [SERIES_TABLES, { ...SHARED, results: 'ms.sigs_bs' }];

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

    it('gives back the NDVI of its own pixels, as CbM asks for it', async () => {
      await loadSeason(pool, made, CAMPAIGNS);
      const paint = painter(made);
      const pid = made.parcels.find(
        ({ crop, parts }) => crop === 'sugar beet' && parts && parts.length > 1,
      )!.fid;
      const parts = await storedParts(pid);
      const days = ['2024-04-06', '2024-04-24', '2024-08-07'];
      const expected: { date: string; value: number | null; cloudy: boolean }[] = [];
      for (const day of days) {
        const scene = made.scenes.find(({ card, obstime }) => card === 's2' && obstime.startsWith(day))!;
        const obsid = made.scenes.indexOf(scene) + 1;
        const [red, nir, classes] = paint(scene).map((band) => pixelsInside(parts, band)) as [
          number[],
          number[],
          number[],
        ];
        await pool.query(`UPDATE ms.dias_catalogue SET status = 'extracted' WHERE id = $1`, [obsid]);
        if (red.length === 0) {
          expected.push({ date: day, value: null, cloudy: false });
          continue;
        }
        const hist: Record<number, number> = {};
        for (const value of classes) hist[value] = (hist[value] ?? 0) + 1;
        const [r, n] = [mean(red), mean(nir)];
        await pool.query(
          `INSERT INTO ms.sigs_s2 (pid, obsid, band, count, mean) VALUES ($1, $2, 'B04', $3, $4), ($1, $2, 'B08', $3, $5)`,
          [pid, obsid, red.length, r, n],
        );
        await pool.query('INSERT INTO ms.hists VALUES ($1, $2, $3)', [pid, obsid, hist]);
        const cloudy = classes.some((value) => [3, 8, 9, 10, 11].includes(value));
        expected.push({ date: day, value: (n - r) / (n + r - 2000), cloudy });
      }
      const series = await ndviSeries(pool, SERIES_TABLES, pid);
      assert.deepEqual(
        series.map(({ date, cloudy }) => ({ date, cloudy })),
        expected.map(({ date, cloudy }) => ({ date, cloudy })),
      );
      series.forEach(({ value }, i) => {
        const wanted = expected[i]!.value;
        if (wanted === null) assert.equal(value, null);
        else assert.ok(Math.abs(value! - wanted) < 1e-5, `${value} is not ${wanted}`);
      });
      assert.equal(await clearestParcel(pool, SERIES_TABLES, 'sugar beet'), pid);
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

    /** The parcel as the extraction gets it: transformed by PostGIS to the scene's CRS. */
    async function storedParts(pid: number): Promise<Polygon[]> {
      const { json } = await one<{ json: string }>(
        `SELECT ST_AsGeoJSON(ST_Multi(ST_Transform(wkb_geometry, 32631)), 15) AS json
       FROM ms.parcels_2024 WHERE ogc_fid = $1`,
        [pid],
      );
      return (JSON.parse(json) as { coordinates: Polygon[] }).coordinates;
    }
  },
);

async function onServer(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: SERVER });
  await client.connect();
  await client.query(sql);
  await client.end();
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
