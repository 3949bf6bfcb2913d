/**
 * Decoding ahead: planes of a scene are decoded while other bytes of it are still being fetched, on threads and in memory that
 * nobody else has a use for. Whoever extracts the scene takes them as they are, and decodes the rest.
 */
import type { IdleLoan, PixelBudget } from './pixel-budget.js';
import type { SharedPlanes } from './shared-planes.js';
import type { Threads } from './tasks.js';
import type { WantedPlanes } from './wanted-planes.js';

export class DecodedAhead {
  private readonly stopping = new AbortController();
  private state: 'decoding' | 'taken' | 'closed' = 'decoding';

  private constructor(
    readonly wanted: WantedPlanes,
    private readonly shared: SharedPlanes,
    private readonly loan: IdleLoan,
  ) {}

  /** Undefined where no memory is free for it. */
  static begin(wanted: WantedPlanes, threads: Threads, budget: PixelBudget): DecodedAhead | undefined {
    const holder: { ahead?: DecodedAhead } = {};
    const loan = budget.borrowIdle(wanted.bytes, () => {
      holder.ahead?.close();
    });
    if (loan === undefined) return undefined;
    const shared = wanted.make(budget.spare, threads, () => {
      loan.giveBack();
    });
    return (holder.ahead = new DecodedAhead(wanted, shared, loan));
  }

  /**
   * Decodes a block, of which all bytes are there, when a thread is idle. Where that fails nobody is told: who needs the block
   * decodes it again.
   */
  decode(image: number, block: number): void {
    const plane = this.shared.planes[image];
    if (this.state === 'decoding' && plane) this.shared.decodeAhead(plane, block, this.stopping.signal);
  }

  /** The planes, which the caller closes from now on; undefined where their memory was asked back. */
  take(): SharedPlanes | undefined {
    if (this.state !== 'decoding') return undefined;
    this.state = 'taken';
    this.loan.keep();
    // What waits for a thread waits in a better place once it is needed.
    this.stop();
    return this.shared;
  }

  /** Gives the memory back, unless somebody has taken it. */
  close(): void {
    if (this.state !== 'decoding') return;
    this.state = 'closed';
    this.stop();
    this.shared.close();
  }

  private stop(): void {
    this.stopping.abort(new Error('blocks of the scene are not decoded ahead any more'));
  }
}
