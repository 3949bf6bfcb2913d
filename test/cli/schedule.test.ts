/** The commands of schedules, read back from the server. No worker runs: ticks that are started stay as they are. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Client, ScheduleNotFoundError } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { quietRuntime } from '../workflows/quiet.js';
import { makeNamespace, skipWithoutTemporal, temporalAddress, until } from '../workflows/server.js';
import { parcelwise, type Run } from './command.js';

const CONFIG = {
  database: {
    connection: { host: '127.0.0.1', port: 1, dbname: 'cbm', dbuser: 'cbm', dbpasswd: 'S3cret-of-the-test' },
    tables: { aoi_table: 'aois', parcel_table: 'parcels', results_table: 'sigs', hists_table: 'hists' },
    args: { name: 'roi', startdate: '2024-01-01', enddate: '2024-12-31' },
  },
};
const HOUR_MS = 3_600_000;

describe('parcelwise schedule', { skip: skipWithoutTemporal }, () => {
  let folder: string;
  let connection: NativeConnection;
  let client: Client;
  let env: Record<string, string>;

  before(async () => {
    quietRuntime();
    folder = await mkdtemp(join(tmpdir(), 'parcelwise-schedule-'));
    await writeFile(join(folder, 'db_config.json'), JSON.stringify(CONFIG));
    connection = await NativeConnection.connect({ address: temporalAddress! });
    const namespace = await makeNamespace(connection);
    client = new Client({ connection, namespace });
    env = { TEMPORAL_ADDRESS: temporalAddress!, TEMPORAL_NAMESPACE: namespace };
  });
  after(async () => {
    await connection.close();
    await rm(folder, { recursive: true });
  });

  /** The database of the file is not there. */
  const run = (verb: string, ...args: string[]): Promise<Run> =>
    parcelwise(['schedule', verb, ...(verb === 'create' ? ['--no-database-check'] : []), ...args], {
      cwd: folder,
      env,
    });
  /** Runs a command that must succeed. @returns what it printed. */
  async function does(verb: string, ...args: string[]): Promise<string> {
    const { code, out, err } = await run(verb, ...args);
    assert.equal(code, 0, err);
    return out;
  }
  const described = (name: string) => client.schedule.getHandle(`schedule/${name}`).describe();
  async function ticksOf(name: string): Promise<string[]> {
    const ids: string[] = [];
    for await (const { workflowId, status } of client.workflow.list({ query: `WorkflowType = 'tick'` }))
      if (workflowId.startsWith(`tick/${name}`) && status.name === 'RUNNING') ids.push(workflowId);
    return ids;
  }

  it('create: ticks of what was asked for, one at a time, with an hour to catch up', async () => {
    const source = ['--stac', 'cdse', '--cloud', '80', '--lookback', '14'];
    const out = await does(
      'create',
      'made',
      '--card',
      's2',
      '--every',
      '90m',
      '--concurrency',
      '2',
      ...source,
    );
    assert.match(out, /schedule made is created/);
    const { spec, policies, action, state } = await described('made');
    assert.deepEqual([spec.intervals?.map(({ every }) => every), spec.calendars], [[1.5 * HOUR_MS], []]);
    assert.deepEqual([policies.overlap, policies.catchupWindow], ['SKIP', HOUR_MS]);
    assert.equal(policies.pauseOnFailure, false);
    assert.equal(state.paused, false);
    assert.deepEqual(
      [action.workflowType, action.workflowId, action.taskQueue],
      ['tick', 'tick/made', 'parcelwise'],
    );
    const tables = { catalogue: 'dias_catalogue', aois: 'aois' };
    const period = { start: '2024-01-01T00:00:00', end: '2024-12-31T00:00:00' };
    const common = { aoi: { field: 'name', name: 'roi' }, period };
    assert.deepEqual(action.args, [
      {
        name: 'made',
        sync: { source: { stac: 'cdse' }, tables, ...common, cloud: 80, lookbackDays: 14 },
        campaign: {
          card: 's2',
          tables: { ...tables, parcels: 'parcels', results: 'sigs', hists: 'hists', clear: null },
          ...common,
          bands: ['B04', 'B08', 'SC'],
          bandNames: 'api',
          minAreaM2: 3000,
          chunkParcels: 30_000,
          radiometry: 'raw',
          statusIn: 'catalogue',
          pixels: 'centre',
          innerBufferM: 0,
          clear: { classes: [0, 1, 3, 8, 9, 10, 11], widenM: 0, minPixels: 1, innerBufferM: 0 },
          skipCloudy: false,
          indices: {},
          concurrency: 2,
        },
      },
    ]);
    assert.ok(!JSON.stringify(action).includes('S3cret'));
  });

  it('create again: the settings are changed, not doubled, and a paused one stays paused', async () => {
    await does('pause', 'made');
    const cron = ['--cron', '20 * * * *', '--cron', '50 4 * * 1'];
    assert.match(
      await does('create', 'made', '--card', 'bs', ...cron, '--no-sync'),
      /schedule made is changed/,
    );
    const { spec, policies, action, state } = await described('made');
    assert.deepEqual(spec.intervals, []);
    assert.deepEqual(
      spec.calendars?.map(({ comment }) => comment),
      ['20 * * * *', '50 4 * * 1'],
    );
    assert.deepEqual([policies.overlap, policies.catchupWindow], ['SKIP', HOUR_MS]);
    const [input] = action.args as [{ sync?: object; campaign: { card: string } }];
    assert.deepEqual([input.sync, input.campaign.card], [undefined, 'bs']);
    assert.equal(state.paused, true);
    assert.match(
      await does('list'),
      /^made {2}cron 20 \* \* \* \*, cron 50 4 \* \* 1 {2}paused, last never\n$/,
    );
  });

  it('pause and resume: no more ticks, and ticks again', async () => {
    assert.match(await does('resume', 'made'), /schedule made is resumed/);
    assert.equal((await described('made')).state.paused, false);
    assert.match(await does('list'), /next tick \d{4}-\d\d-\d\dT\d\d:[25]0:00Z/);
    assert.match(await does('pause', 'made'), /schedule made is paused/);
    const { state } = await described('made');
    assert.deepEqual([state.paused, state.note], [true, 'parcelwise schedule pause']);
  });

  it('trigger: a tick now, unless one is at work', async () => {
    assert.match(await does('trigger', 'made'), /schedule made is triggered/);
    await until('a tick runs', async () => (await ticksOf('made')).length === 1);
    const [first] = await ticksOf('made');
    await until('the list tells of it', async () => (await does('list')).includes('a tick is running'));
    await does('trigger', 'made');
    await until(
      'the second is skipped',
      async () => (await described('made')).info.numActionsSkippedOverlap === 1,
    );
    assert.deepEqual(await ticksOf('made'), [first]);
    await client.workflow.getHandle(first!).terminate();
  });

  it('backfill: the ticks of a time that has passed, one after the other', async () => {
    await does('create', 'filled', '--card', 's2', '--every', '1h', '--no-sync');
    await does('pause', 'filled');
    await does('backfill', 'filled', '--from', '2024-03-01T00:30:00', '--to', '2024-03-01T03:30:00');
    const seen: string[] = [];
    while (seen.length < 3) {
      await until('the next tick runs', async () => (await ticksOf('filled')).length > 0);
      const running = await ticksOf('filled');
      assert.equal(running.length, 1, 'one at a time');
      seen.push(running[0]!);
      await client.workflow.getHandle(running[0]!).terminate();
      await until('it has ended', async () => !(await ticksOf('filled')).includes(running[0]!));
    }
    assert.deepEqual(
      seen.map((id) => id.replace('tick/filled-', '')),
      ['2024-03-01T01:00:00Z', '2024-03-01T02:00:00Z', '2024-03-01T03:00:00Z'],
    );
    const { info } = await described('filled');
    assert.deepEqual([info.numActionsTaken, info.numActionsSkippedOverlap], [3, 0]);
  });

  it('delete: it is gone, and what is asked of it then is refused', async () => {
    assert.match(await does('delete', 'filled'), /schedule filled is deleted/);
    await assert.rejects(described('filled'), ScheduleNotFoundError);
    for (const verb of ['pause', 'resume', 'trigger', 'delete']) {
      const { code, err } = await run(verb, 'filled');
      assert.deepEqual([code, err.includes('there is no schedule filled')], [2, true], `${verb}: ${err}`);
    }
    await does('delete', 'made');
    await until('the list is empty', async () => (await does('list')) === 'no schedule\n');
  });

  it('is refused with the reason where it is asked for wrongly', async () => {
    for (const [args, message] of [
      [['create', 'x', '--card', 's2', '--no-sync'], /say how often/],
      [['create', 'x', '--card', 's2', '--no-sync', '--every', '1h', '--cron', '* * * * *'], /say how often/],
      [['create', 'x', '--card', 'bs', '--skip-cloudy', '--every', '1h', '--no-sync'], /no map of classes/],
      [['create', 'x', '--card', 's2', '--every', '1h'], /say where scenes come from/],
      [['create', 'x', '--card', 's2', '--every', 'often', '--no-sync'], /30s, 15m, 1h or 1d/],
      [['backfill', 'x', '--from', 'yesterday', '--to', '2024-03-01'], /a day or a time in UTC/],
    ] as const) {
      const [verb, ...rest] = args;
      const { code, err } = await run(verb, ...rest);
      assert.equal(code, 2, err);
      assert.match(err, message);
    }
  });
});
