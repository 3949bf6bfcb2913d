import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { exportFile, formatOf } from '../../export/one-file.js';
import type { ExportRequest } from '../../export/request.js';
import { openPlaceOfFile } from '../../store/open-place.js';
import { skipWithoutServer } from '../database/database.js';
import { temporaryFolder } from '../temporary-folder.js';
import { ExportedSeason, REQUEST } from './exported-season.js';
import { readParquet } from './read-parquet.js';

const hasGdal = ((): boolean => {
  try {
    execFileSync('ogrinfo', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

describe('an export to one file', { skip: skipWithoutServer }, () => {
  const root = temporaryFolder('export-file');
  let season: ExportedSeason;
  before(async () => {
    season = await ExportedSeason.make(root);
    await season.query(
      `ALTER TABLE parcels ADD COLUMN crop text, ADD COLUMN code smallint, ADD COLUMN sown date, ADD COLUMN organic boolean`,
    );
    await season.query(
      `UPDATE parcels SET crop = '007', code = ogc_fid, sown = DATE '2023-10-01', organic = ogc_fid % 2 = 0 WHERE ogc_fid < 40`,
    );
  });
  after(() => season.database.drop());

  async function write(file: string, changes: Partial<ExportRequest> = {}) {
    const { place, name } = await openPlaceOfFile(season.pathOf(file), undefined, {});
    try {
      return await exportFile(place, name, season.database.pool, { ...REQUEST, ...changes });
    } finally {
      await place.close();
    }
  }

  it('is told by its ending', () => {
    assert.deepEqual(['a.parquet', 's3://b/c/d.CSV', 'e.gpkg', 'folder', 'csv', 'a.parquet/'].map(formatOf), [
      'parquet',
      'csv',
      'gpkg',
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('holds all rows, beside what else lies there, and is written anew', async () => {
    writeFileSync(season.pathOf('letter.txt'), 'dear reader');
    const { rows } = await write('series.parquet');
    assert.equal(rows, 2 * 38 * 3);
    assert.deepEqual(readdirSync(root).sort(), ['letter.txt', 'series.parquet']);
    assert.equal((await readParquet(season.pathOf('series.parquet'))).length, rows);
    await write('series.parquet', { bands: ['B04'] });
    assert.equal((await readParquet(season.pathOf('series.parquet'))).length, 2 * 38);
  });

  it("is in the columns of JRC's Parcel Viewer where they are asked for", async () => {
    await write('spv.csv', { layout: 'spv', format: 'csv', bands: ['B08'] });
    const [head, first] = readFileSync(season.pathOf('spv.csv'), 'utf8').split('\n');
    assert.equal(
      head,
      'Field_ID,acq_date,band_mean,band_count,band_std,band_median,band_25p,band_75p,band_max,band_min,band',
    );
    const [row] = await season.query(`SELECT * FROM sigs WHERE band = 'B08' ORDER BY pid, obsid LIMIT 1`);
    const { pid, mean, count, std, p50, p25, p75, max, min } = row!;
    assert.equal(
      first,
      [pid, '2024-03-02', mean, count, std, p50, p25, p75, max, min, 'B08'].map(String).join(),
    );
  });

  it('stays as it is where there is no row, and leaves scenes in work out', async () => {
    assert.deepEqual(await write('none.parquet', { bands: ['B99'] }), { rows: 0, bytes: 0, waiting: 0 });
    assert.ok(!readdirSync(root).includes('none.parquet'));
    await season.query(`UPDATE parcelwise.extraction SET status = 'inprogress' WHERE obsid = 2`);
    try {
      const { rows, waiting } = await write('settled.parquet');
      assert.deepEqual([rows, waiting], [38 * 3, 1]);
    } finally {
      await season.query(`UPDATE parcelwise.extraction SET status = 'extracted' WHERE obsid = 2`);
    }
  });

  it(
    'as GeoPackage has outlines, types and NULLs as the table has',
    { skip: !hasGdal && 'GDAL is not installed' },
    async () => {
      await write('parcels.gpkg', { what: ['parcels'], format: 'gpkg' });
      const layer = JSON.parse(
        execFileSync('ogr2ogr', ['-f', 'GeoJSON', '/vsistdout/', season.pathOf('parcels.gpkg'), 'parcels'], {
          encoding: 'utf8',
        }),
      ) as {
        features: {
          properties: Record<string, unknown>;
          geometry: { type: string; coordinates: number[][][][] };
        }[];
      };
      assert.equal(layer.features.length, 40);
      const third = layer.features.find(({ properties }) => properties.pid === 3)!;
      const { id, crop, code, sown, organic } = third.properties;
      assert.deepEqual([id, crop, code, sown, organic], ['3', '007', 3, '2023-10-01', false]);
      assert.equal(layer.features.find(({ properties }) => properties.pid === 40)!.properties.crop, null);
      const [corner] = await season.query(
        `SELECT ST_X(p) AS x, ST_Y(p) AS y FROM (SELECT ST_StartPoint(ST_ExteriorRing(ST_Transform(wkb_geometry, 4326))) AS p FROM parcels WHERE ogc_fid = 3) AS one`,
      );
      assert.equal(third.geometry.type, 'MultiPolygon');
      const [x, y] = third.geometry.coordinates[0]![0]![0]!;
      assert.ok(Math.abs(x! - Number(corner!.x)) < 1e-7 && Math.abs(y! - Number(corner!.y)) < 1e-7);
      assert.ok(!readdirSync(root).some((name) => name.startsWith('.writing')));
    },
  );

  it('as GeoPackage holds series too', { skip: !hasGdal && 'GDAL is not installed' }, async () => {
    await write('series.gpkg', { format: 'gpkg', bands: ['B04'] });
    const told = execFileSync(
      'ogrinfo',
      ['-al', season.pathOf('series.gpkg'), 'series', '-where', 'pid = 1 AND obsid = 2'],
      { encoding: 'utf8' },
    );
    assert.match(told, /Feature Count: 1\n/);
    assert.match(told, /obstime \(DateTime\) = 2024\/03\/02 10:56:19\.123\+00/);
    assert.match(told, /mean \(Real(\(Float32\))?\) = 2(\.0)?\n/);
  });

  it('says how ogr2ogr is had where it is not there', async () => {
    const { PATH } = process.env;
    process.env.PATH = season.pathOf('nowhere');
    mkdirSync(season.pathOf('nowhere'));
    try {
      await assert.rejects(
        write('away.gpkg', { what: ['parcels'], format: 'gpkg' }),
        /ogr2ogr, which is not on the PATH; install it \(Debian: apt-get install gdal-bin\)/,
      );
    } finally {
      process.env.PATH = PATH;
    }
  });
});
