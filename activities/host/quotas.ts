/**
 * Keeps the downloads of this process to the limits that campaigns have stated for the store's account, together with all
 * other workers of the database. What was leased is shared by all downloads of the process.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { lease, type QuotaUnit, stateLimit } from '../../database/leases/quota.js';
import type { ObjectStore } from '../../store/object-store.js';
import { rejectOnAbort } from '../../extraction/reject-on-abort.js';
import { RateLimitedStore } from '../../store/rate-limited-store.js';
import { type RateLimit } from '../../store/object-store.js';
import type { Limits } from '../../campaigns/order.js';

/** A lease is for so long at most: what dies with a worker, and how far a burst may go ahead of the rate. */
const LEASE_SECONDS = 1;
/** Many workers take shorter ones, so that each has its turn about once a second. */
const SHORTEST_SECONDS = 0.1;
/** What of a lease was not used so long after it began is let go: the account's time has gone by. */
const LEASE_LASTS_MS = 3_000;
/** Where no limit is in force, this long passes before that is asked again. */
const FREE_MS = 5_000;
/** A limit is stated again after so long; it is in force for three times that. */
const STATE_EVERY_MS = 10_000;
/** Shorter waits are not worth telling. */
const TOLD_FROM_SECONDS = 0.5;

/** For whom a store is used: the campaign's name and its limits, and who is told of waiting. */
export interface Purpose {
  readonly campaign: string;
  readonly limits: Limits | undefined;
  readonly onWait?: (seconds: number) => void;
}

export class Quotas {
  private readonly budgets: Readonly<Record<QuotaUnit, Budget>>;
  private readonly statedAt = new Map<string, number>();

  /** @param account names the store's account, never by a secret. */
  constructor(
    private readonly pool: pg.Pool,
    private readonly account: string,
  ) {
    this.budgets = {
      bytes: new Budget(pool, account, 'bytes'),
      requests: new Budget(pool, account, 'requests'),
    };
  }

  /** The store, kept to the limits in force; those of the purpose are, as long as it is used. */
  limit(store: ObjectStore, purpose?: Purpose): ObjectStore {
    const take = async (unit: QuotaUnit, amount: number, signal?: AbortSignal): Promise<void> => {
      if (purpose) await this.state(purpose);
      await this.budgets[unit].take(amount, signal, purpose?.onWait);
    };
    const rateLimit: RateLimit = {
      request: (signal) => take('requests', 1, signal),
      received: (bytes, signal) => take('bytes', bytes, signal),
    };
    return new RateLimitedStore(store, rateLimit);
  }

  private async state({ campaign, limits }: Purpose): Promise<void> {
    const perSecond: readonly (readonly [QuotaUnit, number | undefined])[] = [
      ['bytes', limits?.downloadMbps === undefined ? undefined : (limits.downloadMbps * 1e6) / 8],
      ['requests', limits?.requestsPerSecond],
    ];
    for (const [unit, rate] of perSecond) {
      const key = `${unit} ${campaign}`;
      if (rate === undefined || Date.now() - (this.statedAt.get(key) ?? 0) < STATE_EVERY_MS) continue;
      // Entered first, so that downloads beside this one don't state it too.
      this.statedAt.set(key, Date.now());
      try {
        await stateLimit(this.pool, this.account, unit, campaign, rate);
      } catch (error) {
        this.statedAt.delete(key);
        throw error;
      }
      this.budgets[unit].limit();
    }
  }
}

/** What this process has leased of one unit. */
class Budget {
  /** Below zero: a piece was larger than what was left, and the next lease pays for it. */
  private left = 0;
  private goodUntil = 0;
  private freeUntil = 0;
  private lastWait = 0;
  private leasing: Promise<void> | undefined;

  constructor(
    private readonly pool: pg.Pool,
    private readonly account: string,
    private readonly unit: QuotaUnit,
  ) {}

  /** A limit is in force from now on. */
  limit(): void {
    this.freeUntil = 0;
  }

  async take(
    amount: number,
    signal: AbortSignal | undefined,
    onWait: ((seconds: number) => void) | undefined,
  ): Promise<void> {
    for (;;) {
      signal?.throwIfAborted();
      const now = Date.now();
      if (now < this.freeUntil) return;
      if (this.left > 0 && now >= this.goodUntil) this.left = 0;
      if (this.left > 0) {
        this.left -= amount;
        return;
      }
      this.leasing ??= this.begin(onWait);
      // The lease itself goes on for the others; its failure reaches those who still wait.
      await (signal ? rejectOnAbort(this.leasing, signal) : this.leasing);
    }
  }

  private begin(onWait: ((seconds: number) => void) | undefined): Promise<void> {
    const leasing = this.renew(onWait).finally(() => (this.leasing = undefined));
    // Everybody who asked for it may have been told to give up meanwhile.
    leasing.catch(() => undefined);
    return leasing;
  }

  private async renew(onWait: ((seconds: number) => void) | undefined): Promise<void> {
    const seconds = Math.min(LEASE_SECONDS, Math.max(SHORTEST_SECONDS, LEASE_SECONDS - this.lastWait));
    const leased = await lease(this.pool, this.account, this.unit, { least: 1 - this.left, seconds });
    if (leased === undefined) {
      this.left = 0;
      this.freeUntil = Date.now() + FREE_MS;
      return;
    }
    const { amount, rate, waitSeconds } = leased;
    this.lastWait = waitSeconds;
    if (waitSeconds > TOLD_FROM_SECONDS) onWait?.(waitSeconds);
    await sleep(waitSeconds * 1000);
    this.left += amount;
    this.goodUntil = Date.now() + Math.max(LEASE_LASTS_MS, (amount / rate) * 1000);
  }
}
