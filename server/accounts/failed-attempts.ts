/** Counts attempts with a wrong password or token, so that nobody can try them in bulk. */

const WITHIN_MS = 5 * 60_000;
/** For one name from one address, and for all names from it. */
const MOST = { name: 10, address: 100 } as const;
/** What is counted of attackers with many addresses must not fill the memory. */
const MOST_COUNTED = 10_000;

interface Count {
  readonly since: number;
  failed: number;
}

export class FailedAttempts {
  private readonly counts = new Map<string, Count>();

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** Seconds until this name may be tried again from this address; 0 where it may be now. */
  waitFor(address: string, name: string): number {
    const waits = keysOf(address, name).map(([key, most]) => {
      const count = this.counts.get(key);
      if (count === undefined || count.failed < most) return 0;
      return Math.ceil((count.since + WITHIN_MS - this.now()) / 1000);
    });
    return Math.max(0, ...waits);
  }

  note(address: string, name: string): void {
    for (const [key] of keysOf(address, name)) {
      const count = this.counts.get(key);
      if (count === undefined || this.now() - count.since >= WITHIN_MS) {
        // The map keeps the order of insertion: the one that is dropped is the oldest.
        this.counts.delete(key);
        if (this.counts.size >= MOST_COUNTED) this.counts.delete(this.counts.keys().next().value!);
        this.counts.set(key, { since: this.now(), failed: 1 });
      } else count.failed += 1;
    }
  }
}

function keysOf(address: string, name: string): readonly (readonly [key: string, most: number])[] {
  return [
    [`${address} ${name.toLowerCase().slice(0, 100)}`, MOST.name],
    [address, MOST.address],
  ];
}
