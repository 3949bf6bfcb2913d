/** Long outages of one server each, one after the other: what waits must go on waiting. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from '../fault.js';
import type { Servers } from '../servers.js';

/** @param minutes how long each lasts. */
export function outages(minutes: number): Fault[] {
  const fault = (
    name: string,
    strike: (servers: Servers, pause: () => Promise<void>) => Promise<void>,
  ): Fault => ({
    name: `${name} for ${minutes} min`,
    alone: true,
    aim: ({ servers }) => ({ at: [], strike: () => strike(servers, () => sleep(minutes * 60_000)) }),
  });
  return [
    fault('PostgreSQL away', async (servers, pause) => {
      await servers.stopPostgres('fast');
      await pause();
      await servers.startPostgres();
    }),
    fault('Temporal away', async (servers, pause) => {
      await servers.killTemporal();
      await pause();
      await servers.startTemporal();
    }),
    fault('PostgreSQL read-only', async (servers, pause) => {
      await servers.setReadOnly(true);
      await pause();
      await servers.setReadOnly(false);
    }),
  ];
}
