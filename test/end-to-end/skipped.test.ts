/**
 * A campaign that skips clouds, and one that adds what was skipped, by the command, worker processes, Temporal, PostGIS and S3: in
 * the end the tables are those of a campaign that skips nothing.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Forecast } from '../../forecast/forecast.js';
import type { campaign } from '../../workflows/campaign.js';
import { ORCHESTRATOR_QUEUE } from '../../workflows/ids.js';
import { skipWithoutServer } from '../database/database.js';
import { skipWithoutTemporal } from '../workflows/server.js';
import { Command } from './command.js';
import { skipWithoutStore } from './gateway.js';
import { makeTestSeason, type TestSeason } from './season.js';
import { WorkerProcesses } from './worker-processes.js';

const skip = skipWithoutServer || skipWithoutTemporal || skipWithoutStore;
const args = { bands: 'B04,B08,SCL,NDVI', chunk_parcels: 60 };

describe('a campaign that skips clouds', { skip }, () => {
  let season: TestSeason;
  let workers: WorkerProcesses;
  let worker: Command;

  before(async () => {
    season = await makeTestSeason([
      { card: 's2', name: 'once', clear: true, args },
      { card: 's2', name: 'skipped', clear: true, args },
    ]);
    workers = await WorkerProcesses.open(join(season.folder, 'scratch'));
    await startWorker();
  });
  after(async () => {
    await workers.close();
    await season.close();
  });

  async function startWorker(): Promise<void> {
    const { files } = await season.config('s2', 'skipped');
    worker = await workers.start(files);
  }

  async function command(name: string, ...words: string[]): Promise<string> {
    const { files } = await season.config('s2', name);
    const own = words[0] === 'audit' ? files.slice(0, 2) : files;
    const run = new Command([...words, ...own], workers.env);
    assert.equal(await run.end(), 0, run.output);
    return run.output;
  }

  const runCampaign = (name: string, ...options: string[]) =>
    command(name, 'campaign', 'run', '--card', 's2', '--status-in', 'parcelwise', '--wait', ...options);
  const ask = async (sql: string) => (await season.database.pool.query<Record<string, unknown>>(sql)).rows;
  const found = async (name: string) => ({
    rows: await ask(`SELECT * FROM ms.sigs_${name} ORDER BY obsid, pid, band`),
    clear: await ask(`SELECT * FROM ms.clear_${name} ORDER BY obsid, pid, band`),
    hists: await ask(`SELECT obsid, pid, hist::text FROM ms.hists_${name} ORDER BY 1, 2`),
    gaps: await ask(
      `SELECT obsid, chunk, band, reason, pids FROM parcelwise.gap WHERE results_table = 'ms.sigs_${name}' ORDER BY 1, 2, 3, 4`,
    ),
    accounts: await ask(
      `SELECT obsid, status, accounts FROM parcelwise.extraction WHERE results_table = 'ms.sigs_${name}' ORDER BY 1`,
    ),
    series: await ask(
      `SELECT pid, day, cloud, skipped, b04, ndvi, b04_clear FROM parcelwise.ms__sigs_${name}_series ORDER BY 1, 2`,
    ),
  });

  it('has fewer rows, and after --add those of one that skips none, though its worker is killed on the way', async () => {
    await runCampaign('once');
    await runCampaign('skipped', '--skip-cloudy');
    await command('skipped', 'audit');
    const [once, skipped] = [await found('once'), await found('skipped')];
    assert.ok(skipped.rows.length < once.rows.length);
    assert.deepEqual(skipped.hists, once.hists);
    assert.ok(skipped.series.some((one) => one.skipped === true && one.b04 === null && one.cloud !== null));
    // Two parcels are too small for a pixel of the map of classes.
    assert.equal(skipped.series.length, once.series.length - 2);

    const add = ['--card', 's2', '--status-in', 'parcelwise', '--add'];
    const told = JSON.parse(await command('skipped', 'campaign', 'forecast', ...add, '--json')) as Forecast;
    const lacking = skipped.gaps.filter((gap) => gap.reason === 'cloudy' && !String(gap.band).includes(':'));
    const parcels = lacking.reduce((sum, { pids }) => sum + (pids as number[]).length, 0);
    assert.deepEqual([told.rows.results, told.rows.clear, told.rows.hists], [parcels, 0, 0]);
    assert.equal(told.download.isAtMost, true);
    assert.match(await command('skipped', 'campaign', 'forecast', ...add), /download {3}at most /);
    const obsid = String(lacking[0]!.obsid);
    assert.match(
      await command('skipped', 'scene', 'show', obsid),
      /skipped {3}cloudy parcels in B04, B08, NDV; parcelwise campaign run --add extracts them/,
    );

    const { tables } = await season.config('s2', 'skipped');
    const handle = await workers.client.workflow.start<typeof campaign>('campaign', {
      workflowId: 'campaign/add',
      taskQueue: ORCHESTRATOR_QUEUE,
      args: [{ card: 's2', tables, statusIn: 'parcelwise', add: true, hostSilenceSeconds: 5 }],
    });
    const filled = async () =>
      (await ask('SELECT DISTINCT obsid, chunk FROM parcelwise.stored_layer WHERE filled_at IS NOT NULL'))
        .length;
    while ((await filled()) < 2) await sleep(5);
    await worker.stop('SIGKILL');
    const chunks = new Set(lacking.map((gap) => `${String(gap.obsid)} ${String(gap.chunk)}`));
    assert.ok((await filled()) < chunks.size, 'it was killed in the middle');
    await startWorker();
    await handle.result();
    await command('skipped', 'audit');
    assert.deepEqual(await found('skipped'), once);
    assert.match(await runCampaign('skipped', '--add'), /no scene to do/);
  });
});
