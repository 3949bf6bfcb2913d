/** `parcelwise results` as a person runs it. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createDatabase, skipWithoutServer, type TestDatabase } from '../database/database.js';
import { extractScene } from '../database/extracted.js';
import { makeSeason, SELECTION } from '../database/season.js';
import { parcelwise } from './command.js';

describe('results', { skip: skipWithoutServer }, () => {
  let folder: string;
  let database: TestDatabase;
  const results = (...words: string[]) => parcelwise(['results', ...words], { cwd: folder });

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parcelwise-results-'));
    database = await createDatabase();
    await extractScene(database.pool, await makeSeason(database.pool), 1);
    const { host, port, user, password } = database.connection;
    const { catalogue, aois, parcels, results: rows, hists } = SELECTION.tables;
    const config = {
      connection: { host, port, dbname: database.name, dbuser: user, dbpasswd: password?.() },
      tables: {
        ...{ catalogue_table: catalogue, aoi_table: aois, parcel_table: parcels },
        ...{ results_table: rows, hists_table: hists },
      },
      args: { name: 'here', startdate: '2024-03-01', enddate: '2024-04-01' },
    };
    await writeFile(join(folder, 'db_config.json'), JSON.stringify({ database: config }));
  });
  after(async () => {
    await database.drop();
    await rm(folder, { recursive: true });
  });

  it('are shown with what lacks, indexed once, and ordered by parcel once', async () => {
    assert.match(
      (await results('show')).out,
      /public\.sigs: rows not counted yet.*no index by parcel[^]*missing: public\.sigs \(pid\), public\.hists \(pid\); the tables are small/,
    );
    const refused = await results('cluster');
    assert.equal(refused.code, 2);
    assert.match(refused.err, /public\.sigs has no index by parcel.*parcelwise results index/);

    const built = await results('index');
    assert.equal(built.code, 0, built.err);
    assert.match(built.out, /sigs_pid_idx"? on public\.sigs \(pid\): built in \d+ s\n.*hists_pid_idx/);
    assert.equal((await results('index')).out, 'every index that reads need is there\n');

    const ordered = await results('cluster');
    assert.match(
      ordered.out,
      /public\.sigs: rows ordered by parcel in \d+ s\npublic\.hists: its rows are in the order/,
    );
    assert.match(ordered.err, /ordering public\.sigs \(1 MB\) takes up to 1 MB .*; [\d.]+ GB are free/);
    assert.match(
      (await results('show')).out,
      /public\.sigs: about 114 rows; .*100 % in the order of parcels/,
    );
    assert.match(
      (await results('cluster', 'sigs')).out,
      /public\.sigs: its rows are in the order of parcels already/,
    );
  });

  it('of a table that is not there are told by its name', async () => {
    const found = await results('show', 'nowhere');
    assert.equal(found.code, 2);
    assert.match(found.err, /there is no table nowhere/);
  });
});
