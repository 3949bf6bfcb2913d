/**
 * Admission of scenes to a host: a slot is handed out only while scratch disk and a place for one more scene are free.
 * Scenes at rest hold no place: theirs may be the very workflows that wait for a slot.
 */
import type { ActivitySlotInfo, CustomSlotSupplier, SlotPermit } from '@temporalio/worker';
import { evictResting } from '../activities/host/scratch-space.js';
import type { HostDependencies } from '../activities/dependencies.js';
import { ScratchDamaged } from '../extraction/scratch/scratch-file.js';
import { StagedScene } from '../extraction/scratch/staged-scene.js';

export interface AdmissionLimits {
  readonly stagedScenes: number;
  readonly reserveBytes: number;
}

/** Scenes that leave are told at once; how often a full disk is looked at, which others fill and empty too. */
const LOOK_AGAIN_MS = 250;
/** Waiting for a scene to end is everyday, but not for so long. */
const TELL_AFTER_MS = 300_000;

export class Admission implements CustomSlotSupplier<ActivitySlotInfo> {
  readonly type = 'custom';
  /** Slots handed out: a poll under way, or a scene being downloaded. */
  private slots = 0;

  constructor(
    private readonly dependencies: Pick<HostDependencies, 'scratch'> & {
      readonly scenes: Pick<HostDependencies['scenes'], 'forget'>;
    },
    private readonly limits: AdmissionLimits,
    private readonly log: (message: string) => void,
  ) {}

  async reserveSlot(_context: unknown, abort: AbortSignal): Promise<SlotPermit> {
    const { root } = this.dependencies.scratch;
    const since = Date.now();
    for (let told = false; ;) {
      abort.throwIfAborted();
      const full = await this.fullBecause();
      if (full === undefined) break;
      if (!told && full === 'disk') {
        told = true;
        this.log(`scratch disk ${root} is full: no scene is admitted until there is room`);
      }
      if (!told && Date.now() - since > TELL_AFTER_MS) {
        told = true;
        this.log(
          `no scene is admitted for ${Math.round(TELL_AFTER_MS / 60_000)} minutes now: ${this.limits.stagedScenes} are at work on ${root}`,
        );
      }
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
      const forget = this.dependencies.scratch.onRemoval(leave);
      abort.addEventListener('abort', leave);
    });
  }

  private async fullBecause(): Promise<'scenes' | 'disk' | undefined> {
    // A scene that is being downloaded holds its slot; afterwards its manifest speaks for it.
    const { scratch } = this.dependencies;
    const awake = (await scratch.stagedFolders()).filter((folder) => !scratch.inUse.isAtRest(folder));
    const complete = (await Promise.all(awake.map(isComplete))).filter(Boolean).length;
    if (complete + this.slots >= this.limits.stagedScenes) return 'scenes';
    const room = async (): Promise<boolean> => (await scratch.freeBytes()) >= this.limits.reserveBytes;
    return (await evictResting(this.dependencies, room)) ? undefined : 'disk';
  }
}

async function isComplete(folder: string): Promise<boolean> {
  try {
    return (await new StagedScene(folder).readManifest()) !== undefined;
  } catch (error) {
    // The clean-up deals with it.
    if (error instanceof ScratchDamaged) return false;
    throw error;
  }
}
