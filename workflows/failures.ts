/** What follows from a failed activity: a status word for the scene, another host, or giving the scene back. */
import { ActivityFailure, ApplicationFailure, TimeoutFailure, TimeoutType } from '@temporalio/common';
import type { TerminalStatus } from '../activities/contract.js';
import { type ConsequenceKind, FAILURES, isFailureType } from '../campaigns/failure-types.js';

/** The consequence, with the reason for people; of a scene at fault the status it ends in. */
export type Consequence =
  | { readonly kind: 'mark'; readonly terminal: TerminalStatus }
  | { readonly kind: Exclude<ConsequenceKind, 'mark'>; readonly reason: string };

/** The word of a scene whose rasters can't be read; missing objects bring CbM's own words. Fits varchar(24). */
const BAD_RASTER = 'bad_raster';

/** What to do about the error that an activity call ended in. */
export function consequenceOf(error: unknown): Consequence {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof TimeoutFailure) {
    const hostGone =
      cause.timeoutType === TimeoutType.SCHEDULE_TO_START || cause.timeoutType === TimeoutType.HEARTBEAT;
    return {
      kind: hostGone ? 'restage-host-gone' : 'give-back',
      reason: `no answer in time (${cause.timeoutType})`,
    };
  }
  if (!(cause instanceof ApplicationFailure)) return { kind: 'give-back', reason: messageOf(cause) };
  const kind = isFailureType(cause.type) ? FAILURES[cause.type].consequence : 'give-back';
  if (kind !== 'mark') return { kind, reason: cause.message };
  const word = cause.details?.[0];
  return { kind, terminal: { status: typeof word === 'string' ? word : BAD_RASTER, reason: cause.message } };
}

/** Whether asking again may help. */
export function mayPass({ kind }: Consequence): boolean {
  return MAY_PASS.has(kind);
}

const MAY_PASS: ReadonlySet<ConsequenceKind> = new Set([
  'give-back',
  'retry',
  'restage-host-gone',
  'wait-for-room',
]);

/** Why, in words. */
export function reasonOf(consequence: Consequence): string {
  return consequence.kind === 'mark' ? consequence.terminal.reason : consequence.reason;
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
