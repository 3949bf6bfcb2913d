/** The worker's log: one line an event, on standard error, as text for people or JSON for machines. */

export interface Log {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
type Level = (typeof LEVELS)[number];

/** `PARCELWISE_LOG`: the least level shown (info), `PARCELWISE_LOG_FORMAT=json` for machines. */
export function openLog(env: Readonly<Record<string, string | undefined>>): Log {
  const least = LEVELS.indexOf((env.PARCELWISE_LOG ?? 'info') as Level);
  const json = env.PARCELWISE_LOG_FORMAT === 'json';
  const write = (level: Level, message: string): void => {
    if (LEVELS.indexOf(level) < least) return;
    const time = new Date().toISOString();
    process.stderr.write(
      json ? `${JSON.stringify({ time, level, message })}\n` : `${time} ${level.padEnd(5)} ${message}\n`,
    );
  };
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
