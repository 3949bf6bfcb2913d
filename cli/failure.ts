/** How the command ends when something goes wrong: one message, a remedy, an exit code, and no stack trace for a user's mistake. */
import { ApplicationFailure, WorkflowFailedError } from '@temporalio/client';

/** A person's mistake or a refusal that the message explains. */
export class UserError extends Error {
  override readonly name = 'UserError';
  constructor(
    message: string,
    readonly exitCode = 2,
  ) {
    super(message);
  }
}

/** Errors whose message says it all; anything else is our own fault, and its stack helps to mend it. */
const EXPLAINED = new Set([
  'UserError',
  'CatalogueError',
  'ConnectionFailed',
  'TemporalUnreachable',
  'S3ConfigError',
  'StoreDenied',
  'StoreFailure',
  'SceneIncomplete',
  'RasterError',
  'BadScene',
  'ClaimLost',
  'RangeError',
]);

export function failWith(error: unknown): void {
  process.stderr.write(`parcelwise: ${describe(error)}\n`);
  process.exitCode = error instanceof UserError ? error.exitCode : 1;
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof WorkflowFailedError) return rootMessage(error);
  if (EXPLAINED.has(error.name) || error instanceof ApplicationFailure) return error.message;
  return error.stack ?? error.message;
}

/** What the workflow said at the bottom of its chain of failures. */
export function rootMessage(error: Error): string {
  let cause: Error = error;
  while (cause.cause instanceof Error) cause = cause.cause;
  return cause.message;
}
