import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { createDatabase, serverUrl, skipWithoutServer, type TestDatabase } from '../database/database.js';
import { parcelwise, type Run } from './command.js';

const OGR2OGR = findProgram('ogr2ogr');
const skip = skipWithoutServer || (OGR2OGR === undefined ? 'ogr2ogr is not installed' : false);

function findProgram(name: string): string | undefined {
  try {
    return execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
}

/** Squares of a hectare, 500 m apart, numbered by `nr`, from 101 on; the last is a polygon with a hole. */
function collection(
  count: number,
  change: (properties: Record<string, unknown>, i: number) => object = (p) => p,
) {
  const features = Array.from({ length: count }, (_, i) => {
    const [x, y] = [5 + 0.01 * i, 51];
    const ring = (d: number, s: number) => [
      [x + d, y + d],
      [x + s, y + d],
      [x + s, y + s],
      [x + d, y + s],
      [x + d, y + d],
    ];
    const coordinates = i === count - 1 ? [ring(0, 0.0015), ring(0.0005, 0.001)] : [ring(0, 0.0015)];
    return {
      type: 'Feature',
      properties: change({ nr: 101 + i, crop: `c${i}` }, i),
      geometry: { type: 'Polygon', coordinates },
    };
  });
  return JSON.stringify({ type: 'FeatureCollection', features });
}

describe('parcelwise parcels import', { skip }, () => {
  let database: TestDatabase;
  let folder: string;
  let geojson: string;
  before(async () => {
    database = await createDatabase();
    folder = await mkdtemp(join(tmpdir(), 'parcelwise-import-'));
    geojson = join(folder, 'parcels.geojson');
    await writeFile(geojson, collection(12));
  });
  beforeEach(async () => {
    await database.pool.query('DROP TABLE IF EXISTS parcels, ms.fields CASCADE');
  });
  after(async () => {
    await rm(folder, { recursive: true });
    await database.drop();
  });

  const run = (args: readonly string[], path = process.env.PATH ?? ''): Promise<Run> => {
    const url = new URL(serverUrl ?? '');
    url.pathname = `/${database.name}`;
    return parcelwise(['parcels', 'import', ...args], {
      cwd: folder,
      env: { DATABASE_URL: url.href, PATH: path },
    });
  };
  const convert = (name: string, ...options: string[]): string => {
    const file = join(folder, name);
    execFileSync(OGR2OGR!, ['-q', ...options, file, geojson], { stdio: ['ignore', 'ignore', 'ignore'] });
    return file;
  };
  const read = async (table: string) => {
    const { rows } = await database.pool.query<{ ids: number[]; type: string; srid: number; area: number }>(
      `SELECT array_agg(ogc_fid ORDER BY ogc_fid) AS ids, min(GeometryType(wkb_geometry)) AS type, min(ST_SRID(wkb_geometry)) AS srid,
              round(sum(ST_Area(ST_Transform(wkb_geometry, 4326)::geography)))::float8 AS area FROM ${table}`,
    );
    return rows[0]!;
  };

  it('makes a table that a campaign takes as it is, and checks it', async () => {
    const { code, out, err } = await run([geojson, 'parcels']);
    assert.deepEqual([code, err], [0, '']);
    assert.match(out, /^public\.parcels: 12 parcels, EPSG:4326\n\nlarge enough .*\n.*\n.*\n\nready/);
    const { ids, type, srid } = await read('parcels');
    assert.deepEqual([ids, type, srid], [Array.from({ length: 12 }, (_, i) => i + 1), 'MULTIPOLYGON', 4326]);
    const { rows } = await database.pool.query(
      `SELECT count(*)::int AS indexes FROM pg_indexes WHERE tablename = 'parcels' AND (indexdef LIKE '%gist%' OR indexdef LIKE '%UNIQUE%')`,
    );
    assert.deepEqual(rows, [{ indexes: 2 }]);
    await database.pool.query(`INSERT INTO parcels (crop) VALUES ('new')`);
  });

  it('reads GeoPackage, Shapefile and its archive, numbers by a column, and transforms', async () => {
    const truth = await run([geojson, 'parcels']).then(() => read('parcels'));
    const files = [
      convert('fields.gpkg', '-f', 'GPKG', '-nln', 'fields'),
      convert('fields.shp', '-f', 'ESRI Shapefile'),
      convert('fields.shp.zip', '-f', 'ESRI Shapefile'),
    ];
    for (const file of files) {
      const { code, err } = await run([
        file,
        'ms.fields',
        '--replace',
        '--id-field',
        'NR',
        '--srid',
        '31370',
      ]);
      assert.deepEqual([code, err], [0, ''], file);
      const { ids, type, srid, area } = await read('ms.fields');
      assert.deepEqual([ids[0], ids.length, type, srid], [101, 12, 'MULTIPOLYGON', 31370], file);
      assert.ok(Math.abs(area - truth.area) < 20, `${area} m2 instead of ${truth.area}`);
    }
  });

  it("keeps the file's own feature ids where they are asked for", async () => {
    const file = convert(
      'ids.gpkg',
      '-f',
      'GPKG',
      '-preserve_fid',
      '-sql',
      'SELECT * FROM parcels WHERE nr > 105',
    );
    assert.equal((await run([file, 'parcels', '--id-field', 'fid'])).code, 0);
    const { ids } = await read('parcels');
    assert.deepEqual([ids.length, ids[0] === 1], [7, false]);
  });

  it('replaces a table only where it is told to, and only by a whole one', async () => {
    await run([geojson, 'parcels']);
    const refused = await run([geojson, 'parcels']);
    assert.equal(refused.code, 2);
    assert.match(refused.err, /there is a table public\.parcels already.*--replace/);
    const doubled = join(folder, 'doubled.geojson');
    await writeFile(
      doubled,
      collection(5, (properties, i) => ({ ...properties, nr: i < 2 ? 7 : i, code: `NL${i}` })),
    );
    const failed = await run([doubled, 'parcels', '--replace', '--id-field', 'nr']);
    assert.match(failed.err, /column nr does not number the parcels: 7 \(2 times\)/);
    assert.match((await run([doubled, 'parcels', '--replace', '--id-field', 'code'])).err, /NL0, NL1/);
    assert.match(
      (await run([doubled, 'parcels', '--replace', '--id-field', 'lost'])).err,
      /no column lost \(it has nr, crop, code/,
    );
    assert.equal((await read('parcels')).ids.length, 12);
    const { rows } = await database.pool.query(
      `SELECT relname FROM pg_class WHERE relname LIKE 'parcelwise_import%'`,
    );
    assert.deepEqual(rows, []);
    await database.pool.query('CREATE VIEW seen AS SELECT * FROM parcels');
    assert.match((await run([geojson, 'parcels', '--replace'])).err, /views or other tables depend on it/);
  });

  it('ends with 1 where the check of what was imported finds losses', async () => {
    const points = join(folder, 'points.geojson');
    await writeFile(
      points,
      JSON.stringify({
        type: 'FeatureCollection',
        features: [{ type: 'Feature', properties: {}, geometry: { type: 'Point', coordinates: [5, 51] } }],
      }),
    );
    const { code, out } = await run([points, 'parcels']);
    assert.equal(code, 1);
    assert.match(out, /geometries without any polygon: 1/);
  });

  it('shows no password to those who look at the processes', async () => {
    const bin = join(folder, 'bin');
    execFileSync('mkdir', ['-p', bin]);
    await writeFile(
      join(bin, 'ogr2ogr'),
      `#!/bin/sh\nprintf '%s\\n' "$@" >> ${folder}/args\nexec ${OGR2OGR} "$@"\n`,
    );
    await chmod(join(bin, 'ogr2ogr'), 0o755);
    const { code } = await run([geojson, 'parcels'], `${bin}${delimiter}${process.env.PATH}`);
    assert.equal(code, 0);
    const args = await readFile(join(folder, 'args'), 'utf8');
    assert.match(args, /PROMOTE_TO_MULTI/);
    const password = decodeURIComponent(new URL(serverUrl ?? '').password);
    assert.ok(password !== '' && !args.includes(password), 'the password stands on the command line');
  });

  it('says what to install where GDAL is missing', async () => {
    const missing = await run([geojson, 'parcels'], '/nowhere');
    assert.equal(missing.code, 2);
    assert.match(missing.err, /gdal-bin/);
    assert.match((await run([join(folder, 'none.gpkg'), 'parcels'])).err, /there is no such file/);
  });

  it('names the driver that GDAL lacks for GeoParquet, and how to do without', async () => {
    const bin = await fakeGdal('  GPKG -raster,vector- (rw+vs): GeoPackage');
    for (const name of ['fields.parquet', 'fields.geoparquet', 'fields.pq', 'fields']) {
      const file = join(folder, name);
      await writeFile(file, name.includes('arquet') ? '' : 'PAR1....PAR1');
      const { code, err } = await run([file, 'parcels'], bin);
      assert.equal(code, 2);
      assert.match(err, new RegExp(`/${name} is Parquet, for which this machine's GDAL has no driver`));
      assert.match(
        err,
        new RegExp(`: ogr2ogr fields\\.gpkg ${name.replace('.', '\\.')}, .*libgdal-arrow-parquet`),
      );
      assert.doesNotMatch(err, /\n\s+at /);
    }
    const left = await database.pool.query(
      `SELECT FROM pg_tables WHERE tablename LIKE 'parcel%' AND schemaname = 'public'`,
    );
    assert.equal(left.rowCount, 0, 'nothing was begun');
  });

  it('leaves GeoParquet to a GDAL that has the driver', async () => {
    const bin = await fakeGdal('  Parquet -vector- (rw+v): (Geo)Parquet (*.parquet)');
    const file = join(folder, 'fields.parquet');
    await writeFile(file, 'PAR1....PAR1');
    const { code, err } = await run([file, 'parcels'], bin);
    assert.notEqual(code, 0);
    assert.match(err, /ogrinfo: asked for .*fields\.parquet/);
  });

  /** A PATH with a GDAL that has one format, and reads nothing. */
  async function fakeGdal(format: string): Promise<string> {
    const bin = await mkdtemp(join(folder, 'gdal-'));
    await writeFile(join(bin, 'ogr2ogr'), `#!/bin/sh\necho '${format}'\n`);
    await writeFile(join(bin, 'ogrinfo'), `#!/bin/sh\necho "asked for $*" >&2; exit 1\n`);
    for (const program of ['ogr2ogr', 'ogrinfo']) await chmod(join(bin, program), 0o755);
    return `${bin}${delimiter}${process.env.PATH}`;
  }
});
