/**
 * Activities over a catalogue in memory: scenes with status words, a ledger, hosts. They keep the promises the real ones
 * keep (claims by owner, chunks once), and a test may put its own in the place of any.
 */
import { ApplicationFailure, Context } from '@temporalio/activity';
import type {
  DatabaseActivities,
  HostActivities,
  SceneTask,
  StageActivities,
} from '../../activities/contract.js';
import { FAILURES, type FailureType } from '../../campaigns/failure-types.js';
import type { Order, SceneRef } from '../../campaigns/order.js';
import type { Accounts, Chunk } from '../../database/terms.js';

export type Activities = DatabaseActivities & StageActivities & HostActivities;

interface MockScene extends SceneRef {
  status: string;
  owner: string | undefined;
}

/** Queues of the hosts that a worker serves; any other host is gone. */
export const HOSTS = ['a', 'b'] as const;
export const hostQueue = (host: string): string => `parcelwise-host-${host}`;

const CHUNKS: readonly Chunk[] = [
  { chunk: 0, firstPid: 1, lastPid: 10 },
  { chunk: 1, firstPid: 11, lastPid: 20 },
];
const ACCOUNTS: Accounts = { parcels: 10, rows: 30, hists: 10, gaps: {} };

export class MockActivities {
  readonly scenes = new Map<number, MockScene>();
  /** Every call as it began: `claim 1`, `copyChunk 1 0`. */
  readonly calls: string[] = [];
  /** What lies on each host's scratch disk. */
  readonly staged = new Set<string>();
  readonly stored = new Set<string>();
  readonly requests: unknown[] = [];
  /** Scenes a page of the catalogue holds, whatever is asked for. */
  pageSize = 100;
  /** Whether campaigns are told that the server knows our search attributes. */
  searchAttributes = false;
  /** What the scenes of campaigns are said to wait for. */
  hindrances: readonly string[] = [];
  /** Claims that an earlier run of the campaign has still to give back. */
  heldBefore = 0;
  /** Activities of the test's own; `usual` is what would be done without them. */
  instead: { -readonly [Name in keyof Activities]?: (usual: Activities[Name]) => Activities[Name] } = {};

  constructor(readonly results: string) {}

  /** Adds `count` ingested scenes, numbered on. */
  addScenes(count: number): this {
    for (let i = 0; i < count; i++) {
      const obsid = this.scenes.size + 1;
      const obstime = `2024-03-${String(obsid).padStart(2, '0')}T10:56:19`;
      this.scenes.set(obsid, {
        obsid,
        reference: `SCENE_${obsid}`,
        obstime,
        status: 'ingested',
        owner: undefined,
      });
    }
    return this;
  }

  /** The status word of each scene, in their order. */
  get statuses(): string[] {
    return [...this.scenes.values()].map(({ status }) => status);
  }

  get order(): Order {
    return {
      card: 's2',
      tables: {
        catalogue: 'public.scenes',
        aois: 'public.aois',
        parcels: 'public.parcels',
        results: this.results,
      },
      aoi: { field: 'name', name: 'here' },
      period: { start: '2024-03-01', end: '2024-04-01' },
      minAreaM2: 3000,
      bands: ['B04', 'B08', 'SC'],
      bandNames: 'api',
      radiometry: 'raw',
      chunkParcels: 10,
    };
  }

  scene(obsid: number): MockScene {
    const found = this.scenes.get(obsid);
    if (!found) throw new Error(`there is no scene ${obsid}`);
    return found;
  }

  /** How often an activity was called, for a scene or for all. */
  count(name: keyof Activities, obsid?: number): number {
    const start = obsid === undefined ? name : `${name} ${obsid}`;
    return this.calls.filter((call) => call === start || call.startsWith(`${start} `)).length;
  }

  get activities(): Activities {
    const usual = this.usual();
    const bound = Object.entries(usual).map(([name, act]) => {
      const put = this.instead[name as keyof Activities] as ((act: unknown) => unknown) | undefined;
      return [name, put ? put(act) : act] as const;
    });
    return Object.fromEntries(bound) as Activities;
  }

  private usual(): Activities {
    const planOrFinish: HostActivities['planOrFinish'] = ({ scene }) => {
      const pending = CHUNKS.filter(({ chunk }) => !this.stored.has(`${scene.obsid} ${chunk}`));
      return Promise.resolve({ parcels: 20, chunks: CHUNKS.length, pending });
    };
    return {
      prepareCampaign: (request) => {
        this.requests.push(request);
        const scenes = this.statuses.filter((status) => status === 'ingested').length;
        const { searchAttributes } = this;
        return Promise.resolve({ order: this.order, scenes, reconciled: 0, searchAttributes, warnings: [] });
      },
      listScenes: (_order, after) => {
        const next = [...this.scenes.values()].filter(
          ({ obsid, status }) => status === 'ingested' && obsid > (after?.obsid ?? 0),
        );
        const page = next.slice(0, this.pageSize);
        const scenes = page.map(({ obsid, reference, obstime }) => ({ obsid, reference, obstime }));
        return Promise.resolve({ scenes, last: page.length === next.length });
      },
      claim: ({ scene, owner, order }) => {
        const row = this.scene(scene.obsid);
        if (row.status === 'ingested') Object.assign(row, { status: 'inprogress', owner: owner.runId });
        const claimed = row.status === 'inprogress' && row.owner === owner.runId;
        return Promise.resolve(
          claimed ? { claimed, parcels: true, bands: order.bands } : { claimed: false, status: row.status },
        );
      },
      renew: () => Promise.resolve({ added: 0, redrawn: 0, gone: 0, pending: 0 }),
      mark: (task, terminal) => {
        const row = this.held(task);
        Object.assign(row, { status: terminal?.status ?? 'extracted', owner: undefined });
        return Promise.resolve(terminal ? null : { ...ACCOUNTS, parcels: 20, rows: 60 });
      },
      release: ({ scene, owner }) => {
        const row = this.scene(scene.obsid);
        if (row.owner === owner.runId) Object.assign(row, { status: 'ingested', owner: undefined });
        return Promise.resolve();
      },
      takeStock: () => {
        const count = (word: string): number => this.statuses.filter((status) => status === word).length;
        return Promise.resolve({ ingested: count('ingested'), held: this.heldBefore });
      },
      findHindrances: (_order, open) =>
        Promise.resolve(this.hindrances.map((text) => `${open.length} scenes: ${text}`)),
      stage: ({ scene }) => {
        this.staged.add(`a ${scene.obsid}`);
        return Promise.resolve({ host: 'a', queue: hostQueue('a'), bytes: 1, stepNames: 2 });
      },
      planOrFinish,
      plan: planOrFinish,
      extractAndCopyChunk: () => Promise.resolve(ACCOUNTS),
      extractChunk: () => Promise.resolve(ACCOUNTS),
      copyChunk: (task) => {
        this.held(task);
        const key = `${task.scene.obsid} ${task.chunk.chunk}`;
        if (this.stored.has(key)) throw new Error(`chunk ${key} is stored twice`);
        this.stored.add(key);
        return Promise.resolve(ACCOUNTS);
      },
      discard: ({ scene }) => {
        const host = Context.current().info.taskQueue.replace(hostQueue(''), '');
        this.staged.delete(`${host} ${scene.obsid}`);
        return Promise.resolve();
      },
    };
  }

  private held({ scene, owner }: SceneTask): MockScene {
    const row = this.scene(scene.obsid);
    if (row.owner !== owner.runId) throw failure('ClaimLost', `scene ${scene.obsid} is not ours any more`);
    return row;
  }
}

/** A failure as the activities throw it. */
export function failure(type: FailureType, message: string, ...details: string[]): ApplicationFailure {
  return ApplicationFailure.create({ type, message, details, nonRetryable: !FAILURES[type].retryable });
}

/** As a step fails once all of Temporal's own attempts are used up. */
export function away(type: FailureType, message: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(message, type);
}

/** Works until it is cancelled, with a sign of life every now and then. */
export async function untilCancelled(): Promise<never> {
  const context = Context.current();
  const pulse = setInterval(() => {
    context.heartbeat();
  }, 100);
  return await context.cancelled.finally(() => {
    clearInterval(pulse);
  });
}

/** Something that activities wait for and the test opens. */
export class Gate {
  private opener: (() => void) | undefined;
  readonly passed = new Promise<void>((resolve) => {
    this.opener = resolve;
  });

  /** Holds a step back until the gate is open. */
  readonly before =
    <Args extends unknown[], Result>(step: (...args: Args) => Promise<Result>) =>
    async (...args: Args): Promise<Result> => {
      await this.passed;
      return await step(...args);
    };

  open(): void {
    this.opener?.();
  }
}
