/** docs/serve.md says what holds: its rights are enough to serve all that is served, and its datasets.json is one. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type pg from 'pg';
import { makeResultsViews } from '../../database/results/results-views.js';
import { openPool } from '../../database/session/pool.js';
import { Datasets } from '../../server/datasets/datasets.js';
import { readDatasetsFile } from '../../server/datasets/datasets-file.js';
import { buildServer } from '../../server/serve.js';
import { openLog } from '../../telemetry/log.js';
import { createDatabase, skipWithoutServer, type TestDatabase } from '../database/database.js';
import { makeSeason, SELECTION } from '../database/season.js';
import { temporaryFolder } from '../temporary-folder.js';

const PAGE = readFileSync(new URL('../../../docs/serve.md', import.meta.url), 'utf8');
const NAMED = ['parcels', 'sigs', 'hists', 'clear'] as const;

function block(language: string): string {
  const [, text] = new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, 'm').exec(PAGE) ?? [];
  assert.ok(text, `the page has a block of ${language}`);
  return text;
}

describe('docs/serve.md', { skip: skipWithoutServer }, () => {
  const role = `reader_${randomBytes(4).toString('hex')}`;
  let database: TestDatabase;
  let pool: pg.Pool;
  before(async () => {
    database = await createDatabase();
    await makeSeason(database.pool);
    await database.pool.query(`
      CREATE SCHEMA ms; CREATE TABLE clear (LIKE sigs);
      ALTER TABLE parcels ADD COLUMN id text, ADD COLUMN crop_name text; UPDATE parcels SET id = 'P' || ogc_fid;
      INSERT INTO sigs (pid, obsid, band, mean) VALUES (1, 1, 'B04', 5)`);
    for (const name of NAMED)
      await database.pool.query(
        `ALTER TABLE ${name} SET SCHEMA ms; ALTER TABLE ms.${name} RENAME TO ${name}_2024`,
      );
    await database.pool.query(block('sql').replaceAll('reader', role).replace('choose one', 'of the test'));
    // After the grants: a campaign that comes later makes them.
    const tables = {
      parcels: 'ms.parcels_2024',
      results: 'ms.sigs_2024',
      hists: 'ms.hists_2024',
      clear: 'ms.clear_2024',
    };
    await makeResultsViews(database.pool, { ...SELECTION.tables, ...tables }, []);
    pool = openPool(
      { ...database.connection, user: role, password: () => 'of the test' },
      { max: 2, readOnly: true },
    );
  });
  after(async () => {
    await pool.end();
    await database.pool.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    await database.drop();
  });

  it('grants what its own datasets.json takes to be served', async () => {
    const path = join(temporaryFolder('serve-page'), 'datasets.json');
    writeFileSync(path, block('json'));
    const datasets = new Datasets(pool, readDatasetsFile(path));
    const tables = await datasets.find('ms', '2024')!.tablesOf();
    assert.deepEqual(tables.faults, []);
    assert.match(tables.signatures.get('s2')?.views?.current ?? '', /ms__sigs_2024_current/);
    const app = await buildServer({ pool, datasets }, { log: openLog({ PARCELWISE_LOG: 'error' }) });
    const ask = async (route: string, more = ''): Promise<Record<string, unknown[]>> =>
      (await app.inject(`/query/${route}?aoi=ms&year=2024&pid=P1${more}`)).json();
    assert.deepEqual((await ask('parcelByID')).pid, ['P1']);
    assert.deepEqual((await ask('parcelTimeSeries', '&scl=False')).mean, [5]);
    assert.deepEqual((await ask('parcelTimeSeries', '&scl=False&best=True')).mean, [5]);
    assert.equal((await app.inject('/readyz')).statusCode, 200);
    await app.close();
  });

  it('grants nothing to write', async () => {
    const plain = openPool({ ...database.connection, user: role, password: () => 'of the test' }, { max: 1 });
    for (const statement of [
      'DELETE FROM ms.sigs_2024',
      `UPDATE dias_catalogue SET status = 'x'`,
      'DELETE FROM parcelwise.ledger',
      'CREATE TABLE parcelwise.mine ()',
    ])
      await assert.rejects(plain.query(statement), { code: '42501' });
    await plain.end();
  });
});
