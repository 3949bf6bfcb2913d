#!/usr/bin/env node
/** Entry of the command `parcelwise`. */
import { createProgram } from './program.js';
import { failWith } from './failure.js';

try {
  await createProgram().parseAsync();
} catch (error) {
  failWith(error);
}
