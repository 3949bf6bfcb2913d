/** How the command ends when something goes wrong. */
import { describe, exitCodeOf } from '../client/failure.js';

export function failWith(error: unknown): void {
  process.exitCode = exitCodeOf(error);
  process.stderr.write(`parcelwise: ${describe(error)}\n`);
}
