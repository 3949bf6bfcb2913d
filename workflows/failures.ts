/** What follows from a failed activity: a status word for the scene, another host, or giving the scene back. */
import { ActivityFailure, ApplicationFailure, TimeoutFailure, TimeoutType } from '@temporalio/common';
import type { FailureType, Verdict } from '../activities/contract.js';

/**
 * - `verdict`: the scene itself is at fault; it ends in this status word.
 * - `gone`: the host gives no sign of life; stage again.
 * - `elsewhere`: the staged files are gone; stage again.
 * - `full`: the host's disk is full; wait for room, or stage again.
 * - `lost`: the scene is another run's now; leave everything as it is.
 * - `stop`: nothing will work until a person acts; give the scene back and stop the campaign.
 * - `again`: the database or the worker is away; ask again, for as long as it takes.
 * - `back`: whatever it is may pass; give the scene back for a later campaign.
 */
export type Consequence =
  | { readonly kind: 'verdict'; readonly verdict: Verdict }
  | {
      readonly kind: 'gone' | 'elsewhere' | 'full' | 'lost' | 'stop' | 'again' | 'back';
      readonly reason: string;
    };

/** Failure types and what follows, in one table. */
const CONSEQUENCES: Readonly<Record<FailureType, Consequence['kind']>> = {
  SceneIncomplete: 'verdict',
  BadRaster: 'verdict',
  ClaimLost: 'lost',
  NotStaged: 'elsewhere',
  AddressRefused: 'back',
  Misconfigured: 'stop',
  Outage: 'again',
  DiskFull: 'full',
  WorkerStopped: 'again',
  Transient: 'back',
};

/** The word of a scene whose rasters can't be read; missing objects bring the seed's own words. Fits varchar(24). */
export const BAD_RASTER = 'bad_raster';

/** Failure types that no retry of the same activity can mend. */
export const FINAL_FAILURES: readonly FailureType[] = [
  'SceneIncomplete',
  'BadRaster',
  'ClaimLost',
  'NotStaged',
  'AddressRefused',
  'Misconfigured',
];

/** What to do about the error that an activity call ended in. */
export function consequenceOf(error: unknown): Consequence {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof TimeoutFailure) {
    const hostGone =
      cause.timeoutType === TimeoutType.SCHEDULE_TO_START || cause.timeoutType === TimeoutType.HEARTBEAT;
    return { kind: hostGone ? 'gone' : 'back', reason: `no answer in time (${cause.timeoutType})` };
  }
  if (!(cause instanceof ApplicationFailure)) return { kind: 'back', reason: messageOf(cause) };
  const kind = isFailureType(cause.type) ? CONSEQUENCES[cause.type] : 'back';
  if (kind !== 'verdict') return { kind, reason: cause.message };
  const word = cause.details?.[0];
  return { kind, verdict: { status: typeof word === 'string' ? word : BAD_RASTER, reason: cause.message } };
}

/** Whether asking again may help. */
export function mayPass({ kind }: Consequence): boolean {
  return kind === 'back' || kind === 'again' || kind === 'gone' || kind === 'full';
}

/** Why, in words. */
export function reasonOf(consequence: Consequence): string {
  return consequence.kind === 'verdict' ? consequence.verdict.reason : consequence.reason;
}

function isFailureType(type: string | null | undefined): type is FailureType {
  return type !== null && type !== undefined && Object.hasOwn(CONSEQUENCES, type);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The failure that started a chain of failures. */
export function rootCause(error: unknown): Error {
  let cause: unknown = error;
  while (cause instanceof Error && cause.cause instanceof Error) cause = cause.cause;
  return cause instanceof Error ? cause : new Error(String(cause));
}
