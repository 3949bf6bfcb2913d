import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { checkSelection, type CheckedSelection } from '../../../database/selection/check.js';
import { query } from '../../../database/session/session.js';
import type { Selection } from '../../../database/terms.js';
import { tryStoring } from '../../../database/selection/trial.js';
import { createDatabase, skipWithoutServer, type TestDatabase } from '../database.js';
import { BANDS, extractScene } from '../extracted.js';
import { makeSeason, SELECTION } from '../season.js';

const COLUMNS = `pid integer, obsid integer, band char(3),
  count real, mean real, std real, min real, max real, p25 real, p50 real, p75 real`;

describe('a trial of what is to be stored', { skip: skipWithoutServer }, () => {
  let database: TestDatabase;
  before(async () => {
    database = await createDatabase();
    await makeSeason(database.pool);
  });
  after(() => database.drop());
  /** The tables as each test finds them. */
  beforeEach(async () => {
    await run(
      `CREATE TABLE odd (${COLUMNS}); CREATE TABLE odd_hists (pid integer, obsid integer, hist json)`,
    );
  });
  afterEach(async () => {
    await run(`DROP TABLE IF EXISTS odd, odd_hists CASCADE; DROP VIEW IF EXISTS seen;
      ALTER TABLE dias_catalogue DROP CONSTRAINT IF EXISTS words; DROP TRIGGER IF EXISTS keep ON dias_catalogue;
      DELETE FROM parcelwise.extraction; UPDATE dias_catalogue SET status = 'ingested'`);
  });

  const run = (sql: string) => query(database.pool, sql);
  const select = (parts: Partial<Selection> = {}): Promise<CheckedSelection> => {
    const tables = { ...SELECTION.tables, results: 'odd', hists: 'odd_hists' };
    return checkSelection(database.pool, { ...SELECTION, tables, ...parts });
  };
  const attempt = async (change: string, parts: Partial<Selection> = {}) => {
    if (change !== '') await run(change);
    return tryStoring(database.pool, await select(parts), BANDS);
  };
  const refuses = (change: string, message: RegExp, parts: Partial<Selection> = {}) =>
    assert.rejects(attempt(change, parts), (error: Error) => {
      assert.equal(error.name, 'DatabaseSetupError');
      assert.match(error.message, message);
      return true;
    });

  it('leaves nothing behind', async () => {
    const before = await run('SELECT id, status, xmin::text FROM dias_catalogue ORDER BY id');
    assert.equal(await attempt(''), true);
    const [counts] = await query<{ rows: number; hists: number }>(
      database.pool,
      'SELECT (SELECT count(*) FROM odd)::int AS rows, (SELECT count(*) FROM odd_hists)::int AS hists',
    );
    assert.deepEqual(counts, { rows: 0, hists: 0 });
    assert.deepEqual(await run('SELECT id, status, xmin::text FROM dias_catalogue ORDER BY id'), before);
  });

  it('tries the table of clear rows too, and the statistics beyond the eight', async () => {
    const tables = { ...SELECTION.tables, results: 'odd', hists: 'odd_hists', clear: 'odd_clear' };
    await run(`CREATE TABLE odd_clear (${COLUMNS}, valid real CHECK (valid < 1))`);
    try {
      await refuses('', /public\.odd_clear.*odd_clear_valid_check|odd_clear_valid_check.*public\.odd_clear/, {
        tables,
      });
      assert.equal(
        await attempt('ALTER TABLE odd_clear DROP CONSTRAINT odd_clear_valid_check', { tables }),
        true,
      );
      const refused = attempt(`ALTER TABLE odd_clear ADD CHECK (band <> 'B08')`, { tables });
      await assert.rejects(refused, { message: /odd_clear/ });
    } finally {
      await run('DROP TABLE odd_clear');
    }
  });

  it('finds columns that nothing fills, without a trial', async () => {
    await refuses(
      'ALTER TABLE odd ADD run integer NOT NULL',
      /column run of public\.odd must not be NULL.*DROP NOT NULL/,
    );
    await refuses(
      'ALTER TABLE odd ALTER run SET DEFAULT 0; ALTER TABLE odd_hists ADD "made by" text NOT NULL',
      /column made by of public\.odd_hists .*"made by"/,
    );
    assert.equal(
      await attempt(`ALTER TABLE odd_hists ALTER "made by" SET DEFAULT 'us';
        ALTER TABLE odd ADD id bigint GENERATED ALWAYS AS IDENTITY, ADD twice real GENERATED ALWAYS AS (mean * 2) STORED NOT NULL`),
      true,
    );
  });

  it('finds columns of ours that can not be written, or are too narrow', async () => {
    await refuses(
      'ALTER TABLE odd DROP p75; ALTER TABLE odd ADD p75 real GENERATED ALWAYS AS (max) STORED',
      /p75 .* is generated/,
    );
    await refuses(
      'ALTER TABLE odd DROP p75; ALTER TABLE odd ADD p75 real; ALTER TABLE odd ALTER band TYPE char(2)',
      /band .* takes 2 letters, and needs 3/,
    );
    assert.equal(await attempt('ALTER TABLE odd ALTER band TYPE varchar(3)'), true);
  });

  it('finds the partition that is missing for one of the scenes, or of the parcels', async () => {
    const partitioned = (key: string) => `DROP TABLE odd; CREATE TABLE odd (${COLUMNS}) PARTITION BY ${key}`;
    await refuses(partitioned('RANGE (obsid)'), /no partition of relation "odd" found for row.*DEFAULT/);
    await refuses(
      'CREATE TABLE odd_1 PARTITION OF odd FOR VALUES FROM (1) TO (3)',
      /no partition .*\(obsid\) = \([37]\)/,
    );
    assert.equal(await attempt('CREATE TABLE odd_2 PARTITION OF odd FOR VALUES FROM (3) TO (100)'), true);
    await run(partitioned('LIST (band)'));
    await refuses(
      `CREATE TABLE odd_b4 PARTITION OF odd FOR VALUES IN ('${BANDS[0]}')`,
      /no partition .*band/,
    );
    await run(partitioned('RANGE (pid)'));
    await refuses('CREATE TABLE odd_p PARTITION OF odd FOR VALUES FROM (0) TO (20)', /no partition .*pid/);
    assert.equal(await attempt('CREATE TABLE odd_rest PARTITION OF odd DEFAULT'), true);
  });

  it('finds unique indexes, constraints or not, that leave no room for every band', async () => {
    assert.equal(await attempt('CREATE UNIQUE INDEX one_row ON odd (pid, obsid, band)'), true);
    await refuses(
      'CREATE UNIQUE INDEX one_band ON odd (pid, obsid)',
      /odd has such a row already \(one_band\)/,
    );
    assert.equal(await attempt('DROP INDEX one_band'), true);
  });

  it('finds foreign keys, checked at once or at the end', async () => {
    assert.equal(
      await attempt(
        'ALTER TABLE odd ADD FOREIGN KEY (obsid) REFERENCES dias_catalogue (id), ADD FOREIGN KEY (pid) REFERENCES parcels (ogc_fid)',
      ),
      true,
    );
    await run('CREATE TABLE IF NOT EXISTS others (id integer PRIMARY KEY)');
    await refuses(
      'ALTER TABLE odd ADD CONSTRAINT other FOREIGN KEY (obsid) REFERENCES others (id) DEFERRABLE INITIALLY DEFERRED',
      /public\.odd refuses a row by its foreign key \(other\)/,
    );
    await refuses(
      'ALTER TABLE odd DROP CONSTRAINT other; ALTER TABLE odd_hists ADD FOREIGN KEY (pid) REFERENCES others (id)',
      /odd_hists refuses a row by its foreign key/,
    );
  });

  it('finds checks, triggers and policies', async () => {
    await refuses(
      'ALTER TABLE odd ADD CONSTRAINT few CHECK (obsid < 3)',
      /public\.odd refuses a row by its check \(few\)/,
    );
    await refuses(
      `ALTER TABLE odd DROP CONSTRAINT few;
       CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''not on Sundays''; END';
       CREATE TRIGGER refuse BEFORE INSERT ON odd FOR EACH ROW EXECUTE FUNCTION refuse()`,
      /not on Sundays/,
    );
    await refuses(
      `DROP TRIGGER refuse ON odd;
       CREATE OR REPLACE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
       CREATE TRIGGER swallow BEFORE INSERT ON odd FOR EACH ROW EXECUTE FUNCTION swallow()`,
      /kept 0: a trigger drops/,
    );
  });

  it('finds what keeps the catalogue from taking a status word', async () => {
    await refuses(
      `ALTER TABLE dias_catalogue ADD CONSTRAINT words CHECK (status IN ('ingested', 'inprogress', 'extracted'))`,
      /public\.dias_catalogue refuses a row by its check \(words\)/,
    );
    assert.equal(await attempt('', { statusIn: 'parcelwise' }), true, 'where it does not have to');
    await refuses(
      `ALTER TABLE dias_catalogue DROP CONSTRAINT words;
       CREATE OR REPLACE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
       CREATE TRIGGER keep BEFORE UPDATE ON dias_catalogue FOR EACH ROW EXECUTE FUNCTION swallow()`,
      /does not let the status of a scene be set/,
    );
  });

  it('does not take rows that are stored already for a fault', async () => {
    await run('ALTER TABLE odd ADD PRIMARY KEY (pid, obsid, band)');
    await extractScene(database.pool, await select(), 1);
    await run(`UPDATE dias_catalogue SET status = 'ingested'`);
    assert.equal(await attempt(''), true);
    await run(`UPDATE dias_catalogue SET status = 'extracted'`);
    assert.equal(await attempt(''), false, 'nothing to try it with');
  });

  it('says nothing where somebody holds the table', async () => {
    const client = await database.pool.connect();
    await client.query('BEGIN; LOCK TABLE odd');
    const tables = { ...SELECTION.tables, results: 'odd', hists: 'odd_hists' };
    const selection = await checkSelection(client, { ...SELECTION, tables });
    assert.equal(await tryStoring(database.pool, selection, BANDS), false);
    await client.query('ROLLBACK');
    client.release();
  });
});
