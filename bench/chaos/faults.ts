/** The faults: what each does to the run, for real, and how it ends. */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { between, type Random } from '../../demo/season/random.js';
import type { Campaigns } from './campaigns.js';
import { CARDS } from './season.js';
import type { Servers } from './servers.js';
import type { Trouble } from './store-proxy.js';
import type { Watch } from './watch.js';
import type { WorkerProcess } from './worker-process.js';

/** What faults act on. */
export interface Stage {
  readonly servers: Servers;
  readonly workers: readonly WorkerProcess[];
  readonly campaigns: Campaigns;
  readonly watch: Watch;
  readonly next: Random;
  /** Notes a promise that was broken. */
  readonly broken: (what: string) => void;
}

export interface Fault {
  readonly name: string;
  /** Does it, and resolves when what was disturbed is whole again but for what only the program can mend. */
  readonly strike: (stage: Stage) => Promise<void>;
}

/** How long a moment is waited for that a connection is to be cut at. */
const AMBUSH_MS = 30_000;
/** How long trouble with the store goes on at most until a request has met it. */
const TROUBLE_MS = 30_000;

export const FAULTS: readonly Fault[] = [
  {
    name: 'worker killed, started again at once',
    strike: async (stage) => {
      const worker = anyWorker(stage);
      await worker.kill();
      await worker.start();
    },
  },
  {
    name: 'worker killed, gone for 20 to 30 s',
    strike: async (stage) => {
      const worker = anyWorker(stage);
      await worker.kill();
      await sleep(between(stage.next, 20_000, 30_000));
      await worker.start();
    },
  },
  {
    name: 'worker stopped and started (deploy)',
    strike: async (stage) => {
      await deploy(stage, anyWorker(stage));
    },
  },
  {
    name: 'all workers stopped and started (deploy)',
    strike: async (stage) => {
      await Promise.all(stage.workers.map((worker) => deploy(stage, worker)));
    },
  },
  {
    name: 'worker frozen for 3 to 6 s',
    strike: (stage) => freezeWorker(stage, 3_000, 6_000),
  },
  {
    name: 'worker frozen for 15 to 25 s, longer than it may be silent',
    strike: (stage) => freezeWorker(stage, 15_000, 25_000),
  },
  {
    name: 'PostgreSQL restarted (fast)',
    strike: async ({ servers }) => {
      await servers.stopPostgres('fast');
      await servers.startPostgres();
    },
  },
  {
    name: 'PostgreSQL crashed (immediate), away for 1 to 8 s',
    strike: async ({ servers, next }) => {
      await servers.stopPostgres('immediate');
      await sleep(between(next, 1_000, 8_000));
      await servers.startPostgres();
    },
  },
  {
    name: 'all database connections cut',
    strike: ({ servers }) => {
      servers.database.cutAll();
      return Promise.resolve();
    },
  },
  {
    name: 'connection cut in the middle of a COPY',
    strike: ({ servers, next }) => within(AMBUSH_MS, servers.database.ambush('copy', Math.floor(next() * 3))),
  },
  {
    name: 'connection cut between COMMIT and its answer',
    strike: ({ servers, next }) =>
      within(AMBUSH_MS, servers.database.ambush('commit', Math.floor(next() * 5))),
  },
  {
    name: 'database refuses connections for 3 to 10 s',
    strike: async ({ servers, next }) => {
      servers.database.refuse(true);
      await sleep(between(next, 3_000, 10_000));
      servers.database.refuse(false);
    },
  },
  {
    name: 'network to the database frozen for 5 to 15 s',
    strike: async ({ servers, next }) => {
      servers.database.freeze(true);
      await sleep(between(next, 5_000, 15_000));
      servers.database.freeze(false);
    },
  },
  {
    name: 'database slow (0.3 s a packet) for 5 to 10 s',
    strike: async ({ servers, next }) => {
      servers.database.delay(300);
      await sleep(between(next, 5_000, 10_000));
      servers.database.delay(0);
    },
  },
  {
    name: 'database read-only for 5 to 10 s',
    strike: async ({ servers, next }) => {
      await setReadOnly(servers, true);
      await sleep(between(next, 5_000, 10_000));
      await setReadOnly(servers, false);
    },
  },
  {
    name: 'database out of connections for 5 to 10 s',
    strike: async ({ servers, next }) => {
      const taken = await takeAllConnections(servers);
      await sleep(between(next, 5_000, 10_000));
      await Promise.all(taken.map((client) => client.end().catch(() => undefined)));
    },
  },
  {
    name: 'store busy (503, Retry-After) for 3 to 10 s',
    strike: (stage) => trouble(stage, { kind: 'busy', retryAfterSeconds: 1 }, 3_000, 10_000),
  },
  {
    name: 'store slow (300 kB/s) for 5 to 15 s',
    strike: (stage) => trouble(stage, { kind: 'slow', bytesPerSecond: 300_000 }, 5_000, 15_000),
  },
  {
    name: 'store cuts downloads in the middle for 3 to 8 s',
    strike: (stage) => trouble(stage, { kind: 'cut' }, 3_000, 8_000),
  },
  {
    name: 'store refuses connections for 3 to 10 s',
    strike: (stage) => trouble(stage, { kind: 'refuse' }, 3_000, 10_000),
  },
  {
    name: 'object replaced in the middle of its download, and put back',
    strike: ({ servers }) => within(AMBUSH_MS, servers.store.replaceNext()),
  },
  {
    name: 'Temporal killed, away for 1 to 20 s',
    strike: async ({ servers, next }) => {
      await servers.killTemporal();
      await sleep(between(next, 1_000, 20_000));
      await servers.startTemporal();
    },
  },
  {
    name: 'Temporal frozen for 5 to 15 s',
    strike: async ({ servers, next }) => {
      servers.freezeTemporal();
      await sleep(between(next, 5_000, 15_000));
      servers.thawTemporal();
    },
  },
  {
    name: 'scratch disk full for 5 to 15 s',
    strike: async (stage) => {
      const worker = anyWorker(stage);
      if (!worker.hasDisk) {
        await fullByReserve(stage, worker);
        return;
      }
      await worker.fillDisk();
      await sleep(between(stage.next, 5_000, 15_000));
      await worker.emptyDisk();
    },
  },
  {
    name: 'campaign terminated and started again',
    strike: async ({ campaigns, next }) => {
      const card = oneOf(CARDS, next);
      await campaigns.terminate(card);
      await campaigns.start(card);
    },
  },
  {
    name: 'campaign cancelled and started again',
    strike: async ({ campaigns, next }) => {
      const card = oneOf(CARDS, next);
      await campaigns.cancel(card);
      await campaigns.start(card);
    },
  },
  {
    name: "a scene's workflow terminated",
    strike: async ({ campaigns, watch, next }) => {
      const scenes = watch.inHand();
      if (scenes.length === 0) return;
      const { card, obsid } = oneOf(scenes, next);
      await campaigns.terminateScene(card, obsid);
    },
  },
];

function anyWorker({ workers, next }: Stage): WorkerProcess {
  return oneOf(workers, next);
}

function oneOf<T>(choices: readonly T[], next: Random): T {
  return choices[Math.floor(next() * choices.length)]!;
}

/** In good order: exit code 0, and nothing of a scene left on the disk. */
async function deploy({ broken }: Stage, worker: WorkerProcess): Promise<void> {
  const { code, seconds, left } = await worker.stop();
  const { name } = worker.place;
  if (code !== 0)
    broken(`${name} was told to stop and ended with ${code ?? 'a signal'} after ${seconds.toFixed(1)} s`);
  if (left.length > 0) broken(`${name} was told to stop and left ${left.join(', ')}`);
  await worker.start();
}

async function freezeWorker(stage: Stage, least: number, most: number): Promise<void> {
  const worker = anyWorker(stage);
  worker.freeze();
  await sleep(between(stage.next, least, most));
  worker.thaw();
}

async function setReadOnly(servers: Servers, readOnly: boolean): Promise<void> {
  await servers.sql(
    `ALTER SYSTEM SET default_transaction_read_only = ${readOnly ? 'on' : 'off'}`,
    'SELECT pg_reload_conf()',
  );
}

/** Opens connections until the server has none to spare, the workers' own included as soon as they let go of one. */
async function takeAllConnections(servers: Servers): Promise<pg.Client[]> {
  const taken: pg.Client[] = [];
  servers.database.cutAll();
  for (;;) {
    const client = new pg.Client({ connectionString: servers.databaseUrl });
    client.on('error', () => undefined);
    try {
      await client.connect();
      taken.push(client);
    } catch {
      return taken;
    }
  }
}

async function trouble(
  { servers: { store }, next }: Stage,
  kind: Trouble,
  least: number,
  most: number,
): Promise<void> {
  store.hits = 0;
  store.trouble = kind;
  await sleep(between(next, least, most));
  for (const end = Date.now() + TROUBLE_MS; store.hits === 0 && Date.now() < end;) await sleep(100);
  store.trouble = undefined;
}

/** Where no disk of a worker's own can be had, it is told to keep free more than there is. */
async function fullByReserve({ next }: Stage, worker: WorkerProcess): Promise<void> {
  await worker.stop();
  await worker.start({ PARCELWISE_RESERVE_GB: '1000000' });
  await sleep(between(next, 5_000, 15_000));
  await worker.stop();
  await worker.start();
}

/** Waits for a moment to come, but not for ever. */
async function within(ms: number, moment: Promise<void>): Promise<void> {
  const patience = new AbortController();
  await Promise.race([moment, sleep(ms, undefined, { signal: patience.signal }).catch(() => undefined)]);
  patience.abort();
}
