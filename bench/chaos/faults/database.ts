/** Faults of PostgreSQL and of the way to it. */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { below, between, type Random } from '../../../demo/season/random.js';
import { AMBUSH_MS, type Fault, within } from '../fault.js';
import type { Servers } from '../servers.js';

export const DATABASE_FAULTS: readonly Fault[] = [
  fault('PostgreSQL restarted (fast)', async (servers) => {
    await servers.stopPostgres('fast');
    await servers.startPostgres();
  }),
  fault('PostgreSQL crashed (immediate), away for 1 to 8 s', async (servers, next) => {
    await servers.stopPostgres('immediate');
    await sleep(between(next, 1_000, 8_000));
    await servers.startPostgres();
  }),
  fault('all database connections cut', ({ database }) => {
    database.cutAll();
    return Promise.resolve();
  }),
  fault('connection cut in the middle of a COPY', ({ database }, next) =>
    within(AMBUSH_MS, database.ambush('copy', below(next, 3))),
  ),
  fault('connection cut between COMMIT and its answer', ({ database }, next) =>
    within(AMBUSH_MS, database.ambush('commit', below(next, 5))),
  ),
  fault('database refuses connections for 3 to 10 s', async ({ database }, next) => {
    database.refuse(true);
    await sleep(between(next, 3_000, 10_000));
    database.refuse(false);
  }),
  fault('network to the database frozen for 5 to 15 s', async ({ database }, next) => {
    database.freeze(true);
    await sleep(between(next, 5_000, 15_000));
    database.freeze(false);
  }),
  fault('database slow (0.3 s a packet) for 5 to 10 s', async ({ database }, next) => {
    database.delay(300);
    await sleep(between(next, 5_000, 10_000));
    database.delay(0);
  }),
  fault('database read-only for 5 to 10 s', async (servers, next) => {
    await servers.setReadOnly(true);
    await sleep(between(next, 5_000, 10_000));
    await servers.setReadOnly(false);
  }),
  fault('database out of connections for 5 to 10 s', async (servers, next) => {
    const taken = await takeAllConnections(servers);
    await sleep(between(next, 5_000, 10_000));
    await Promise.all(taken.map((client) => client.end().catch(() => undefined)));
  }),
];

function fault(name: string, strike: (servers: Servers, next: Random) => Promise<void>): Fault {
  return {
    name,
    aim: ({ servers }, next) => ({ at: ['database'], strike: () => strike(servers, next) }),
  };
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
