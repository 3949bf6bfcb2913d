/** How a program of the bench begins and ends: `--help`, options that make sense, and one message where they don't. */

/** Something was asked for that can't be done so; the message says what can. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** @throws UsageError naming the option and what it takes. */
export function wholeNumber(name: string, text: string, from = 1, to = Infinity): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isSafeInteger(value) && value >= from && value <= to) return value;
  const range = to === Infinity ? `from ${from}` : `from ${from} to ${to}`;
  throw new UsageError(`--${name} is "${text}"; give a whole number ${range}`);
}

/** Tells lines of progress, each behind the seconds since now. */
export function narrator(): (line: string) => void {
  const began = Date.now();
  return (line) => {
    process.stderr.write(`${((Date.now() - began) / 1000).toFixed(0).padStart(5)} s  ${line}\n`);
  };
}

/**
 * Runs a program and ends the process: with the code it returns, with 2 where it was asked for wrongly, with 1 where it
 * fails. A stack trace is for our own mistakes.
 */
export async function runProgram(usage: string, main: () => Promise<number>): Promise<never> {
  if (process.argv.includes('--help')) {
    process.stdout.write(usage);
    process.exit(0);
  }
  try {
    process.exit(await main());
  } catch (error) {
    const wrong = isUsage(error);
    const hint = wrong ? `\n\n${usage}` : '\n';
    process.stderr.write(`${messageOf(error)}${hint}`);
    process.exit(wrong ? 2 : 1);
  }
}

/** Ours, and those of `parseArgs`. */
function isUsage(error: unknown): boolean {
  if (error instanceof UsageError) return true;
  const { code } = error as NodeJS.ErrnoException;
  return error instanceof Error && code?.startsWith('ERR_PARSE_ARGS_') === true;
}

const BUGS = new Set(['TypeError', 'ReferenceError', 'RangeError', 'SyntaxError', 'AssertionError']);

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return !isUsage(error) && BUGS.has(error.name) ? (error.stack ?? error.message) : error.message;
}
