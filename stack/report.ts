/** How the stack tells a person what it is doing. */

/** Takes one line. A `passing` line is of the moment only: the next one may replace it. */
export type Report = (line: string, passing?: 'passing') => void;

const LINE_EVERY_MS = 15_000;

/** Writes to a terminal with passing lines refreshed in place; elsewhere (a log file, CI) with one of them every 15 s. */
export function reportTo(stream: NodeJS.WriteStream): Report {
  const eraseLine = '\r\u001b[2K';
  let passingShown = false;
  let passingAt = -Infinity;
  return (line, passing) => {
    if (stream.isTTY) {
      stream.write(`${passingShown ? eraseLine : ''}${line}${passing === undefined ? '\n' : ''}`);
      passingShown = passing !== undefined;
    } else if (passing === undefined || Date.now() - passingAt >= LINE_EVERY_MS) {
      stream.write(`${line}\n`);
      if (passing !== undefined) passingAt = Date.now();
    }
  };
}
