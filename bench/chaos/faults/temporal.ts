/** Faults of the Temporal server. */
import { setTimeout as sleep } from 'node:timers/promises';
import { between, type Random } from '../../../demo/season/random.js';
import type { Fault } from '../fault.js';
import type { Servers } from '../servers.js';

export const TEMPORAL_FAULTS: readonly Fault[] = [
  fault('Temporal killed, away for 1 to 20 s', async (servers, next) => {
    await servers.killTemporal();
    await sleep(between(next, 1_000, 20_000));
    await servers.startTemporal();
  }),
  fault('Temporal frozen for 5 to 15 s', async (servers, next) => {
    servers.freezeTemporal();
    await sleep(between(next, 5_000, 15_000));
    servers.thawTemporal();
  }),
];

function fault(name: string, strike: (servers: Servers, next: Random) => Promise<void>): Fault {
  return {
    name,
    aim: ({ servers }, next) => ({ at: ['temporal'], strike: () => strike(servers, next) }),
  };
}
