/** `parcelwise export` as a person runs it. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { skipWithoutServer } from '../database/database.js';
import { ExportedSeason } from '../export/exported-season.js';
import { temporaryFolder } from '../temporary-folder.js';
import { parcelwise } from './command.js';

describe('parcelwise export', { skip: skipWithoutServer }, () => {
  const root = temporaryFolder('export-command');
  let season: ExportedSeason;
  before(async () => {
    season = await ExportedSeason.make(root);
    await season.writeConfig('db_config.json');
  });
  after(() => season.database.drop());

  const run = (...args: string[]) => parcelwise(['export', ...args], { cwd: root });

  it('writes series and parcels into a folder, by year and card', async () => {
    const { code, out, err } = await run('season');
    assert.deepEqual([code, err], [0, '']);
    assert.equal(out.split('\n')[0], 'season: 3 scenes');
    assert.deepEqual(await season.filesIn('season'), [
      'parcels.parquet',
      'series/year=2024/card=s2/part-0.parquet',
    ]);
  });

  it('takes kinds, bands, period and folders', async () => {
    const options = '--what series --kind clear --bands B08 --from 2024-03-02 --to 2024-03-02 --by day,card';
    const { code, err } = await run('clear', ...options.split(' '), '--format', 'csv');
    assert.deepEqual([code, err], [0, '']);
    assert.deepEqual(await season.filesIn('clear'), ['series/day=2024-03-02/card=s2/part-0.csv']);
    const [head, ...lines] = readFileSync(season.pathOf('clear', (await season.filesIn('clear'))[0]!), 'utf8')
      .trimEnd()
      .split('\n');
    assert.match(head!, /^pid,obsid,card,obstime,band,count,mean/);
    assert.equal(lines.length, 2 * 34);
  });

  it('refuses what can not be meant, with the remedy, as wrong usage', async () => {
    for (const [args, words] of [
      ['x.parquet --what series,parcels', /one file holds series or parcels: name one of them/],
      ['x.parquet --format csv', /ending says parquet, and --format csv/],
      ['x --format xlsx', /Allowed choices are parquet/],
      ['x --by week', /list of year, month, card, day/],
      ['x --from yesterday', /day or time in UTC, as 2024-03-01/],
      ['x --area nowhere', /there is no area nowhere in public\.aois/],
      ['x --area nowhere.geojson', /nowhere\.geojson: there is no such file/],
      ['x --results sigs_of_old', /sigs_of_old/],
      ['season --layout wide', /holds another export \(layout long, not wide\); name another target/],
    ] as const) {
      const { code, err } = await run(...args.split(' '));
      assert.equal(code, 2, `${args}: ${err}`);
      assert.match(err, words);
      assert.ok(!/\n\s+at /.test(err), err);
    }
    assert.ok(!existsSync(season.pathOf('x.parquet')));
  });
});
