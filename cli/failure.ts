/** How the command ends when something goes wrong. */
import { ApplicationFailure, WorkflowFailedError } from '@temporalio/client';
import { failureTypeOf } from '../campaigns/failure-types.js';
import { describe } from '../client/index.js';
import { FAILED, USAGE } from '../terminal/exit-codes.js';
import { UserError } from '../terminal/user-error.js';
import { rootCause } from '../workflows/failures.js';

/** Beside what keeps every scene from being extracted: errors of what was configured that end a worker at its start. */
const ENDS_A_START = new Set(['ScratchUnusable', 'SettingsError']);

/** Failures of workflows that are no failure of theirs. */
const ASKED_WRONGLY: ReadonlySet<string | null | undefined> = new Set(['InvalidInput', 'Misconfigured']);

export function failWith(error: unknown): void {
  process.exitCode = exitCodeOf(error);
  process.stderr.write(`parcelwise: ${describe(error)}\n`);
}

function exitCodeOf(told: unknown): number {
  // That a workflow failed is all that it says itself; of what stands in the cause.
  const error = told instanceof WorkflowFailedError ? rootCause(told) : told;
  if (error instanceof UserError) return error.exitCode;
  if (error instanceof ApplicationFailure) return ASKED_WRONGLY.has(error.type) ? USAGE : FAILED;
  if (!(error instanceof Error)) return FAILED;
  return failureTypeOf(error.name) === 'Misconfigured' || ENDS_A_START.has(error.name) ? USAGE : FAILED;
}
