/** Temporal's native runtime, of which a process has one. */
import type { LogLevel } from '@temporalio/worker';
import { type Log, openLog } from '../telemetry/log.js';

let installed: Promise<void> | undefined;

/**
 * Sets up Temporal's native side, once a process and before the first connection: its lines go through our log, and its
 * chatter below warnings (below errors, of its client) is left out.
 * @param log where nothing else is said, by the environment's settings.
 * @internal
 */
export function installRuntime(log?: Log): Promise<void> {
  installed ??= install(log ?? openLog(process.env));
  return installed;
}

async function install(log: Log): Promise<void> {
  const { DefaultLogger, makeTelemetryFilterString, Runtime } = await import('@temporalio/worker');
  const write: Partial<Record<LogLevel, (message: string) => void>> = {
    WARN: log.warn.bind(log),
    ERROR: log.error.bind(log),
  };
  Runtime.install({
    logger: new DefaultLogger('WARN', ({ level, message, meta }) => {
      // Said of every worker that has activities only, which is as it should be.
      if (message.startsWith('No workflows registered')) return;
      const error = meta?.error instanceof Error ? `: ${meta.error.message}` : '';
      write[level]?.(`${message}${error}`);
    }),
    telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'ERROR' }), forward: {} } },
    shutdownSignals: [],
  });
}
