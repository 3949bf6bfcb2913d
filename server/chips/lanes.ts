/** So much at a time, the rest in the order that it came, and no more than may wait. */
import { RequestFault } from '../request-fault.js';

export class Lanes {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(
    private readonly most: number,
    private readonly mostWaiting = Infinity,
  ) {}

  /** @throws RequestFault where too many wait already, and the signal's reason where nobody waits for the result any more */
  async run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted();
    if (this.running < this.most) this.running += 1;
    // Whoever ends hands its lane on.
    else await this.turn(signal);
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next === undefined) this.running -= 1;
      else next();
    }
  }

  private async turn(signal: AbortSignal | undefined): Promise<void> {
    if (this.waiting.length >= this.mostWaiting)
      throw new RequestFault(503, 'Too many chips are asked for at once. Ask again.');
    await new Promise<void>((resolve, reject) => {
      const come = (): void => {
        signal?.removeEventListener('abort', leave);
        resolve();
      };
      const leave = (): void => {
        this.waiting.splice(this.waiting.indexOf(come), 1);
        reject(signal?.reason as Error);
      };
      signal?.addEventListener('abort', leave, { once: true });
      this.waiting.push(come);
    });
  }
}
