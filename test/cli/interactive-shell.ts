/** A shell on a terminal of its own, typed into as a person does: tabs and all. */
import { execFileSync, spawn } from 'node:child_process';

/** Where it waits for the next line. */
const PROMPT = '@>';
const TIMEOUT_MS = 60_000;

/** For `skip`: which of the programs is not here, if one is not. `script` of util-linux gives shells a terminal. */
export function missing(...programs: readonly string[]): string | false {
  for (const program of programs)
    try {
      execFileSync('which', [program], { stdio: 'ignore' });
    } catch {
      return `there is no ${program}`;
    }
  return false;
}

/**
 * Types lines, each at its prompt, and reads the answer up to the next one.
 * @param shell with its options
 * @param begin lines that set it up
 * @returns what was printed after each line, with what the terminal echoed
 * @throws Error where the shell ends, or is silent for a minute, before it has answered all
 */
export function typeInto(
  shell: string,
  begin: readonly string[],
  lines: readonly string[],
  cwd: string,
): Promise<string[]> {
  const env = { PATH: process.env.PATH, HOME: cwd, TERM: 'dumb', LC_ALL: 'C.UTF-8', SHELL: '/bin/sh' };
  const child = spawn('script', ['-qec', shell, '/dev/null'], { cwd, env, timeout: TIMEOUT_MS });
  // The quotes keep the echo of this line from looking like a prompt.
  const waiting = [...begin, `PS1='@''>'`, ...lines, 'exit'];
  const answers: string[] = [];
  let isReady = false;
  let heard = '';
  const typeNext = (): void => {
    const line = waiting.shift();
    if (line !== undefined) child.stdin.write(`${line}\n`);
  };
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', () => {
      if (answers.length >= lines.length) resolve(answers.slice(0, lines.length));
      else reject(new Error(`${shell} answered ${answers.length} of ${lines.length} lines: ${heard}`));
    });
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      heard += text;
      const at = heard.indexOf(PROMPT);
      if (at < 0) return;
      // Before the first prompt it was set up.
      if (isReady) answers.push(heard.slice(0, at));
      isReady = true;
      heard = heard.slice(at + PROMPT.length);
      typeNext();
    });
    for (let line = 0; line <= begin.length; line++) typeNext();
  });
}
