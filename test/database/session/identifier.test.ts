import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import pg from 'pg';
import { createCbmTables } from '../../../database/selection/cbm-tables.js';
import { canonicalTables, checkSelection } from '../../../database/selection/check.js';
import { findTable, nameForCreation, parseName } from '../../../database/session/identifier.js';
import { copyParcels } from '../../../database/parcels/parcel-copy.js';
import { listScenes } from '../../../database/scenes/scenes.js';
import { query } from '../../../database/session/session.js';
import { createDatabase, skipWithoutServer } from '../database.js';
import type { TestDatabase } from '../database.js';
import { GRID, makeSeason, SELECTION } from '../season.js';

describe('a name', () => {
  it('of three parts, with an unclosed quote or empty is refused with its remedy', () => {
    for (const name of ['', ' ', '.', 'a.', '.a', 'a.b.c', '"a', 'a"b', '"a"b', '""', 'a\0b']) {
      assert.throws(() => parseName(name), /is not a table name.*double quotes/s, name);
    }
  });

  it('in quotes of any content is read back as it was', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), (schema, table) => {
        fc.pre(!`${schema}${table}`.includes('\0'));
        const written = `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(table)}`;
        assert.deepEqual(parseName(written), {
          schema: { text: schema, quoted: true },
          table: { text: table, quoted: true },
        });
      }),
    );
  });

  it('for a table to be made is folded as PostgreSQL would, unless it needs quotes', () => {
    const sql = (name: string) => nameForCreation(name, pg.escapeIdentifier).sql;
    assert.equal(sql('Sigs_2020'), '"sigs_2020"');
    assert.equal(sql('MS.Sigs'), '"ms"."sigs"');
    assert.equal(sql('MS.Sigs 2020'), '"ms"."Sigs 2020"');
    assert.equal(sql('"MS"."Sigs"'), '"MS"."Sigs"');
  });
});

describe('a table', { skip: skipWithoutServer }, () => {
  let database: TestDatabase;
  before(async () => {
    database = await createDatabase();
    await database.pool.query(`
      CREATE SCHEMA ms; CREATE SCHEMA "MS"; CREATE TABLE ms.parcels_2020 (); CREATE TABLE "MS"."Parcels 2020" ();
      CREATE TABLE sigs (); CREATE TABLE "Sigs" (); CREATE TABLE "a""b; DROP TABLE sigs; --" (); CREATE TABLE "with.dot" ();
      CREATE TABLE ms.hidden ()`);
  });
  after(() => database.drop());
  const find = async (name: string) => (await findTable(database.pool, name))?.key;

  it('is found as written, in whatever case and schema', async () => {
    assert.equal(await find('MS.Parcels 2020'), '"MS"."Parcels 2020"');
    assert.equal(await find('"MS"."Parcels 2020"'), '"MS"."Parcels 2020"');
    assert.equal(await find('ms.parcels_2020'), 'ms.parcels_2020');
    assert.equal(await find('"with.dot"'), 'public."with.dot"');
  });

  it('is found folded to lower case only where there is none as written', async () => {
    assert.equal(await find('Sigs'), 'public."Sigs"');
    assert.equal(await find('SIGS'), 'public.sigs');
    assert.equal(await find('MS.PARCELS_2020'), 'ms.parcels_2020');
    assert.equal(await find('"SIGS"'), undefined, 'quotes mean: exactly so');
  });

  it('has one key, whether its schema is named or not', async () => {
    assert.equal(await find('sigs'), await find('public.sigs'));
    assert.equal(await find('hidden'), undefined, 'not on the search path');
  });

  it('named by an attack is looked up and not run', async () => {
    for (const attack of [
      'sigs; DROP TABLE sigs',
      'sigs"; DROP TABLE sigs; --',
      "sigs' OR '1'='1",
      'sigs) TO PROGRAM',
      '$1',
    ]) {
      const found = await findTable(database.pool, attack).catch((error: unknown) => (error as Error).name);
      assert.ok(found === undefined || found === 'DatabaseSetupError', attack);
    }
    const odd = '"a""b; DROP TABLE sigs; --"';
    const key = await find(odd);
    assert.equal(key, `public.${odd}`);
    assert.deepEqual(await query(database.pool, `SELECT count(*)::int AS n FROM ${key}`), [{ n: 0 }]);
    assert.equal(await find('sigs'), 'public.sigs', 'still there');
  });
});

describe('a selection with odd names', { skip: skipWithoutServer }, () => {
  let database: TestDatabase;
  before(async () => {
    database = await createDatabase();
    await makeSeason(database.pool);
  });
  after(() => database.drop());

  it('works through the whole room, and again under its canonical names', async () => {
    await database.pool.query(`
      CREATE SCHEMA "MS"; ALTER TABLE parcels SET SCHEMA "MS"; ALTER TABLE "MS".parcels RENAME TO "Parcels 2020; --";
      ALTER TABLE aois RENAME COLUMN name TO "AOI's ""name"""; UPDATE aois SET "AOI's ""name""" = 'it''s; DROP' WHERE wkb_geometry IS NOT NULL`);
    const tables = {
      ...SELECTION.tables,
      parcels: 'MS.Parcels 2020; --',
      results: 'MS.Sigs 2020',
      hists: 'other.hists',
    };
    const created = await createCbmTables(database.pool, tables);
    assert.deepEqual(created, ['MS.Sigs 2020', 'other.hists']);
    assert.deepEqual(await createCbmTables(database.pool, tables), [], 'nothing is made twice');
    const aoi = { field: `AOI's "name"`, name: "it's; DROP" };
    const checked = await checkSelection(database.pool, { ...SELECTION, tables, aoi });
    assert.equal(checked.results.key, 'ms."Sigs 2020"');
    const again = await checkSelection(database.pool, {
      ...SELECTION,
      tables: canonicalTables(checked),
      aoi,
    });
    assert.deepEqual(again, checked);
    assert.equal((await copyParcels(database.pool, checked, GRID, () => undefined)).parcels, 40);
    assert.ok((await listScenes(database.pool, checked, undefined, 10)).length > 0);
  });
});
