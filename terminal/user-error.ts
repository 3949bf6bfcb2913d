/** An error whose message is all that a person needs: what was wrong, and what to do about it. */

import { USAGE } from './exit-codes.js';

/** A person's mistake or a refusal that the message explains. */
export class UserError extends Error {
  override readonly name = 'UserError';

  /** @param exitCode of a command that ends with it */
  constructor(
    message: string,
    readonly exitCode = USAGE,
  ) {
    super(message);
  }
}
