/** What a person is told of campaigns: by a server that is real, with activities over a catalogue in memory. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { FailureType } from '../../campaigns/failure-types.js';
import {
  failureOf,
  skipWithoutTemporal,
  temporalAddress,
  until,
  WorkflowServer,
} from '../workflows/server.js';
import { parcelwise, type Run } from './command.js';

describe('parcelwise campaign, as it tells of campaigns', { skip: skipWithoutTemporal }, () => {
  let server: WorkflowServer;
  before(async () => {
    server = await WorkflowServer.start();
  });
  after(() => server.stop());

  const ask = (...args: string[]): Promise<Run> =>
    parcelwise(['campaign', ...args], {
      env: { TEMPORAL_ADDRESS: temporalAddress!, TEMPORAL_NAMESPACE: server.namespace },
    });

  it('says why a campaign failed, and exits with 1', async () => {
    const mock = server.use(2);
    mock.instead.prepareCampaign = () => () =>
      Promise.reject(
        ApplicationFailure.nonRetryable('there is no area nope', 'Misconfigured' satisfies FailureType),
      );
    await failureOf((await server.startCampaign()).result());
    const { code, out } = await ask('status', mock.results);
    assert.equal(code, 1);
    assert.match(out, new RegExp(`^${mock.results}: failed: there is no area nope\n`));
    assert.match(out, /^scenes were not looked for yet; 0 parcels met/m);
    assert.doesNotMatch(out, /#/);
  });

  it('tells a script what ended a campaign: 2 what was asked for wrongly, 1 anything else; of status always 1', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'parcelwise-status-'));
    for (const [type, expected] of [
      ['Misconfigured', 2],
      ['InvalidInput', 2],
      ['Transient', 1],
    ] as const) {
      const mock = server.use(2);
      mock.instead.prepareCampaign = () => () => Promise.reject(ApplicationFailure.nonRetryable('so', type));
      const config = join(folder, 'db_config.json');
      const tables = { aoi_table: 'aois', parcel_table: 'parcels', results_table: mock.results };
      const args = { name: 'roi', startdate: '2024-01-01', enddate: '2024-06-30' };
      await writeFile(config, JSON.stringify({ database: { tables, args } }));
      const asked = ['--card', 's2', '--name', mock.results, '--db-config', config, '--no-database-check'];
      const ran = await ask('run', ...asked);
      assert.deepEqual([ran.code, ran.err.includes('parcelwise: so\n')], [expected, true], ran.err);
      const told = await ask('status', mock.results, '--watch');
      assert.deepEqual([told.code, told.err.includes('parcelwise: so\n')], [1, true], told.err);
    }
    await rm(folder, { recursive: true });
  });

  it('says that a campaign is paused and how it goes on, and exits with 0', async () => {
    const mock = server.use(3);
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    mock.instead.stage = (usual) => async (task) => {
      await gate;
      return await usual(task);
    };
    const handle = await server.startCampaign({ concurrency: 1 });
    await until('a scene is in flight', () => mock.count('stage') > 0);
    assert.equal((await ask('pause', mock.results)).code, 0);
    const { code, out } = await ask('status', mock.results);
    assert.equal(code, 0);
    assert.match(out, /: running\n/);
    assert.match(out, /0 of 3 scenes \(paused\), 1 in flight/);
    assert.ok(out.includes(`"parcelwise campaign resume ${mock.results}" starts scenes again`), out);

    const refused = await ask('concurrency', mock.results, '501');
    assert.equal(refused.code, 1);
    assert.match(refused.err, /concurrency must be a whole number from 1 to 500/);

    open();
    await ask('resume', mock.results);
    await handle.result();
  });

  it('shows no full bar of a campaign that was cancelled, and exits with 1', async () => {
    const mock = server.use(4);
    mock.instead.stage = () => () => Context.current().cancelled;
    const handle = await server.startCampaign({ concurrency: 2 });
    await until('scenes are in flight', () => mock.count('stage') === 2);
    await handle.cancel();
    await failureOf(handle.result());
    const { code, out } = await ask('status', mock.results);
    assert.equal(code, 1);
    assert.match(out, /: cancelled/);
    assert.match(out, /^\[-{30}\] 0 of 4 scenes, 0 rows/m);
    assert.doesNotMatch(out, /no scene to do/);
  });

  it('tells scripts the same', async () => {
    const mock = server.use(1);
    await (await server.startCampaign()).result();
    const { code, out } = await ask('status', mock.results, '--json');
    const status = JSON.parse(out) as Record<string, unknown> & { progress: { ended: unknown } };
    assert.equal(code, 0);
    assert.equal(status.standing, 'COMPLETED');
    assert.equal(status.name, mock.results);
    assert.equal(status.reason, undefined);
    assert.deepEqual(status.progress.ended, { extracted: 1 });
  });

  it('exits with 1 where scenes ended, and none of them extracted', async () => {
    for (const [words, expected] of [
      [['B04 notfound', 'S2_nopath'], 1],
      [['B04 notfound', 'no_parcels'], 1],
      [['no_parcels', 'no_parcels'], 0],
      [['B04 notfound', 'extracted'], 0],
    ] as const) {
      const mock = server.use(2);
      mock.instead.claim = (usual) => async (task) => {
        const claim = await usual(task);
        const status = words[task.scene.obsid - 1]!;
        if (!claim.claimed || status === 'extracted') return claim;
        return { ...claim, terminal: { status, reason: 'nothing is there' } };
      };
      await (await server.startCampaign()).result();
      const { code, out } = await ask('status', mock.results);
      assert.equal(code, expected, `${words.join(', ')}: ${out}`);
      assert.equal(out.includes('no scene was extracted'), expected === 1, out);
      assert.equal((await ask('status', mock.results, '--watch')).code, expected, words.join(', '));
    }
  });

  it('tells clear rows beside raw ones', async () => {
    const mock = server.use(2);
    mock.instead.mark = (usual) => async (task, terminal) => {
      const marked = await usual(task, terminal);
      return marked && { ...marked, clear: 700, freshClear: 600 };
    };
    await (await server.startCampaign()).result();
    assert.match((await ask('status', mock.results)).out, /120 rows and 1,200 clear ones stored/);
  });

  it('lists campaigns, the latest first, and as many as are asked for', async () => {
    const first = server.use(1).results;
    await (await server.startCampaign()).result();
    const second = server.use(1).results;
    await (await server.startCampaign()).result();
    await until('both are listed', async () => {
      const { out } = await ask('list', '--limit', '2');
      const names = out.split('\n').map((line) => line.split(/\s+/)[0]);
      return names[0] === second && names[1] === first && names.length === 3;
    });
    const { out } = await ask('list', '--limit', '1', '--json');
    const listed = JSON.parse(out) as { name: string; standing: string }[];
    assert.deepEqual(
      listed.map(({ name, standing }) => [name, standing]),
      [[second, 'COMPLETED']],
    );
  });

  it('says that there is none of a name, and how to find those there are', async () => {
    const { code, err } = await ask('status', 'nobody');
    assert.equal(code, 2);
    assert.match(err, /there is no campaign nobody.*campaign list/);
    assert.doesNotMatch(err, /\n\s+at /);
  });

  it('says what to do about a namespace that the server does not know', async () => {
    const env = { TEMPORAL_ADDRESS: temporalAddress!, TEMPORAL_NAMESPACE: 'nobodys' };
    for (const words of ['campaign list', 'campaign status x', 'campaign pause x', 'schedule list']) {
      const { code, err } = await parcelwise(words.split(' '), { env });
      assert.equal(code, 1, words);
      assert.match(
        err,
        /^parcelwise: namespace nobodys can't be used \(.+\); set TEMPORAL_NAMESPACE, or /,
        words,
      );
    }
  });
});
