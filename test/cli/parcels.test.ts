import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { tmpdir } from 'node:os';
import { createDatabase, serverUrl, skipWithoutServer, type TestDatabase } from '../database/database.js';
import { makeSeason } from '../database/season.js';
import { parcelwise, type Run } from './command.js';

describe('parcelwise parcels check', { skip: skipWithoutServer }, () => {
  let database: TestDatabase;
  before(async () => {
    database = await createDatabase();
    await makeSeason(database.pool);
  });
  after(() => database.drop());

  const run = (...args: string[]): Promise<Run> => {
    const url = new URL(serverUrl ?? '');
    url.pathname = `/${database.name}`;
    return parcelwise(['parcels', 'check', ...args], { cwd: tmpdir(), env: { DATABASE_URL: url.href } });
  };

  it('ends with 0 where every parcel gets its rows', async () => {
    const { code, out, err } = await run('parcels');
    assert.deepEqual([code, err], [0, '']);
    assert.match(
      out,
      /^public\.parcels: 40 parcels, EPSG:31370\n\nlarge enough by JRC's rule: .*\n {2}bands of 10 m: 40 of 40 parcels \(100\.0 %\)\n {2}bands of 20 m: 40 of 40 parcels \(100\.0 %\)\n\nready: every parcel/,
    );
  });

  it('ends with 1 and says what parcelwise does about each where some would be lost', async () => {
    await database.pool.query('INSERT INTO parcels (wkb_geometry) VALUES (NULL), (NULL)');
    const { code, out } = await run('parcels', '--no-overlaps');
    assert.equal(code, 1);
    assert.match(
      out,
      /parcels without geometry: 2\n {4}41, 42\n {4}parcelwise: skipped: no scene selects them/,
    );
    assert.match(out, /note: overlaps were not looked for/);
    const json = await run('parcels', '--json');
    assert.equal(json.code, 1);
    const report = JSON.parse(json.out) as { parcels: number; findings: { kind: string; effect: string }[] };
    assert.equal(report.parcels, 42);
    assert.deepEqual(
      report.findings.map(({ kind, effect }) => [kind, effect]),
      [['null-geometry', 'loses']],
    );
  });

  it('ends with 2 where there is nothing to look at', async () => {
    assert.match((await run('nowhere')).err, /there is no table nowhere/);
    const { code, err } = await run();
    assert.equal(code, 2);
    assert.match(err, /name the parcel table/);
  });
});
