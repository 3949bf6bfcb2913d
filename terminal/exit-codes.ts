/** How a command ends, as a shell sees it. A leaf, since the command's entry loads it before anything else. */

/** What was asked for did not come to pass. */
export const FAILED = 1;
/** Something was asked for wrongly, or is not set up as it must be: the command's line, files, variables, tables. */
export const USAGE = 2;
/** Left before its end by SIGINT, as shells have it for Ctrl-C. */
export const INTERRUPTED = 130;
/** Left before its end by SIGTERM. */
export const TERMINATED = 143;
/** Ended since nobody reads any more what it says, as shells have it for SIGPIPE. */
export const PIPE_CLOSED = 141;

/** All of them in words, for the pages. */
export const EXIT_CODES: readonly (readonly [code: number, meaning: string])[] = [
  [0, 'done as asked; of a question: all is well'],
  [
    FAILED,
    'it did not come to pass: a campaign failed, or ended without a scene extracted while some ended in words that say why not; a server does not answer; of a question: something is not well',
  ],
  [
    USAGE,
    'asked for wrongly, or not set up as it must be: the command line, a file, a variable, a table, a right',
  ],
  [INTERRUPTED, 'left before its end by Ctrl-C; a campaign or a sync goes on without it'],
  [PIPE_CLOSED, 'nobody reads any more what it says, as behind `| head`'],
  [TERMINATED, 'the same by SIGTERM, sent twice'],
];
