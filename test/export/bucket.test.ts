/** Exports into a bucket of a real S3 gateway. */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { parcelwise } from '../cli/command.js';
import { skipWithoutServer } from '../database/database.js';
import { gateway, skipWithoutStore } from '../end-to-end/gateway.js';
import { temporaryFolder } from '../temporary-folder.js';
import { ExportedSeason } from './exported-season.js';
import { readParquet } from './read-parquet.js';

describe('an export to s3://', { skip: skipWithoutServer || skipWithoutStore }, () => {
  const root = temporaryFolder('export-bucket');
  const bucket = `exports-${process.pid}`;
  let season: ExportedSeason;
  let objects: string;
  before(async () => {
    season = await ExportedSeason.make(root);
    await season.writeConfig('db_config.json');
    objects = join(dirname(gateway().folder), bucket);
    mkdirSync(objects);
  });
  after(() => season.database.drop());

  function run(...args: string[]) {
    const { endpoint, accessKey, secretKey, region } = gateway();
    return parcelwise(['export', ...args, '--db-config', season.pathOf('db_config.json')], {
      env: {
        ...{ AWS_ENDPOINT_URL: endpoint, AWS_REGION: region },
        ...{ AWS_ACCESS_KEY_ID: accessKey, AWS_SECRET_ACCESS_KEY: secretKey },
      },
    });
  }
  const filesIn = (folder: string): string[] =>
    readdirSync(join(objects, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name).slice(join(objects, folder).length + 1))
      .sort();

  it('puts the same files there as into a folder, and nothing again', async () => {
    const first = await run(`s3://${bucket}/2024`);
    assert.equal(first.code, 0, first.err);
    assert.match(first.out, new RegExp(`^s3://${bucket}/2024: 3 scenes\n  written: 2 files, 268 rows`));
    const series = 'series/year=2024/card=s2/part-0.parquet';
    assert.deepEqual(filesIn('2024'), ['item.json', 'manifest.json', 'parcels.parquet', series]);
    await season.run('folder');
    assert.deepEqual(await readParquet(join(objects, '2024', series)), await season.rowsIn('folder'));
    const item = readFileSync(join(objects, '2024', 'item.json'), 'utf8');
    const second = await run(`s3://${bucket}/2024/`);
    assert.match(second.out, /written: 0 files, 0 rows, 0\.0 MB\n {2}as they were: 2 files; removed: 0\n$/);
    assert.equal(readFileSync(join(objects, '2024', 'item.json'), 'utf8'), item);
  });

  it('puts one file there, too', async () => {
    const { code, out, err } = await run(`s3://${bucket}/one/b04.csv`, '--bands', 'B04', '--layout', 'spv');
    assert.equal(code, 0, err);
    assert.match(out, /one\/b04\.csv: 76 rows, 0\.0 MB\n$/);
    assert.deepEqual(filesIn('one'), ['b04.csv']);
    assert.equal(
      readFileSync(join(objects, 'one', 'b04.csv'), 'utf8')
        .trimEnd()
        .split('\n').length,
      77,
    );
  });

  it('says which bucket is not there, and shows no secret', async () => {
    const { code, err } = await run('s3://nowhere-at-all/x');
    assert.notEqual(code, 0);
    assert.match(err, /nowhere-at-all/);
    assert.ok(!err.includes(gateway().secretKey) && !/\n\s+at /.test(err), err);
  });
});
