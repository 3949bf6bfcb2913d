/** Makes the chips of an answer together: what can't be had of one scene doesn't keep the others from being shown. */
import type { Log } from '../../telemetry/log.js';
import { untilOneFails } from '../../store/until-one-fails.js';
import { RequestFault } from '../request-fault.js';
import type { Chips, KeptChip } from './chips.js';
import type { ChipScene } from './known-bands.js';
import { Lanes } from './lanes.js';
import type { Place } from './place.js';

export interface WantedChip {
  readonly scene: ChipScene;
  /** As the product calls it. */
  readonly band: string;
}

export interface MadeChip extends WantedChip {
  readonly kept: KeptChip;
}

export interface MadeChips {
  /** In the order that was asked for, without scenes that have no pixel there. */
  readonly made: readonly MadeChip[];
  /** Why others are not among them, a sentence each. */
  readonly missing: readonly string[];
}

/** Failures that are about one scene: its product is gone, or not as it must be. */
const OF_SCENE = new Set(['SceneIncomplete', 'ObjectMissing', 'AddressRefused', 'RasterError', 'NotFetched']);
/** Failures that are about the store, or the disk here. */
const OF_STORE = new Set([
  'StoreFailure',
  'StoreDenied',
  'StoreUntrusted',
  'RangesIgnored',
  'TimeoutError',
  'DiskFull',
]);

/** Of one answer, so that others get their turn. */
const AT_ONCE = 8;
/** What one answer may take: before the connection, on which nothing moves meanwhile, is closed. */
const ANSWER_MS = 45_000;

/** @throws RequestFault where the store can't be asked, or too much is asked at once */
export async function makeChips(
  { chips, log }: { readonly chips: Chips; readonly log: Log },
  wanted: readonly WantedChip[],
  place: Place,
  metres: number,
  signal: AbortSignal,
): Promise<MadeChips> {
  const made: (MadeChip | undefined)[] = [];
  const missing: string[] = [];
  const lanes = new Lanes(AT_ONCE);
  const one = async (i: number, { scene, band }: WantedChip, either: AbortSignal): Promise<void> => {
    try {
      const kept = await chips.make(scene, band, place, metres, either);
      made[i] = kept && { scene, band, kept };
    } catch (error) {
      const { name, message } = error instanceof Error ? error : new Error(String(error));
      if (!OF_SCENE.has(name)) throw error;
      log.info(`no chip of ${scene.reference}, ${band}: ${message}`);
      missing.push(`${band} of ${scene.reference} can't be read: ${REASONS[name] ?? DAMAGED}`);
    }
  };
  try {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
    await untilOneFails(wanted.entries(), limited, ([i, chip], either) =>
      lanes.run(() => one(i, chip, either), either),
    );
    return { made: made.filter((chip) => chip !== undefined), missing };
  } catch (error) {
    if (!(error instanceof Error && OF_STORE.has(error.name))) throw error;
    log.warn(`chips can't be made: ${error.message}`);
    throw new RequestFault(503, 'The store of products does not answer as it must. Ask again later.');
  }
}

const DAMAGED = 'its file is damaged or of a kind that is not read';
/** For people; addresses and keys stand in the log. */
const REASONS: Readonly<Record<string, string>> = {
  SceneIncomplete: 'the product, or this band of it, is not in the store any more',
  ObjectMissing: 'the product, or this band of it, is not in the store any more',
  AddressRefused: 'its address is not to be used any more; the next sync may bring another',
};
