/** Turns whatever a step throws into a typed failure that the workflow can act on, in words that carry no secret. */
import { CancelledFailure } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { isOutage } from '../database/session/errors.js';
import { refusalOf } from '../database/session/refusals.js';
import { FAILURES, failureTypeOf } from '../campaigns/failure-types.js';

/** The staged files are not on this host (any more). */
export class NotStaged extends Error {
  override readonly name = 'NotStaged';
}

/** The bands of a scene do not fit each other, or what was found contradicts itself. */
export class BadScene extends Error {
  override readonly name = 'BadScene';
}

/** The failure that the workflow is told of, by the table of campaigns/failure-types.ts. */
export function asFailure(error: unknown): Error {
  if (error instanceof ApplicationFailure || error instanceof CancelledFailure) return error;
  const met = error instanceof Error ? error : new Error(String(error));
  const original = failureTypeOf(met.name) === 'Transient' ? (refusalOf(met) ?? met) : met;
  const known = failureTypeOf(original.name);
  const type = known === 'Transient' && isOutage(original) ? 'Outage' : known;
  return ApplicationFailure.create({
    type,
    message: original.message,
    nonRetryable: !FAILURES[type].retryable,
    // The status word, where the error brings one. The cause is left out: drivers put connection settings into theirs.
    details: 'status' in original && typeof original.status === 'string' ? [original.status] : [],
    // A server that says when it wants to be asked again.
    ...('retryAfterMs' in original &&
      typeof original.retryAfterMs === 'number' && { nextRetryDelay: original.retryAfterMs }),
  });
}
