/** Watches the scenes of a run from outside, by the database alone: what is in hand, and what gets on. */
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { Card } from './season.js';

const LOOK_MS = 250;

export interface SceneInHand {
  readonly card: Card;
  readonly obsid: number;
}

const LOOK = `
  SELECT e.card, e.obsid, e.status, e.owner_run AS run,
         (SELECT count(*)::integer FROM parcelwise.ledger l WHERE (l.results_table, l.obsid) = (e.results_table, e.obsid)) AS chunks
  FROM parcelwise.extraction e WHERE e.catalogue_table = $1`;

/** What was known of each scene at a moment, and which of them were in hand. */
export interface Mark {
  readonly states: ReadonlyMap<number, string>;
  readonly inHand: ReadonlySet<number>;
}

interface Seen extends SceneInHand {
  readonly status: string;
  readonly run: string;
  readonly chunks: number;
}

export class Watch {
  private seen: readonly Seen[] = [];
  private readonly stopped = new AbortController();
  private watching: Promise<void> = Promise.resolve();

  constructor(
    private readonly pool: pg.Pool,
    private readonly catalogue: string,
  ) {}

  start(): void {
    this.watching = this.look();
  }

  async stop(): Promise<void> {
    this.stopped.abort();
    await this.watching;
  }

  /** Scenes that are claimed at the moment. */
  inHand(): readonly SceneInHand[] {
    return this.claimed();
  }

  private claimed(): readonly Seen[] {
    return this.seen.filter(({ status }) => status === 'inprogress');
  }

  /** What is in hand now, to be asked later whether it has got on. */
  mark(): Mark {
    return {
      states: new Map(this.seen.map((scene) => [scene.obsid, stateOf(scene)])),
      inHand: new Set(this.claimed().map(({ obsid }) => obsid)),
    };
  }

  /**
   * Whether each scene that was in hand at the mark has got on: another chunk stored, an end, a new owner. With nothing in
   * hand then, whether any scene has been taken since.
   */
  hasProgressed({ inHand, states }: Mark): boolean {
    const moved = (scene: Seen): boolean => states.get(scene.obsid) !== stateOf(scene);
    if (inHand.size === 0) return this.seen.some(moved);
    return this.seen.every((scene) => !inHand.has(scene.obsid) || moved(scene));
  }

  /** Milliseconds until everything in hand at the mark has got on; undefined where it has not within `withinMs`. */
  async recovery(mark: Mark, withinMs: number): Promise<number | undefined> {
    const began = Date.now();
    while (!this.hasProgressed(mark)) {
      if (Date.now() - began > withinMs) return undefined;
      await sleep(LOOK_MS);
    }
    return Date.now() - began;
  }

  private async look(): Promise<void> {
    while (!this.stopped.signal.aborted) {
      try {
        this.seen = (await this.pool.query<Seen>(LOOK, [this.catalogue])).rows;
      } catch {
        // The database is away; what was seen last still holds.
      }
      await sleep(LOOK_MS);
    }
  }
}

function stateOf({ status, run, chunks }: Seen): string {
  return `${status} ${run} ${chunks}`;
}
