/** Turns whatever a step throws into a typed failure that the workflow can act on, in words that carry no secret. */
import { CancelledFailure } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { isOutage } from '../database/session/errors.js';
import { refusalOf } from '../database/session/refusals.js';
import type { FailureType } from './contract.js';

/** The staged files are not on this host (any more). */
export class NotStaged extends Error {
  override readonly name = 'NotStaged';
}

/** The bands of a scene do not fit each other, or what was found contradicts itself. */
export class BadScene extends Error {
  override readonly name = 'BadScene';
}

/** Which failure an error is, by its name: errors that come out of threads have lost their class. */
const TYPES: Readonly<Record<string, FailureType>> = {
  SceneIncomplete: 'SceneIncomplete',
  RasterError: 'BadRaster',
  BadScene: 'BadRaster',
  ClaimLost: 'ClaimLost',
  NotStaged: 'NotStaged',
  ScratchDamaged: 'NotStaged',
  LedgerIncomplete: 'NotStaged',
  PlanChanged: 'NotStaged',
  DatabaseSetupError: 'Misconfigured',
  AddressRefused: 'AddressRefused',
  StoreDenied: 'Misconfigured',
  StoreUntrusted: 'Misconfigured',
  S3ConfigError: 'Misconfigured',
  StacDenied: 'Misconfigured',
  DiskFull: 'DiskFull',
};

/** No retry by Temporal helps these; the workflow decides. */
const FINAL: ReadonlySet<FailureType> = new Set<FailureType>([
  'SceneIncomplete',
  'BadRaster',
  'ClaimLost',
  'NotStaged',
  'AddressRefused',
  'Misconfigured',
]);

export function asFailure(error: unknown): Error {
  if (error instanceof ApplicationFailure || error instanceof CancelledFailure) return error;
  const met = error instanceof Error ? error : new Error(String(error));
  const original = TYPES[met.name] === undefined ? (refusalOf(met) ?? met) : met;
  const type = typeOf(original);
  return ApplicationFailure.create({
    type,
    message: original.message,
    nonRetryable: FINAL.has(type),
    // The status word, where the error brings one. The cause is left out: drivers put connection settings into theirs.
    details: 'status' in original && typeof original.status === 'string' ? [original.status] : [],
    // A server that says when it wants to be asked again.
    ...('retryAfterMs' in original &&
      typeof original.retryAfterMs === 'number' && { nextRetryDelay: original.retryAfterMs }),
  });
}

function typeOf(error: Error): FailureType {
  const known = TYPES[error.name];
  if (known !== undefined) return known;
  return isOutage(error) ? 'Outage' : 'Transient';
}
