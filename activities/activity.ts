/**
 * Wraps a step as a Temporal activity: it heartbeats, hears of cancellation, and fails in typed words.
 *
 * Where the heartbeat stops (a worker that died or hangs), the server gives the attempt up after the time that
 * workflows/calls.ts allows, and asks again on the same queue. Any worker takes it there, but for steps of one host: where that
 * host takes no task for as long, the scene is staged anew, elsewhere if need be (`restage-host-gone` of workflows/failures.ts).
 * An attempt given up that runs on is told of its cancellation, and what it still writes is refused by the fence or the ledger.
 */
import { CancelledFailure, Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { FailureType } from '../campaigns/failure-types.js';
import { asFailure } from './failures.js';
import type { StepContext } from './step-context.js';

/** The main thread only waits for threads, sockets and disks, so a timer of its own is an honest sign of life. */
const HEARTBEAT_MS = 4_000;

export type Step<Args extends unknown[], Result> = (context: StepContext, ...args: Args) => Promise<Result>;

export function activity<Args extends unknown[], Result>(
  step: Step<Args, Result>,
): (...args: Args) => Promise<Result> {
  return async (...args) => {
    const temporal = Context.current();
    let details: Parameters<StepContext['report']>[0] = {};
    const context: StepContext = {
      signal: temporal.cancellationSignal,
      report: (latest) => {
        details = latest;
        temporal.heartbeat(details);
      },
    };
    const pulse = setInterval(() => {
      temporal.heartbeat(details);
    }, HEARTBEAT_MS);
    try {
      return await step(context, ...args);
    } catch (error) {
      if (temporal.cancellationSignal.aborted) throw await cancellation(temporal, error);
      throw asFailure(error);
    } finally {
      clearInterval(pulse);
    }
  };
}

/** Another worker, or this one when it is back, is asked so soon after a deploy, however many there were before. */
const AFTER_STOP = '1s';

/** Why the activity was cancelled: asked for, timed out, or because the worker shuts down. */
async function cancellation(temporal: Context, error: unknown): Promise<unknown> {
  const reason =
    error instanceof CancelledFailure ? error : await temporal.cancelled.catch((why: unknown) => why);
  if (!(reason instanceof CancelledFailure) || reason.message !== 'WORKER_SHUTDOWN') return reason;
  return ApplicationFailure.create({
    type: 'WorkerStopped' satisfies FailureType,
    message: 'the worker was told to stop',
    nextRetryDelay: AFTER_STOP,
  });
}
