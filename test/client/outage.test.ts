/** A Temporal server that is stopped and started again while a campaign is followed. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { freePort } from '../../stack/ports.js';
import { startTemporal } from '../../stack/temporal.js';
import { Outage } from '../../client/outage.js';
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
      const site = server.use(1);
      let open = (): void => undefined;
      const gate = new Promise<void>((resolve) => (open = resolve));
      site.instead.stage = (usual) => async (task) => {
        await gate;
        return await usual(task);
      };
      await server.startCampaign({ hostSilenceSeconds: 600 });
      await until('a scene is in flight', () => site.count('stage') > 0);
      const env = { TEMPORAL_ADDRESS: `127.0.0.1:${port}`, TEMPORAL_NAMESPACE: server.namespace };
      const command = new Command(['campaign', 'status', site.results, '--watch'], env);
      await command.says('0 of 1 scenes');
      await temporal.stop();
      await command.says('the Temporal server does not answer');
      temporal = await start();
      await command.says('the Temporal server answers again');
      open();
      assert.equal(await command.end(), 0, command.output);
      assert.match(command.output, /1 extracted/);
      await server.stop();
    } finally {
      await temporal.stop();
      await rm(folder, { recursive: true, force: true });
    }
  });
});
