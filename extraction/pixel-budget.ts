/** Memory for decoded pixels, lent first come, first served, so that scenes under way at once stay within a bound. */
import { PlanePool } from './plane-pool.js';

interface Waiter {
  readonly bytes: number;
  readonly grant: () => void;
}

export class PixelBudget {
  /** Memory of planes that were given back. */
  readonly spare = new PlanePool();
  private lent = 0;
  private readonly waiting: Waiter[] = [];

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

  private serve(): void {
    for (let next = this.waiting[0]; next && this.lent + next.bytes <= this.bytes; next = this.waiting[0]) {
      this.waiting.shift();
      this.lent += next.bytes;
      next.grant();
    }
  }
}
