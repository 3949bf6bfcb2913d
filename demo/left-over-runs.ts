/** Ends what a demo that was killed left running on the Temporal server: its scenes are about to be loaded anew. */
import { type Client, WorkflowNotFoundError } from '@temporalio/client';

/**
 * Terminates the running workflows whose id begins with one of `prefixes`.
 * @returns how many there were.
 */
export async function endLeftOverRuns(client: Client, prefixes: readonly string[]): Promise<number> {
  let ended = 0;
  for await (const { workflowId, runId } of client.workflow.list({ query: 'ExecutionStatus = "Running"' })) {
    if (!prefixes.some((prefix) => workflowId.startsWith(prefix))) continue;
    try {
      await client.workflow.getHandle(workflowId, runId).terminate('the demo starts afresh');
      ended += 1;
    } catch (error) {
      // It came to its end meanwhile, which is as good.
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    }
  }
  return ended;
}
