/** What became of a campaign, as the Temporal server tells it, whether a worker answers or not. */
import {
  WorkflowFailedError,
  type WorkflowExecutionDescription,
  type WorkflowHandle,
} from '@temporalio/client';
import { rootCause } from '../workflows/failures.js';
import { describe } from './failure.js';

/** Temporal's names of how an execution stands. */
export type Standing = WorkflowExecutionDescription['status']['name'];

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

/** Temporal's name in words: `failed`, `timed out`. */
export function standingInWords(standing: Standing): string {
  return standing.toLowerCase().replaceAll('_', ' ');
}
