/** Memory for decoded pixels, lent first come, first served, so that scenes under way at once stay within a bound. */
import { PlanePool } from './plane-pool.js';

interface Waiter {
  readonly bytes: number;
  readonly grant: () => void;
}

interface Idle {
  readonly bytes: number;
  readonly recall: () => void;
  isRecalled: boolean;
}

/** Memory that is asked back as soon as somebody waits for it, unless it is kept before. */
export interface IdleLoan {
  /** From now on it is lent like any other. */
  keep(): void;
  /** Counts once. */
  giveBack(): void;
}

export class PixelBudget {
  /** Memory of planes that were given back. */
  readonly spare = new PlanePool();
  private lent = 0;
  private readonly waiting: Waiter[] = [];
  /** Loans that may be asked back, the latest last. */
  private readonly idle = new Set<Idle>();
  /** Bytes that were asked back and are still lent. */
  private recalled = 0;

  constructor(readonly bytes: number) {}

  /**
   * Waits until `bytes` are free and lends them; more than the whole budget is lent only while nothing else is.
   * @returns a function that gives them back, once.
   * @throws the signal's reason when it aborts first.
   */
  async borrow(bytes: number, signal?: AbortSignal): Promise<() => void> {
    const wanted = Math.min(bytes, this.bytes);
    await new Promise<void>((resolve, reject) => {
      signal?.throwIfAborted();
      const waiter: Waiter = {
        bytes: wanted,
        grant: () => {
          signal?.removeEventListener('abort', leave);
          resolve();
        },
      };
      const leave = (): void => {
        this.waiting.splice(this.waiting.indexOf(waiter), 1);
        this.serve();
        reject(signal?.reason as Error);
      };
      signal?.addEventListener('abort', leave, { once: true });
      this.waiting.push(waiter);
      this.serve();
    });
    let returned = false;
    return () => {
      if (returned) return;
      returned = true;
      this.lent -= wanted;
      this.serve();
    };
  }

  /**
   * Lends what is free, where nobody waits, until somebody does.
   * @param recall is called when it is to be given back, as soon as no thread works on it
   * @returns undefined where so much is not free
   */
  borrowIdle(bytes: number, recall: () => void): IdleLoan | undefined {
    if (this.waiting.length > 0 || this.lent + bytes > this.bytes) return undefined;
    const loan: Idle = { bytes, recall, isRecalled: false };
    this.lent += bytes;
    this.idle.add(loan);
    let returned = false;
    return {
      keep: () => {
        this.idle.delete(loan);
      },
      giveBack: () => {
        if (returned) return;
        returned = true;
        this.lent -= bytes;
        this.idle.delete(loan);
        if (loan.isRecalled) this.recalled -= bytes;
        this.serve();
      },
    };
  }

  private serve(): void {
    for (let next = this.waiting[0]; next && this.lent + next.bytes <= this.bytes; next = this.waiting[0]) {
      this.waiting.shift();
      this.lent += next.bytes;
      next.grant();
    }
    this.recallIdle();
  }

  /** Asks idle memory back, the latest loan first, until what comes will do for the next who waits. */
  private recallIdle(): void {
    for (const loan of [...this.idle].reverse()) {
      const [next] = this.waiting;
      if (next === undefined || this.lent - this.recalled + next.bytes <= this.bytes) return;
      if (!this.idle.delete(loan)) continue;
      loan.isRecalled = true;
      this.recalled += loan.bytes;
      loan.recall();
    }
  }
}
