/** A check that can't be made: exit code 1 is kept for what checks find, so it ends in 2. */
import { UserError } from '../terminal/user-error.js';

/** @throws UserError in place of whatever else the work throws. */
export async function orUserError<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof UserError) throw error;
    // Temporal's client takes a while to load, and most checks are made.
    const { describe } = await import('../client/index.js');
    throw new UserError(describe(error));
  }
}
