/** A Temporal server that is stopped and started again while a campaign is followed. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { freePort } from '../../stack/ports.js';
import { startTemporal } from '../../stack/temporal.js';
import { startCampaign } from '../../client/campaigns.js';
import { Outage } from '../../client/outage.js';
import { connectTemporal } from '../../client/temporal.js';
import { Command } from '../end-to-end/command.js';
import { until, WorkflowServer } from '../workflows/server.js';

const cli = process.env.TEMPORAL_CLI;

describe('an outage of Temporal, told', () => {
  it('once when it begins, again while it lasts, and once when it is over', () => {
    const said: string[] = [];
    let now = 0;
    const outage = new Outage(
      (line) => said.push(line),
      () => now,
    );
    outage.end();
    outage.begin();
    now = 59_999;
    outage.begin();
    assert.equal(said.length, 1);
    now = 60_000;
    outage.begin();
    assert.equal(said.length, 2);
    outage.end();
    outage.end();
    assert.equal(said.length, 3);
    assert.match(said[2]!, /answers again/);
  });
});

describe('a followed campaign', { skip: cli === undefined && 'TEMPORAL_CLI is not set' }, () => {
  it('is followed on when Temporal comes back, and to its end', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'parcelwise-outage-'));
    const port = await freePort();
    const start = () => startTemporal({ binary: cli!, folder, port, logs: folder, report: () => undefined });
    let temporal = await start();
    try {
      const server = await WorkflowServer.start(`127.0.0.1:${port}`);
      const mock = server.use(1);
      let open = (): void => undefined;
      const gate = new Promise<void>((resolve) => (open = resolve));
      mock.instead.stage = (usual) => async (task) => {
        await gate;
        return await usual(task);
      };
      await server.startCampaign({ hostSilenceSeconds: 600 });
      await until('a scene is in flight', () => mock.count('stage') > 0);
      const env = { TEMPORAL_ADDRESS: `127.0.0.1:${port}`, TEMPORAL_NAMESPACE: server.namespace };
      const command = new Command(['campaign', 'status', mock.results, '--watch'], env);
      await command.says('0 of 1 scenes');
      await temporal.stop();
      await command.says('the Temporal server does not answer');
      temporal = await start();
      await command.says('the Temporal server answers again');
      open();
      assert.equal(await command.end(), 0, command.output);
      assert.match(command.output, /1 extracted/);
      assert.doesNotMatch(command.output, /no worker answers/, 'workers have to find it again, too');
      await server.stop();
    } finally {
      await temporal.stop();
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('ends with the remedy when Temporal comes back without its database, and without the namespace', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'parcelwise-lost-'));
    const port = await freePort();
    const start = (...flags: string[]) =>
      startTemporal({ binary: cli!, port, flags, logs: folder, report: () => undefined });
    let temporal = await start('--namespace', 'ours');
    try {
      const address = `127.0.0.1:${port}`;
      const following: Command[] = [];
      for (const namespace of ['default', 'ours']) {
        const { connection, client } = await connectTemporal({
          TEMPORAL_ADDRESS: address,
          TEMPORAL_NAMESPACE: namespace,
        });
        // Nobody serves the queue: it runs until it is lost.
        await startCampaign(client, 'lost', { card: 's2' });
        await connection.close();
        const env = { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace };
        following.push(new Command(['campaign', 'status', 'lost', '--watch'], env));
      }
      const leaving = new Command(['campaign', 'status', 'lost', '--watch'], { TEMPORAL_ADDRESS: address });
      const all = [...following, leaving];
      await Promise.all(all.map((command) => command.says('no worker answers')));
      await temporal.stop();
      await Promise.all(all.map((command) => command.says('the Temporal server does not answer')));
      // Who is told to leave meanwhile does, whatever it was asking for.
      const began = Date.now();
      assert.equal(await leaving.stop(), 130, leaving.output);
      assert.ok(Date.now() - began < 5_000, 'it takes too long to leave');
      temporal = await start();
      for (const command of following) {
        assert.equal(await command.end(), 1, command.output);
        assert.match(command.output, /knows nothing of campaign\/lost any more: .+ Start it again/);
      }
    } finally {
      await temporal.stop();
      await rm(folder, { recursive: true, force: true });
    }
  });
});
