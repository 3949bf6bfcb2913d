/**
 * The worker's log: one line an event, on standard error, as text for people or JSON for machines.
 *
 * Terms. *Level*: how much an event matters, from debug to error; those below the one asked for are left out.
 */

export interface Log {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
type Level = (typeof LEVELS)[number];

/** What people and other programs call the same. */
const SPELLINGS: Readonly<Record<string, Level>> = {
  ...{ trace: 'debug', verbose: 'debug', information: 'info', warning: 'warn' },
  ...Object.fromEntries(LEVELS.map((level) => [level, level])),
};

/** The least level shown; `info` where nothing is said, and where what is said names none. */
function levelOf(text = 'info'): { level: Level; unknown: boolean } {
  const level = SPELLINGS[text.trim().toLowerCase() || 'info'];
  return { level: level ?? 'info', unknown: level === undefined };
}

/** `PARCELWISE_LOG`: the least level shown (info), `PARCELWISE_LOG_FORMAT=json` for machines. */
export function openLog(env: Readonly<Record<string, string | undefined>>): Log {
  const { level: asked, unknown } = levelOf(env.PARCELWISE_LOG);
  const least = LEVELS.indexOf(asked);
  const json = env.PARCELWISE_LOG_FORMAT === 'json';
  const write = (level: Level, message: string): void => {
    if (LEVELS.indexOf(level) < least) return;
    const time = new Date().toISOString();
    process.stderr.write(
      json ? `${JSON.stringify({ time, level, message })}\n` : `${time} ${level.padEnd(5)} ${message}\n`,
    );
  };
  if (unknown)
    write(
      'warn',
      `PARCELWISE_LOG is "${env.PARCELWISE_LOG}"; it takes ${LEVELS.join(', ')}. ${asked} is taken`,
    );
  return {
    debug: (message) => {
      write('debug', message);
    },
    info: (message) => {
      write('info', message);
    },
    warn: (message) => {
      write('warn', message);
    },
    error: (message) => {
      write('error', message);
    },
  };
}
