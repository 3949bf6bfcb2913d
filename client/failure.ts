/** What people are told when something goes wrong: one message, a remedy, and no stack trace for a user's mistake. */
import { ServiceError, WorkflowFailedError, WorkflowUpdateFailedError } from '@temporalio/client';
import { NamespaceNotFoundError } from '@temporalio/common';
import { refusalOf } from '../database/session/refusals.js';
import { rootCause } from '../workflows/failures.js';

/** Errors that only a mistake of ours throws: their stack helps to mend it. */
const BUGS = new Set(['TypeError', 'ReferenceError', 'RangeError', 'SyntaxError', 'AssertionError']);

/** An error in words for people; with PARCELWISE_LOG=debug its stack too. */
export function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (BUGS.has(error.name) || process.env.PARCELWISE_LOG === 'debug') return error.stack ?? error.message;
  // Their own words say only that it failed; why stands in the cause.
  if (error instanceof WorkflowFailedError || error instanceof WorkflowUpdateFailedError)
    return rootCause(error).message;
  if (error instanceof NamespaceNotFoundError) return withoutNamespace(error.namespace, error.message);
  if (error instanceof ServiceError) return `the Temporal server says: ${rootCause(error).message}`;
  const refusal = refusalOf(error);
  if (refusal !== undefined) return refusal.message;
  if (isSqlState(error)) return `the database says: ${error.message} (${error.code})`;
  return error.message === '' ? error.name : error.message;
}

/** What to do about a namespace that the server does not know, or does not let us use. */
export function withoutNamespace(namespace: string, reason: string): string {
  return `namespace ${namespace} can't be used (${reason}); set TEMPORAL_NAMESPACE, or create it: parcelwise temporal operator namespace create -n ${namespace}`;
}

function isSqlState(error: Error): error is Error & { code: string } {
  return 'severity' in error && 'code' in error && typeof error.code === 'string';
}
