/** So much at a time, the rest in the order that it came, and no more than may wait. */
import { RequestFault } from '../request-fault.js';

export class Lanes {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(
    private readonly most: number,
    private readonly mostWaiting: number,
  ) {}

  /** @throws RequestFault where too many wait already, and the signal's reason where nobody waits any more when its turn comes */
  async run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (this.running < this.most) this.running += 1;
    else {
      if (this.waiting.length >= this.mostWaiting)
        throw new RequestFault(503, 'Too many chips are asked for at once. Ask again.');
      // Whoever ends hands its lane on.
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
    try {
      signal?.throwIfAborted();
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next === undefined) this.running -= 1;
      else next();
    }
  }
}
