import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createDatabase, serverUrl, skipWithoutServer, type TestDatabase } from '../database/database.js';
import { beginScene, extractScene } from '../database/extracted.js';
import { makeSeason } from '../database/season.js';

const MAIN = fileURLToPath(new URL('../../cli/main.js', import.meta.url));

describe('parcelwise audit', { skip: skipWithoutServer }, () => {
  let database: TestDatabase;
  before(async () => {
    database = await createDatabase();
    const season = await makeSeason(database.pool);
    await extractScene(database.pool, season, 1);
    await beginScene(database.pool, season, 2, 1);
  });
  after(() => database.drop());

  const run = (...args: string[]): Promise<{ code: number; out: string; err: string }> => {
    const url = new URL(serverUrl ?? '');
    url.pathname = `/${database.name}`;
    const env = { ...process.env, DATABASE_URL: url.href, TEMPORAL_ADDRESS: '127.0.0.1:1' };
    return new Promise((resolve) => {
      execFile(process.execPath, [MAIN, 'audit', ...args], { env, cwd: tmpdir() }, (error, out, err) => {
        resolve({ code: error === null ? 0 : Number(error.code), out, err });
      });
    });
  };

  it('ends with 0 and a line of proof where all is well', async () => {
    const { code, out, err } = await run('--no-temporal');
    assert.deepEqual([code, err], [0, '']);
    assert.match(out, /^2 scenes, 1 of them extracted; 60 parcels met; 9 times a parcel has a reason/);
    assert.match(out, /public\.sigs: 171 rows, 171 expected/);
    assert.match(out, /nothing lost, nothing twice, every status true/);
  });

  it('ends with 1 and the list where it is not, for people and for programs', async () => {
    await database.pool.query(`DELETE FROM sigs WHERE (pid, obsid) = (7, 1)`);
    const { code, out } = await run('--no-temporal', '--each', '2');
    assert.equal(code, 1);
    assert.match(
      out,
      /rows that are missing: 3\n {2}public\.sigs: scene 1, band B04: no row of parcel 7\n.*\n {2}and 1 more\n {2}to have .* scene forget --lost/,
    );
    const json = await run('--no-temporal', '--json');
    assert.equal(json.code, 1);
    const report = JSON.parse(json.out) as { findings: { kind: string; count: number }[] };
    assert.deepEqual(
      report.findings.map(({ kind, count }) => [kind, count]),
      [['lost', 3]],
    );
  });

  it('ends with 2 where it could not be made: wrong options, tables, servers', async () => {
    for (const [args, message] of [
      [['--each', 'few'], /whole number from 1/],
      [['--no-temporal', '--results', 'nowhere'], /there is no table nowhere/],
      [['--no-temporal', '--campaign', 'nobody'], /claimed by a campaign nobody/],
      [[], /no Temporal server answers at 127\.0\.0\.1:1/],
    ] as const) {
      const { code, out, err } = await run(...args);
      assert.deepEqual([code, out], [2, '']);
      assert.match(err, message);
    }
  });
});
