/**
 * Answers in the form of CbM's API: one object whose keys are columns, each a list, all of one length. Where nothing is found the
 * lists are empty; where the question can't be answered as it was asked, the object is.
 */
import { DatabaseSetupError, errorCode, isTransient } from '../../database/session/errors.js';

export type Columns = Readonly<Record<string, readonly unknown[]>>;

/** Rows turned on their side. @param keys all columns, in the order of the answer. */
export function columnsOf<Row extends object>(
  keys: readonly (keyof Row & string)[],
  rows: readonly Row[],
): Columns {
  return Object.fromEntries(keys.map((key) => [key, rows.map((row) => row[key] ?? null)]));
}

/** A value that can't be read as it was written. */
export class Unanswerable extends Error {
  override readonly name = 'Unanswerable';
}

/**
 * What the work comes to, or the empty object where the database can't make anything of the question: an id that is no number, a
 * polygon that does not close, a table that is missing. That the database is away, or took too long, is another matter, and thrown.
 */
export async function orEmpty<Answer extends object>(
  work: () => Promise<Answer>,
): Promise<Answer | Record<string, never>> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Unanswerable || error instanceof DatabaseSetupError) return {};
    // SQLSTATEs have five characters; what has another code, or none, is a fault of ours.
    if (!isTransient(error) && /^[0-9A-Z]{5}$/.test(errorCode(error) ?? '')) return {};
    throw error;
  }
}
