#!/usr/bin/env node
/** Entry of the command `parcelwise`. */
import { CommanderError } from 'commander';
import { PIPE_CLOSED, USAGE } from '../terminal/exit-codes.js';
import { createProgram } from './program.js';

/** Time for what is being closed. */
const END_MS = 2_000;

// Who reads no further, as `head` does, is not told of it.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(PIPE_CLOSED);
});

try {
  const program = await createProgram(process.argv.slice(2));
  await program.parseAsync();
} catch (error) {
  // The parser of the command line has said its piece already; what other errors need to be told is loaded for them.
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : USAGE;
  else (await import('./failure.js')).failWith(error);
  // What is still open must not outlive the message: a connection that broke, a worker that was made and never ran.
  setTimeout(() => process.exit(), END_MS).unref();
}
