#!/usr/bin/env node
/** Entry of the command `parcelwise`. */
import { CommanderError } from 'commander';
import { createProgram } from './program.js';

/** As for every other mistake of usage; failure.ts has the rest. */
const USAGE = 2;

try {
  const program = await createProgram(process.argv.slice(2));
  await program.parseAsync();
} catch (error) {
  // The parser of the command line has said its piece already; what other errors need to be told is loaded for them.
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : USAGE;
  else (await import('./failure.js')).failWith(error);
}
