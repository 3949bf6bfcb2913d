/** Admission of scenes to a host: a slot is handed out only while scratch disk and a place for one more scene are free. */
import type { ActivitySlotInfo, CustomSlotSupplier, SlotPermit } from '@temporalio/worker';
import type { Scratch } from '../extraction/scratch.js';
import { StagedScene } from '../extraction/staged-scene.js';

export interface AdmissionLimits {
  readonly stagedScenes: number;
  readonly reserveBytes: number;
}

/** Scenes that leave are told at once; how often a full disk is looked at, which others fill and empty too. */
const LOOK_AGAIN_MS = 250;

export class Admission implements CustomSlotSupplier<ActivitySlotInfo> {
  readonly type = 'custom';
  /** Slots handed out: a poll under way, or a scene being downloaded. */
  private slots = 0;

  constructor(
    private readonly scratch: Scratch,
    private readonly limits: AdmissionLimits,
    private readonly log: (message: string) => void,
  ) {}

  async reserveSlot(_context: unknown, abort: AbortSignal): Promise<SlotPermit> {
    for (let told = false; ;) {
      abort.throwIfAborted();
      const full = await this.fullBecause();
      if (full === undefined) break;
      // Waiting for a scene to end is everyday; a full disk is not.
      if (full === 'disk' && !told)
        this.log(`scratch disk ${this.scratch.root} is full: no scene is admitted until there is room`);
      told ||= full === 'disk';
      await this.room(abort);
    }
    this.slots += 1;
    return {};
  }

  tryReserveSlot(): null {
    // Eager starts would pass the look at the disk.
    return null;
  }

  markSlotUsed(): void {
    // The slot counts from the moment it is reserved.
  }

  releaseSlot(): void {
    this.slots -= 1;
  }

  /** Resolves when there may be room. */
  private room(abort: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        clearTimeout(timer);
        forget();
        abort.removeEventListener('abort', leave);
        if (abort.aborted) reject(abort.reason as Error);
        else resolve();
      };
      const timer = setTimeout(leave, LOOK_AGAIN_MS);
      const forget = this.scratch.onRemoval(leave);
      abort.addEventListener('abort', leave);
    });
  }

  private async fullBecause(): Promise<'scenes' | 'disk' | undefined> {
    // A scene that is being downloaded holds its slot; afterwards its manifest speaks for it.
    const staged = await this.scratch.stagedFolders();
    const manifests = await Promise.all(staged.map((folder) => new StagedScene(folder).readManifest()));
    const complete = manifests.filter((manifest) => manifest !== undefined).length;
    if (complete + this.slots >= this.limits.stagedScenes) return 'scenes';
    return (await this.scratch.freeBytes()) < this.limits.reserveBytes ? 'disk' : undefined;
  }
}
