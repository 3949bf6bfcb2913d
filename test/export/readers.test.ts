/** Exports read back by other people's programs: DuckDB, geopandas, xvec and pystac. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { skipWithoutServer } from '../database/database.js';
import { findPython } from '../python-environment.js';
import { temporaryFolder } from '../temporary-folder.js';
import { ExportedSeason } from './exported-season.js';

const READ = fileURLToPath(new URL('../../../test/export/fixtures/read_export.py', import.meta.url));
const PACKAGES = ['duckdb', 'geopandas', 'pyarrow', 'xvec', 'pystac', 'jsonschema'];

interface Told {
  readonly rows: unknown[][];
  readonly years: number[][];
  readonly types: Readonly<Record<string, string>>;
  readonly crs: string;
  readonly outlines: Readonly<Record<string, string>>;
  readonly valid: boolean;
  readonly boxed: string[];
  readonly arrow: unknown[][];
  readonly arrow_outlines: Readonly<Record<string, string>>;
  readonly arrow_crs: string;
  readonly cube: { readonly parcels: number; readonly b08: number[] };
  readonly item: { readonly assets: string[]; readonly schemas: Readonly<Record<string, string>> };
}

const environment =
  skipWithoutServer === false ? await findPython('export-readers', PACKAGES) : { missing: skipWithoutServer };

describe(
  'an export, read by others',
  { skip: 'missing' in environment ? environment.missing : false },
  () => {
    const root = temporaryFolder('export-readers');
    let season: ExportedSeason;
    let told: Told;
    before(async () => {
      if ('missing' in environment) return;
      season = await ExportedSeason.make(root);
      await season.query(`UPDATE sigs SET mean = pid + 0.25 WHERE band = 'B08'`);
      await season.run('long', { what: ['series', 'parcels'] });
      await season.run('wide', { layout: 'wide' });
      await season.run('arrow', { what: ['series', 'parcels'], format: 'arrow' });
      const { stdout } = await promisify(execFile)(
        environment.python,
        [READ, ...['long', 'wide', 'arrow'].map((name) => season.pathOf(name))],
        { maxBuffer: 64 << 20 },
      );
      told = JSON.parse(stdout) as Told;
    });
    after(() => season.database.drop());

    it('is one table to DuckDB, with the rows of ours and the folders as columns', async () => {
      const expected = await season.query(`
      SELECT r.pid, r.obsid, r.band::text AS band, (extract(epoch FROM s.obstime) * 1000000)::float8 AS micros,
             r.count, r.mean, r.std, r.min, r.max, r.p25, r.p50, r.p75
      FROM sigs r JOIN dias_catalogue s ON s.id = r.obsid ORDER BY r.pid, r.obsid, r.band::text COLLATE "C"`);
      assert.deepEqual(
        told.rows,
        expected.map((row) => Object.values(row)),
      );
      assert.deepEqual(told.years, [[2024]]);
      assert.deepEqual(
        [told.types.obstime, told.types.mean, told.types.pid],
        ['TIMESTAMP WITH TIME ZONE', 'FLOAT', 'INTEGER'],
      );
    });

    it('has parcels that geopandas reads whole, and those of a box alone', async () => {
      const expected = await season.query(
        `SELECT ogc_fid, upper(encode(ST_AsBinary(ST_Transform(wkb_geometry, 4326), 'NDR'), 'hex')) AS wkb FROM parcels ORDER BY 1`,
      );
      assert.deepEqual(
        told.outlines,
        Object.fromEntries(expected.map(({ ogc_fid: pid, wkb }) => [String(pid), wkb])),
      );
      assert.deepEqual([told.crs, told.valid, told.boxed], ['OGC:CRS84', true, ['1']]);
    });

    it('is the same to pyarrow, and its outlines to geopandas, as Arrow', () => {
      assert.deepEqual(told.arrow, told.rows);
      assert.deepEqual(told.arrow_outlines, told.outlines);
      assert.equal(told.arrow_crs, 'OGC:CRS84');
    });

    it('makes a cube of parcels and times for xvec', () => {
      assert.equal(told.cube.parcels, 38);
      assert.deepEqual(told.cube.b08, [1.25]);
    });

    it('is described by an item that STAC takes, and its extensions where their schemas can be had', async (test) => {
      assert.deepEqual(told.item.assets, ['manifest', ...(await season.filesIn('long'))].sort());
      for (const [schema, verdict] of Object.entries(told.item.schemas)) {
        if (verdict === 'away') test.diagnostic(`${schema} could not be had`);
        else assert.equal(verdict, 'holds', schema);
      }
    });
  },
);
