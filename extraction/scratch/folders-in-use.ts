/**
 * Which staged scenes the steps of this process work on. A scene whose steps have gone on elsewhere, or that waits to be
 * staged anew, is told from one at work by nothing but that: no step asks for it any more.
 */

/**
 * Between two steps of a scene lie milliseconds, or the pauses of a step that is tried again (30 s at most, see
 * workflows/calls.ts). Who has not been asked for in this time is at rest.
 */
const REST_AFTER_MS = 60_000;
/** What lies here when a process begins is asked for again sooner, where it is at all: its steps have been waiting for us. */
const GRACE_MS = 15_000;

export class FoldersInUse {
  private readonly users = new Map<string, number>();
  private readonly lastUse = new Map<string, number>();
  private readonly removals = new Map<string, Promise<void>>();

  private readonly before: number;

  constructor(private readonly now: () => number = () => Date.now()) {
    this.before = now() - REST_AFTER_MS + GRACE_MS;
  }

  /** Does a step's work on a folder; while it is being removed, the step waits. */
  async during<T>(folder: string, work: () => Promise<T>): Promise<T> {
    for (let going; (going = this.removals.get(folder)) !== undefined;) await going.catch(() => undefined);
    this.users.set(folder, (this.users.get(folder) ?? 0) + 1);
    this.lastUse.set(folder, this.now());
    try {
      return await work();
    } finally {
      const left = (this.users.get(folder) ?? 1) - 1;
      if (left > 0) this.users.set(folder, left);
      else this.users.delete(folder);
      // Not of one that the step has removed.
      if (this.lastUse.has(folder)) this.lastUse.set(folder, this.now());
    }
  }

  /** Whether a step works on it at this moment. */
  isBusy(folder: string): boolean {
    return this.users.has(folder);
  }

  /** Whether no step has asked for it lately. */
  isAtRest(folder: string): boolean {
    return !this.isBusy(folder) && this.now() - this.lastUsed(folder) >= REST_AFTER_MS;
  }

  /** Of folders at rest, the one with the least number has been there for longest. */
  lastUsed(folder: string): number {
    return this.lastUse.get(folder) ?? this.before;
  }

  /** Steps that come meanwhile wait until it is gone, and find nothing in place of a part. */
  async removing(folder: string, remove: () => Promise<void>): Promise<void> {
    const going = remove();
    this.removals.set(folder, going);
    try {
      await going;
    } finally {
      this.removals.delete(folder);
      this.lastUse.delete(folder);
    }
  }
}
