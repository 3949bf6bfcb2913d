/** What became of a campaign, as the Temporal server tells it, whether a worker answers or not. */
import {
  WorkflowFailedError,
  type WorkflowExecutionDescription,
  type WorkflowHandle,
} from '@temporalio/client';
import { rootCause } from '../workflows/failures.js';
import { describe } from './failure.js';
import { FAILED } from '../terminal/user-error.js';

/** Temporal's names of how an execution stands. */
type Standing = WorkflowExecutionDescription['status']['name'];

export interface Ending {
  readonly standing: Standing;
  /** Why it failed or was ended by force, for people. */
  readonly reason?: string | undefined;
}

/** Reads how a workflow ended; a running one, or one that is done, has no reason. */
export async function endingOf(handle: WorkflowHandle, standing: Standing): Promise<Ending> {
  if (standing === 'RUNNING' || standing === 'COMPLETED' || standing === 'PAUSED') return { standing };
  try {
    await handle.result();
    return { standing };
  } catch (error) {
    if (error instanceof WorkflowFailedError) return { standing, reason: rootCause(error).message };
    return { standing, reason: describe(error) };
  }
}

/** `failed`, `timed out`. */
export function standingInWords(standing: Standing): string {
  return standing.toLowerCase().replaceAll('_', ' ');
}

/** What a script is told: 0 of a campaign that runs or is done, 1 of any other end. */
export function exitCodeOf({ standing }: Ending): number {
  return standing === 'RUNNING' || standing === 'COMPLETED' || standing === 'PAUSED' ? 0 : FAILED;
}
