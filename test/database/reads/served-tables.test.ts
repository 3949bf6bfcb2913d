import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import type pg from 'pg';
import {
  type DatasetTables,
  findParcelTypes,
  findServedTables,
} from '../../../database/reads/served-tables.js';
import { makeResultsViews } from '../../../database/results/results-views.js';
import { openPool } from '../../../database/session/pool.js';
import { createDatabase, skipWithoutServer, type TestDatabase } from '../database.js';
import { makeSeason, SELECTION } from '../season.js';

const NAMES: DatasetTables = {
  ...{
    parcels: 'parcels',
    catalogue: 'dias_catalogue',
    signatures: { s2: 'sigs', bs: 'sigs' },
    hists: 'hists',
  },
  ...{ parcelId: 'Parcel ID', cropName: 'crop', cropCode: 'none' },
};

describe('the tables of a dataset', { skip: skipWithoutServer }, () => {
  let database: TestDatabase;
  let pool: pg.Pool;
  before(async () => {
    database = await createDatabase();
    pool = database.pool;
    await makeSeason(pool);
    await pool.query('ALTER TABLE parcels ADD COLUMN "Parcel ID" char(8), ADD COLUMN crop varchar(10)');
  });
  after(() => database.drop());

  it('are found with their columns as they stand in statements', async () => {
    const { parcels, signatures, hists, clear, faults } = await findServedTables(pool, NAMES);
    assert.equal(parcels.key, 'public.parcels');
    assert.deepEqual(parcels.id, { name: 'Parcel ID', sql: '"Parcel ID"', type: 'bpchar' });
    assert.deepEqual(parcels.fid, { name: 'ogc_fid', sql: 'ogc_fid', type: 'integer' });
    assert.deepEqual(parcels.cropName, { name: 'crop', sql: 'crop', type: 'character varying' });
    assert.equal(parcels.cropCode, undefined);
    assert.equal(parcels.srid, 31370);
    assert.equal(signatures.get('s2'), signatures.get('bs'), 'one table, looked over once');
    assert.deepEqual(
      [signatures.get('s2')?.bandType, hists?.key, clear],
      ['character', 'public.hists', undefined],
    );
    assert.deepEqual(faults, []);
  });

  it('have views once they are made, and not those of a table that was called so before', async () => {
    const viewsOf = async (): Promise<string | undefined> =>
      (await findServedTables(pool, NAMES)).signatures.get('s2')?.views?.current;
    assert.equal(await viewsOf(), undefined);
    await makeResultsViews(pool, SELECTION.tables, []);
    assert.equal(await viewsOf(), 'parcelwise."sigs_current"');
    await pool.query('ALTER TABLE sigs RENAME TO former; CREATE TABLE sigs (LIKE former)');
    assert.equal(await viewsOf(), undefined);
    await pool.query('DROP TABLE sigs; ALTER TABLE former RENAME TO sigs');
    assert.equal(await viewsOf(), 'parcelwise."sigs_current"');
  });

  it('do without views where the role may not read them', async () => {
    const role = `reader_${randomBytes(4).toString('hex')}`;
    await pool.query(
      `CREATE ROLE ${role} LOGIN PASSWORD 'of the test'; GRANT SELECT ON parcels, dias_catalogue, sigs, hists TO ${role}`,
    );
    const reader = openPool(
      { ...database.connection, user: role, password: () => 'of the test' },
      { max: 1 },
    );
    const { signatures } = await findServedTables(reader, NAMES);
    assert.equal(signatures.get('s2')?.key, 'public.sigs');
    assert.equal(signatures.get('s2')?.views, undefined);
    await reader.end();
    await pool.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  });

  it('are not served where parcels or scenes are missing, by name', async () => {
    for (const [names, message] of [
      [{ parcels: 'none' }, /no table none/],
      [{ catalogue: 'none' }, /no table none/],
      [{ parcels: 'dias_catalogue' }, /has no column wkb_geometry/],
      [{ parcelId: 'none' }, /public\.parcels has no column none/],
      [{ parcels: 'parcels; DROP TABLE parcels' }, /no table/],
    ] as const)
      await assert.rejects(findServedTables(pool, { ...NAMES, ...names }), {
        name: 'DatabaseSetupError',
        message,
      });
  });

  it('are left out with their fault where only rows or histograms are missing', async () => {
    const signatures = { s2: 'sigs', bs: 'none', c6: 'aois' };
    const found = await findServedTables(pool, { ...NAMES, signatures, hists: 'nowhere.hists' });
    assert.deepEqual([...found.signatures.keys()], ['s2']);
    assert.equal(found.hists, undefined);
    assert.equal(found.faults.length, 3);
    assert.match(
      found.faults.map(({ message }) => message).join('\n'),
      /none[^]*aois has no column pid[^]*nowhere/,
    );
  });

  it('of a type of parcels are those of its name, where there are such', async () => {
    await pool.query(`
      CREATE TABLE parcels_g (LIKE parcels); CREATE TABLE sigs_g (LIKE sigs); CREATE TABLE parcels_backup (a int);
      CREATE TABLE "parcels_X y" (LIKE parcels); CREATE TABLE parcels_2 (LIKE parcels)`);
    const found = await findServedTables(pool, NAMES, 'g');
    assert.equal(found.parcels.key, 'public.parcels_g');
    assert.equal(found.signatures.get('s2')?.key, 'public.sigs_g');
    assert.equal(found.hists?.key, 'public.hists');
    assert.deepEqual(await findParcelTypes(pool, 'parcels'), ['2', 'g']);
    assert.deepEqual(await findParcelTypes(pool, 'none'), []);
    await assert.rejects(findServedTables(pool, NAMES, 'none'), /no table parcels_none/);
  });
});
