/** Sees to it that there are scenes to do, and campaigns that do them, as long as there are faults to come. */
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { type Campaigns, messages } from './campaigns.js';
import { type Card, CARDS, type ChaosSeason } from './season.js';

const LOOK_MS = 1_000;

export class Supply {
  private readonly stopped = new AbortController();
  private keeping: Promise<void> = Promise.resolve();

  /** With fewer than `enough` scenes of a card `ingested`, more are entered. */
  constructor(
    private readonly pool: pg.Pool,
    private readonly season: ChaosSeason,
    private readonly campaigns: Campaigns,
    private readonly enough: number,
    private readonly broken: (what: string) => void,
  ) {}

  /** Enters so many scenes at least, of all cards, and keeps up with what is done of them from now on. */
  async start(scenes: number): Promise<void> {
    for (let entered = 0; entered < scenes;)
      for (const card of CARDS) entered += await this.season.addYear(this.pool, card);
    await this.campaigns.startAll();
    this.keeping = this.keepUp();
  }

  /** No more scenes; a campaign that has ended with some left is started once more. */
  async stop(): Promise<void> {
    this.stopped.abort();
    await this.keeping;
    for (const card of CARDS)
      if ((await this.campaigns.status(card)) === 'COMPLETED' && ((await this.ingested(card)) ?? 1) > 0)
        await this.campaigns.start(card);
  }

  private async keepUp(): Promise<void> {
    while (!this.stopped.signal.aborted) {
      for (const card of CARDS)
        await this.look(card).catch((error: unknown) => {
          this.broken(`the supply of ${card} scenes broke off: ${messages(error)}`);
        });
      await sleep(LOOK_MS, undefined, { signal: this.stopped.signal }).catch(() => undefined);
    }
  }

  private async look(card: Card): Promise<void> {
    const left = await this.ingested(card);
    if (left !== undefined && left < this.enough)
      // Where the database is away at this moment, the next year will do.
      await this.season.addYear(this.pool, card).catch(() => undefined);
    const status = await this.campaigns.status(card);
    if (status === 'FAILED') this.broken(`campaign ${card} failed: ${await this.campaigns.whyFailed(card)}`);
    // A campaign that came to the end of its scenes meanwhile takes up the new ones.
    if (status === 'FAILED' || status === 'COMPLETED') await this.campaigns.start(card);
  }

  /** Undefined while the database does not answer. */
  private async ingested(card: Card): Promise<number | undefined> {
    const asked = this.pool.query<{ count: number }>(
      `SELECT count(*)::integer AS count FROM season.chaos_catalogue WHERE card = $1 AND status = 'ingested'`,
      [card],
    );
    return (await asked.catch(() => undefined))?.rows[0]?.count;
  }
}
