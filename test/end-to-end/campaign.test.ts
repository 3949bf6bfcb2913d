/**
 * Whole campaigns: the command, a worker process, Temporal, PostGIS and S3. Every row is checked against statistics of
 * the test's own.
 */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Tables } from '../../database/terms.js';
import type { campaign } from '../../workflows/campaign.js';
import { ORCHESTRATOR_QUEUE } from '../../workflows/ids.js';
import { skipWithoutServer } from '../database/database.js';
import { skipWithoutTemporal } from '../workflows/server.js';
import { Command } from './command.js';
import { skipWithoutStore } from './gateway.js';
import { type Card, makeTestSeason, type TestSeason } from './season.js';
import { WorkerProcesses } from './worker-processes.js';

const CARDS: readonly Card[] = ['s2', 'bs', 'c6'];
const skip = skipWithoutServer || skipWithoutTemporal || skipWithoutStore;
/** `real` keeps seven digits. */
const REAL = 2e-7;

describe('a campaign from end to end', { skip }, () => {
  let season: TestSeason;
  let workers: WorkerProcesses;
  let worker: Command;

  before(async () => {
    season = await makeTestSeason(
      [...CARDS.map((card) => ({ card, name: card })), { card: 's2', name: 'killed' }],
      { harmed: true },
    );
    workers = await WorkerProcesses.open(join(season.folder, 'scratch'));
    await startWorker();
  });
  after(async () => {
    await workers.close();
    await season.close();
  });

  async function startWorker(): Promise<void> {
    const { files } = await season.config('s2', 's2');
    worker = await workers.start(files);
  }

  async function runCampaign(card: Card): Promise<{ code: number | string; output: string; tables: Tables }> {
    const { files, tables } = await season.config(card, card);
    const command = new Command(['campaign', 'run', '--card', card, ...files, '--wait'], workers.env);
    return { code: await command.end(), output: command.output, tables };
  }

  async function statuses(card: Card): Promise<Map<number, string>> {
    const sql = 'SELECT id, status::text FROM ms.dias_catalogue WHERE card = $1 ORDER BY id';
    const { rows } = await season.database.pool.query<{ id: number; status: string }>(sql, [card]);
    return new Map(rows.map(({ id, status }) => [id, status]));
  }

  /** Every row there must be is there, once, with the right numbers, and no other. */
  async function checkRows(card: Card, tables: Tables): Promise<void> {
    const { pool } = season.database;
    const expected = await season.expected(card);
    assert.ok(expected.rows.size > 1000);
    const { rows: stored } = await pool.query<{ key: string; values: number[] }>(`
      SELECT obsid || ' ' || pid || ' ' || trim(band) AS key,
             ARRAY[count, mean, std, min, max, p25, p50, p75]::float8[] AS values FROM ${tables.results}`);
    assert.equal(stored.length, expected.rows.size);
    assert.equal(new Set(stored.map(({ key }) => key)).size, stored.length, 'no row twice');
    for (const { key, values } of stored) {
      const should = expected.rows.get(key);
      assert.ok(should, `row ${key} should not be there`);
      const right = should.every(
        (value, i) => Math.abs(values[i]! - value) <= REAL * Math.max(1e-6, Math.abs(value)),
      );
      assert.ok(
        right || closeSpread(values, should),
        `row ${key} is ${values.join(' ')}, should be ${should.join(' ')}`,
      );
    }
    if (tables.hists === undefined) return;
    const { rows: hists } = await pool.query<{ key: string; hist: Record<string, number> }>(
      `SELECT obsid || ' ' || pid AS key, hist FROM ${tables.hists}`,
    );
    assert.equal(hists.length, expected.hists.size);
    assert.deepEqual(new Map(hists.map(({ key, hist }) => [key, hist])), expected.hists);
  }

  for (const card of CARDS) {
    it(`stores the statistics of every parcel of card ${card}, and says of each other scene why not`, async () => {
      const { code, output, tables } = await runCampaign(card);
      assert.equal(code, 0, output);
      assert.deepEqual(await statuses(card), await season.ends(card));
      await checkRows(card, tables);
    });
  }

  it('keeps why a scene cannot be read, by the name of its file', async () => {
    const sql = `SELECT card, reason FROM parcelwise.extraction WHERE status = 'bad_raster' ORDER BY card`;
    const { rows } = await season.database.pool.query<{ card: string; reason: string }>(sql);
    assert.deepEqual(
      rows.map(({ card }) => card),
      ['bs', 'c6', 's2'],
    );
    const reasons = [/_VV\.img: has \d+ bytes/, /\.tif: not supported: names no CRS/, /_B04_10m\.jp2/];
    for (const [i, { reason }] of rows.entries()) assert.match(reason, reasons[i]!);
  });

  it('changes nothing when it is run again', async () => {
    const { code, output, tables } = await runCampaign('bs');
    assert.equal(code, 0, output);
    assert.match(output, /no scene to do/);
    assert.deepEqual(await statuses('bs'), await season.ends('bs'));
    await checkRows('bs', tables);
  });

  it('stores every row once though its worker is killed in the middle, and leaves no scratch files', async () => {
    const { pool } = season.database;
    const { tables } = await season.config('s2', 'killed');
    await pool.query(`UPDATE ms.dias_catalogue SET status = 'ingested' WHERE card = 's2'`);
    const handle = await workers.client.workflow.start<typeof campaign>('campaign', {
      workflowId: 'campaign/killed',
      taskQueue: ORCHESTRATOR_QUEUE,
      // Small chunks, so that there is a middle.
      args: [{ card: 's2', tables, chunkParcels: 25, concurrency: 2, hostSilenceSeconds: 5 }],
    });
    const stored = async (): Promise<number> => {
      const sql = 'SELECT count(*)::int AS count FROM parcelwise.ledger WHERE results_table = $1';
      return (await pool.query<{ count: number }>(sql, [tables.results])).rows[0]!.count;
    };
    while ((await stored()) < 5) await sleep(10);
    await worker.stop('SIGKILL');
    const before = await stored();
    const { rows: planned } = await pool.query<{ count: number }>(
      'SELECT count(*)::int AS count FROM parcelwise.plan WHERE results_table = $1',
      [tables.results],
    );
    assert.ok(before < planned[0]!.count, 'it was killed in the middle');

    await startWorker();
    const progress = await handle.result();
    assert.equal(progress.ended.extracted, 2);
    assert.deepEqual(await statuses('s2'), await season.ends('s2'));
    await checkRows('s2', tables);
    assert.equal(await worker.stop(), 0, worker.output);
    const left = await readdir(workers.env.PARCELWISE_SCRATCH!, { recursive: true });
    assert.deepEqual(
      left.filter((name) => !/^coverages|^places|^slot-0(\/scenes|\/disk\.json|\.lock)?$/.test(name)),
      [],
    );
  });
});

/** The spread of values that hardly differ is what is left of large numbers; it is compared with the values' size. */
function closeSpread(values: readonly number[], should: readonly number[]): boolean {
  const size = Math.abs(should[1]!);
  return values.every(
    (value, i) => Math.abs(value - should[i]!) <= REAL * (i === 2 ? size : Math.abs(should[i]!)),
  );
}
