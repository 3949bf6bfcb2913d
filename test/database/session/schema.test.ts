import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createCbmTables } from '../../../database/selection/cbm-tables.js';
import { findTable } from '../../../database/session/identifier.js';
import { openPool } from '../../../database/session/pool.js';
import { migrate, requireSchema, schemaVersion } from '../../../database/session/schema.js';
import { query } from '../../../database/session/session.js';
import { createDatabase, skipWithoutServer } from '../database.js';
import type { TestDatabase } from '../database.js';
import { SELECTION } from '../season.js';

describe('the schema', { skip: skipWithoutServer }, () => {
  let database: TestDatabase;
  before(async () => {
    database = await createDatabase();
  });
  after(() => database.drop());

  it('is asked for by name where it is missing', async () => {
    assert.equal(await schemaVersion(database.pool), 0);
    await assert.rejects(requireSchema(database.pool), /parcelwise is missing.*parcelwise init/);
  });

  it('is made once by many workers that start together, PostGIS included', async () => {
    await database.pool.query('DROP EXTENSION postgis');
    const applied = await Promise.all(Array.from({ length: 8 }, () => migrate(database.pool)));
    assert.deepEqual(
      applied.filter((names) => names.length > 0),
      [
        [
          'extractions',
          'transform',
          'proof',
          'products',
          'supersession',
          'quotas',
          'parcel-sets',
          'identity',
          'clear-layers',
          'orbits',
          'told-apart',
          'inner-buffers',
          'added-layers',
          'filled-layers',
        ],
      ],
    );
    assert.deepEqual(await migrate(database.pool), []);
    await requireSchema(database.pool);
  });

  it('needs no right to create anything once it is up to date, and names the remedy before', async () => {
    await database.pool.query(
      `DROP ROLE IF EXISTS parcelwise_reader; CREATE ROLE parcelwise_reader LOGIN PASSWORD 'reader'`,
    );
    await database.pool.query(
      'GRANT USAGE ON SCHEMA parcelwise TO parcelwise_reader; GRANT SELECT ON parcelwise.migration TO parcelwise_reader',
    );
    const reader = openPool({ ...database.connection, user: 'parcelwise_reader', password: () => 'reader' });
    try {
      assert.deepEqual(await migrate(reader), []);
      await database.pool.query(
        'ALTER TABLE parcelwise.migration RENAME TO applied; CREATE TABLE parcelwise.migration AS SELECT * FROM parcelwise.applied WHERE id < 4; GRANT SELECT ON parcelwise.migration TO parcelwise_reader',
      );
      await assert.rejects(migrate(reader), /may not create the schema.*parcelwise init once as the owner/);
    } finally {
      await reader.end();
      await database.pool.query(
        'DROP TABLE parcelwise.migration; ALTER TABLE parcelwise.applied RENAME TO migration',
      );
      await database.pool.query('DROP OWNED BY parcelwise_reader; DROP ROLE parcelwise_reader');
    }
  });

  it('of a newer program is left alone', async () => {
    await database.pool.query(`INSERT INTO parcelwise.migration (id, name) VALUES (99, 'later')`);
    await assert.rejects(migrate(database.pool), /version 99.*newer parcelwise/);
    await database.pool.query('DELETE FROM parcelwise.migration WHERE id = 99');
  });

  it("is joined by CbM's tables where they are missing; the parcels must come from elsewhere", async () => {
    const makes = createCbmTables(database.pool, SELECTION.tables);
    await assert.rejects(makes, /no table parcels.*Import the parcels/);
    const tables = await query<{ name: string }>(
      database.pool,
      `SELECT tablename::text AS name FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'spatial_ref_sys' ORDER BY 1`,
    );
    assert.deepEqual(
      tables.map(({ name }) => name),
      ['aois', 'dias_catalogue', 'hists', 'sigs'],
    );
    const indexes = await query(
      database.pool,
      `SELECT 1 FROM pg_indexes WHERE tablename IN ('sigs', 'hists')`,
    );
    assert.equal(indexes.length, 0, 'no index on the results while a campaign loads them');
    await database.pool.query('CREATE TABLE parcels (); ALTER TABLE sigs ADD mine text');
    assert.deepEqual(
      await createCbmTables(database.pool, SELECTION.tables),
      [],
      'what exists is not touched',
    );
  });

  it('does not get what belongs to all, even as first on the search path (a role named parcelwise)', async () => {
    const pool = openPool({ ...database.connection, options: '-c search_path=parcelwise,public' });
    try {
      const tables = { ...SELECTION.tables, results: 'sigs_of_2025' };
      assert.deepEqual(await createCbmTables(pool, tables), ['sigs_of_2025']);
      assert.equal((await findTable(pool, 'sigs_of_2025'))?.key, 'public.sigs_of_2025');
    } finally {
      await pool.end();
    }
  });
});
