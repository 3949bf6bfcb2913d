/** An error whose message is all that a person needs: what was wrong, and what to do about it. */

/** Something was asked for wrongly, or is not set up as it must be: the command's line, files, variables, tables. */
export const USAGE = 2;
/** What was asked for did not come to pass. */
export const FAILED = 1;

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
