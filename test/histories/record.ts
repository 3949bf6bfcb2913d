/**
 * Records the histories that replay.test.ts replays. Run it after a change of the workflows that is meant to break them
 * (and, in production, is guarded by `patched`), with any Temporal dev server:
 *
 *     temporal server start-dev --headless --port 7299 &
 *     npm run build && PARCELWISE_TEST_TEMPORAL=127.0.0.1:7299 node dist/test/histories/record.js
 *
 * With names of histories behind it, only those are recorded.
 */
import { writeFile } from 'node:fs/promises';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import type { WorkflowHandle } from '@temporalio/client';
import { pauseUpdate, progressQuery, resumeUpdate, setConcurrencyUpdate } from '../../workflows/messages.js';
import { away, failure, Gate, hostQueue, untilCancelled } from '../workflows/mock-activities.js';
import { until, WorkflowServer } from '../workflows/server.js';
import { historyFile } from './files.js';

/** Each starts a workflow and brings it to its end. */
const RECORDINGS: Readonly<Record<string, (server: WorkflowServer) => Promise<WorkflowHandle>>> = {
  'campaign': async (server) => {
    const mock = server.use(3);
    mock.pageSize = 2;
    mock.searchAttributes = true;
    const gate = new Gate();
    mock.instead.mark = (usual) => async (...args) => {
      await gate.passed;
      return await usual(...args);
    };
    const handle = await server.startCampaign({ concurrency: 1 });
    await until('a scene is to be marked', () => mock.count('mark') === 1);
    await handle.executeUpdate(pauseUpdate);
    await handle.executeUpdate(setConcurrencyUpdate, { args: [2] });
    gate.open();
    await handle.executeUpdate(resumeUpdate);
    return handle;
  },
  'campaign-cancelled': async (server) => {
    const mock = server.use(3);
    mock.instead.extractAndCopyChunk = () => untilCancelled;
    const handle = await server.startCampaign({ concurrency: 2 });
    await until('two scenes are extracting', () => mock.count('extractAndCopyChunk') === 4);
    await handle.cancel();
    return handle;
  },
  'scene': (server) => {
    server.use(1);
    return server.startScene(1, { searchAttributes: true });
  },
  // Its steps by the names that hosts have since 0.2.0; the histories recorded before have those of 0.1.0.
  'scene-step-names': (server) => {
    server.use(1);
    return server.startScene(1, { searchAttributes: true });
  },
  'scene-host-lost': (server) => {
    const mock = server.use(1);
    const queues = ['gone', 'b'].map(hostQueue);
    mock.instead.stage = () => () => Promise.resolve({ host: 'any', queue: queues.shift()!, bytes: 1, stepNames: 2 });
    return server.startScene(1, { hostSilenceSeconds: 1 });
  },
  'scene-cancelled': async (server) => {
    const mock = server.use(1);
    mock.instead.extractAndCopyChunk = () => untilCancelled;
    const handle = await server.startScene();
    await until('it is extracting', () => mock.count('extractAndCopyChunk') === 2);
    await handle.cancel();
    return handle;
  },
  'scene-changed-only': (server) => {
    const mock = server.use(1);
    mock.instead.renew = () => () => Promise.resolve({ added: 2, redrawn: 1, gone: 0, pending: 2 });
    return server.startScene(1, { order: { ...mock.order, changedOnly: true } });
  },
  'scene-unchanged': (server) => {
    const mock = server.use(1);
    return server.startScene(1, { order: { ...mock.order, changedOnly: true } });
  },
  'scene-superseded': (server) => {
    const mock = server.use(1);
    mock.instead.claim = (usual) => async (task) => {
      const claim = await usual(task);
      const reason = 'scene 2 is a newer product of the same acquisition: SCENE_2';
      return claim.claimed ? { ...claim, terminal: { status: 'superseded', reason } } : claim;
    };
    return server.startScene();
  },
  'scene-outage': (server) => {
    const mock = server.use(1);
    const asked = new Map<string, number>();
    for (const step of ['claim', 'stage', 'planOrFinish', 'extractAndCopyChunk', 'copyChunk', 'mark'] as const)
      mock.instead[step] = ((usual: (task: never) => Promise<unknown>) => (task: never) => {
        asked.set(step, (asked.get(step) ?? 0) + 1);
        if (asked.get(step)! <= 2) throw away('Outage', "can't connect to PostgreSQL");
        return usual(task);
      }) as never;
    return server.startScene();
  },
  'campaign-hindered': async (server) => {
    const mock = server.use(2);
    mock.hindrances = ['no extractor asks for work'];
    const gate = new Gate();
    mock.instead.stage = gate.before;
    const handle = await server.startCampaign({ concurrency: 2, hostSilenceSeconds: 5 });
    const seen = async (): Promise<boolean> =>
      ((await handle.query(progressQuery)).hindrances ?? []).length > 0;
    await until('it says what it waits for', seen);
    gate.open();
    return handle;
  },
  'catalogue-sync': (server) => {
    server.use(0);
    server.source.searches = [
      [
        { received: 2, entered: 1, refused: { 'no footprint': 1 }, matched: 4 },
        { received: 1, matched: 4 },
      ],
      [{ received: 1, doubled: 1 }],
    ];
    return server.startSync();
  },
  'tick': (server) => {
    server.use(1);
    server.source.searches = [[{ received: 1, entered: 1 }]];
    return server.startTick();
  },
  'tick-idle': (server) => {
    server.use(0);
    return server.startTick();
  },
  'tick-source-lost': (server) => {
    server.use(1);
    server.source.beforePage = () => {
      throw failure('Misconfigured', 'the source refuses us');
    };
    return server.startTick();
  },
  'scene-bad-raster': (server) => {
    server.use(1).instead.planOrFinish = () => () => {
      throw failure('BadRaster', 'B04.jp2: no SOC marker');
    };
    return server.startScene();
  },
};

/** Names of processes and paths on this machine say nothing to a replay. */
function anonymous(key: string, value: unknown): unknown {
  if (key === 'identity') return 'recorder';
  return key === 'stackTrace' ? '' : value;
}

const server = await WorkflowServer.start();
await server.createSearchAttributes();
const names = process.argv.slice(2);
for (const [name, bring] of Object.entries(RECORDINGS)) {
  if (names.length > 0 && !names.includes(name)) continue;
  const handle = await bring(server);
  await handle.result().catch(() => undefined);
  const { events } = JSON.parse(historyToJSON(await handle.fetchHistory())) as { events: unknown[] };
  const lines = events.map((event) => JSON.stringify(event, anonymous));
  await writeFile(historyFile(name), `{"events":[\n${lines.join(',\n')}\n]}\n`);
  console.log(`${name}: ${events.length} events`);
}
await server.stop();
