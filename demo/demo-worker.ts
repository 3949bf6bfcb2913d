/** The demo's worker: a process of its own, which ends with the demo however that ends, unless it is left to run on. */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DemoSetup } from './demo-setup.js';
import type { Report } from '../stack/report.js';
import { type Server, startServer } from '../stack/server.js';

const COMMAND = fileURLToPath(new URL('../cli/main.js', import.meta.url));
/** What the worker logs once it polls its queues. */
const POLLING = 'polling all queues';

/** Resolves when the worker polls. @throws with the end of its log when it does not get there. */
export async function startDemoWorker(setup: DemoSetup, report: Report): Promise<Server> {
  const log = join(setup.logs, 'worker.log');
  await mkdir(setup.logs, { recursive: true });
  const set = Object.entries(setup.env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return startServer({
    name: 'worker',
    binary: process.execPath,
    args: [
      COMMAND,
      'worker',
      '--db-config',
      setup.dbConfig,
      '--s3-config',
      setup.s3Config,
      '--scratch',
      setup.scratch,
    ],
    env: { ...Object.fromEntries(set), PARCELWISE_LOG: 'info', PARCELWISE_LOG_FORMAT: 'text' },
    cwd: process.cwd(),
    log,
    stopSignal: 'SIGTERM',
    isReady: async () => (await readFile(log, 'utf8')).includes(POLLING),
    report,
  });
}
