/** Coverages built from a database: parcels transformed by patches have the pixels that PostGIS's transformation gives. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type CheckedSelection, checkSelection } from '../../database/selection/check.js';
import { parcelSetFingerprint } from '../../database/parcels/fingerprint.js';
import { copyParcels } from '../../database/parcels/parcel-copy.js';
import { ParcelsChanged } from '../../database/parcels/parcel-snapshot.js';
import { buildCoverages } from '../../extraction/build-coverages.js';
import type { Threads, ThreadTask } from '../../extraction/tasks.js';
import { Coverage, CoverageBuilder, ParcelSetBuilder, readCoverageFile } from '../../zonal/index.js';
import { ThreadPool } from '../../workers/threads.js';
import { createDatabase, skipWithoutServer } from '../database/database.js';
import type { TestDatabase } from '../database/database.js';
import { GRID, makeSeason, SELECTION } from '../database/season.js';

const BY_CENTRE = { pixels: 'centre', innerBufferM: 0 } as const;
const GRID_20 = { ...GRID, width: 500, height: 500, stepX: 20, stepY: -20 };

/** Circles of all sizes, and a parcel that reaches far beyond the grid; where they lie in EPSG:32631. */
const SHAPES = (srid: number) => `
  INSERT INTO parcels (wkb_geometry)
  SELECT ST_Transform(ST_Buffer(ST_SetSRID(ST_MakePoint(500137.3 + 97.31 * i, 5640213.7 + 91.17 * (i * 37 % 100)), 32631), 40 + i), ${srid})
  FROM generate_series(1, 100) AS i;
  INSERT INTO parcels (wkb_geometry)
  SELECT ST_Transform(ST_SetSRID('POLYGON((480000 5645003, 505003 5630000, 560000 5647001, 480000 5645003))'::geometry, 32631), ${srid})`;

describe('coverages built from a database', { skip: skipWithoutServer }, () => {
  let database: TestDatabase;
  let folder = '';
  let config = '';
  const threads = new ThreadPool(3);
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parcelwise-cover-'));
    database = await createDatabase();
    await makeSeason(database.pool, { parcels: 400 });
    const { host, port, database: dbname, user: dbuser, password } = database.connection;
    const { tables, aoi, period } = SELECTION;
    config = join(folder, 'db_config.json');
    const file = {
      connection: { host, port, dbname, dbuser, dbpasswd: password?.() ?? '' },
      tables: { aoi_table: tables.aois, parcel_table: tables.parcels, results_table: tables.results },
      args: { aoi_field: aoi.field, name: aoi.name, startdate: period.start, enddate: period.end },
    };
    await writeFile(config, JSON.stringify({ database: file }));
  });
  after(async () => {
    await threads.close();
    await database.drop();
    await rm(folder, { recursive: true });
  });

  /** The parcels of the season and `SHAPES` in a table of this CRS. */
  async function parcelsIn(srid: number): Promise<CheckedSelection> {
    await database.pool.query(`
      ALTER TABLE parcels ALTER wkb_geometry TYPE geometry(Polygon, ${srid}) USING ST_Transform(wkb_geometry, ${srid});
      DELETE FROM parcels WHERE ogc_fid > 400; ${SHAPES(srid)}`);
    return checkSelection(database.pool, SELECTION);
  }

  async function build(selection: CheckedSelection, workers: Threads = threads): Promise<Coverage[]> {
    const targets = [GRID, GRID_20].map((grid) => ({
      ...{ grid, ...BY_CENTRE, key: `${selection.parcels.crs.srid} ${grid.width}` },
      path: join(folder, `${grid.width}.coverage`),
    }));
    const { coverages, refused } = await buildCoverages(database.pool, config, workers)(
      selection,
      await parcelSetFingerprint(database.pool, selection),
      targets,
      new AbortController().signal,
    );
    assert.deepEqual(refused, []);
    for (const [i, { key, path }] of targets.entries()) {
      const kept = await readCoverageFile(path, key);
      assert.deepEqual(Buffer.from(kept!.buffer), Buffer.from(coverages[i]!));
    }
    return coverages.map((buffer) => Coverage.from(buffer));
  }

  /** The coverage of parcels that PostGIS has transformed, every one. */
  async function expected(selection: CheckedSelection, grid: typeof GRID): Promise<Coverage> {
    const parcels = new ParcelSetBuilder();
    await copyParcels(database.pool, selection, grid, (pid, minX, minY, maxX, maxY, wkb) => {
      parcels.add(pid, { minX, minY, maxX, maxY }, wkb);
    });
    const builder = new CoverageBuilder(grid);
    assert.deepEqual(builder.add(parcels.finish()), []);
    return builder.finish();
  }

  for (const [srid, what] of [
    [31370, 'another projection and datum'],
    [4326, 'degrees'],
    [3035, 'a projection of the whole continent'],
    [32631, 'the same projection'],
    [31467, 'a datum that PROJ may shift by a grid'],
  ] as const) {
    it(`have the same spans as if PostGIS transformed every parcel, from ${what} (EPSG:${srid})`, async () => {
      const selection = await parcelsIn(srid);
      const built = await build(selection);
      for (const [i, grid] of [GRID, GRID_20].entries()) {
        const coverage = await expected(selection, grid);
        assert.equal(coverage.pids.length, 501);
        assert.ok(coverage.start.length > 3000);
        assert.deepEqual(Buffer.from(built[i]!.buffer), Buffer.from(coverage.buffer));
      }
    });
  }

  /** Shifts all parcels before each of these tasks is begun, and back again once it is done. */
  function meddling(kind: ThreadTask['kind']): Threads {
    const shift = (metres: number) =>
      database.pool.query(`UPDATE parcels SET wkb_geometry = ST_Translate(wkb_geometry, ${metres}, 0);
        DELETE FROM parcels WHERE ogc_fid = 7; INSERT INTO parcels SELECT 7, wkb_geometry FROM parcels WHERE ogc_fid = 6`);
    let begun = Promise.resolve<unknown>(undefined);
    let open = 0;
    return {
      size: threads.size,
      broadcast: (task) => threads.broadcast(task),
      run: async (task, signal) => {
        if (task.kind !== kind) return threads.run(task, signal);
        if (open++ === 0) begun = shift(300);
        await begun;
        try {
          return await threads.run(task, signal);
        } finally {
          if (--open === 0) await shift(-300);
        }
      },
    };
  }

  it('are of the parcels of their fingerprint, though these are edited while they are copied, and the edit undone', async () => {
    const selection = await parcelsIn(32631);
    const wanted = await expected(selection, GRID);
    const [built] = await build(selection, meddling('cover'));
    assert.deepEqual(Buffer.from(built!.buffer), Buffer.from(wanted.buffer));
  });

  it('are not built from other parcels than those of the fingerprint', async () => {
    const selection = await parcelsIn(32631);
    const target = { grid: GRID, ...BY_CENTRE, key: 'none', path: join(folder, 'none.coverage') };
    const build = buildCoverages(database.pool, config, threads);
    const late = build(selection, 'of-before', [target], new AbortController().signal);
    await assert.rejects(late, ParcelsChanged);
    assert.equal(await readCoverageFile(target.path, target.key), undefined);
  });
});
