/** What a fault is, and what faults act on. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../demo/season/random.js';
import type { Campaigns } from './campaigns.js';
import type { Card } from './season.js';
import type { Servers } from './servers.js';
import type { Watch } from './watch.js';
import type { WorkerProcess } from './worker-process.js';

export interface Stage {
  readonly servers: Servers;
  readonly workers: readonly WorkerProcess[];
  readonly campaigns: Campaigns;
  readonly watch: Watch;
  /** Notes a promise that was broken. */
  readonly broken: (what: string) => void;
}

/** What a fault has to itself while it lasts: a second one there would end the first. */
export type Target = 'database' | 'store' | 'temporal' | `campaign ${Card}` | `worker ${string}`;

/** A fault that knows where it will strike. */
export interface Blow {
  readonly at: readonly Target[];
  /** Resolves when what was disturbed is whole again but for what only the program can mend. */
  readonly strike: () => Promise<void>;
}

export interface Fault {
  readonly name: string;
  readonly aim: (stage: Stage, next: Random) => Blow;
  /** The next fault waits until the run has recovered from this one. */
  readonly alone?: boolean;
}

/** Waits for a moment to come, but not for ever. */
export async function within(ms: number, moment: Promise<void>): Promise<void> {
  const waiting = new AbortController();
  await Promise.race([moment, sleep(ms, undefined, { signal: waiting.signal }).catch(() => undefined)]);
  waiting.abort();
}

/** How long a moment is waited for that something is to happen at. */
export const AMBUSH_MS = 30_000;
