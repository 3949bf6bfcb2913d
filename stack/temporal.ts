/** The Temporal dev server of the embedded stack, with its Web UI, from the `temporal` command. */
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import type { Report } from './report.js';
import { startServer } from './server.js';
import type { Server } from './server.js';
import { findTool, run } from './tools.js';

export interface TemporalOptions {
  readonly binary: string;
  /** Holds the server's database file; without it histories are kept in memory only. */
  readonly folder?: string | undefined;
  readonly port: number;
  /** The Web UI's port; without it there is none. */
  readonly uiPort?: number | undefined;
  /** Further flags of its command. */
  readonly flags?: readonly string[];
  readonly logs: string;
  readonly report: Report;
}

/** Where the `temporal` command and ours look by themselves. */
export const USUAL_TEMPORAL = '127.0.0.1:7233';

const DOWNLOAD_ANSWERS_WITHIN_MS = 5_000;

/** The path of `temporal`, downloaded or built by `go install` where the machine does not have it. */
export function findTemporal(report: Report, signal?: AbortSignal): Promise<string> {
  return findTool(
    {
      name: 'temporal',
      // Later versions carry replace directives, which `go install` refuses.
      module: 'github.com/temporalio/cli/cmd/temporal@v1.5.1',
      expectedSeconds: 300,
      remedy:
        'install Go (https://go.dev/dl), or put temporal on PATH (https://docs.temporal.io/cli), ' +
        'or set TEMPORAL_ADDRESS to a server of your own',
      download: downloadTemporal,
    },
    report,
    signal,
  );
}

/** A client that was refused waits ever longer before it dials again; on a slow machine, longer than a server's start may take. */
const ASK_AGAIN_SOON = { 'grpc.initial_reconnect_backoff_ms': 200, 'grpc.max_reconnect_backoff_ms': 1_000 };

/** Starts the server on 127.0.0.1 and resolves when its default namespace can be used. */
export async function startTemporal(options: TemporalOptions): Promise<Server> {
  const { binary, folder, port, uiPort, flags = [], report } = options;
  if (folder !== undefined) await mkdir(folder, { recursive: true });
  const args = ['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(port), '--log-level', 'error'];
  args.push('--disable-config-file', '--disable-config-env', ...flags);
  args.push(...(uiPort === undefined ? ['--headless'] : ['--ui-port', String(uiPort)]));
  if (folder !== undefined) args.push('--db-filename', join(folder, 'temporal.db'));

  const connection = Connection.lazy({ address: `127.0.0.1:${port}`, channelArgs: ASK_AGAIN_SOON });
  try {
    return await startServer({
      name: 'Temporal',
      binary,
      args,
      cwd: folder ?? options.logs,
      log: join(options.logs, 'temporal.log'),
      stopSignal: 'SIGTERM',
      isReady: () =>
        connection
          .withDeadline(Date.now() + 2_000, () =>
            connection.workflowService.describeNamespace({ namespace: 'default' }),
          )
          .then(
            () => true,
            () => false,
          ),
      report,
    });
  } finally {
    await connection.close();
  }
}

/** Temporal's own download of the CLI, as its documentation gives it. False when it does not answer soon. */
async function downloadTemporal(folder: string, report: Report, signal?: AbortSignal): Promise<boolean> {
  const arch = { x64: 'amd64', arm64: 'arm64' }[process.arch as string];
  const platform = { linux: 'linux', darwin: 'darwin' }[process.platform as string];
  if (arch === undefined || platform === undefined) return false;
  const silence = new AbortController();
  const timeout = setTimeout(() => {
    silence.abort();
  }, DOWNLOAD_ANSWERS_WITHIN_MS);
  const unpacked = await mkdtemp(join(folder, 'temporal-'));
  try {
    const stop = signal === undefined ? silence.signal : AbortSignal.any([silence.signal, signal]);
    const response = await fetch(
      `https://temporal.download/cli/archive/latest?platform=${platform}&arch=${arch}`,
      {
        signal: stop,
      },
    );
    clearTimeout(timeout);
    if (!response.ok) return false;
    report('downloading temporal (once)');
    await writeFile(join(unpacked, 'temporal.tar.gz'), Buffer.from(await response.arrayBuffer()));
    await run('tar', ['-xzf', join(unpacked, 'temporal.tar.gz'), '-C', unpacked], { signal });
    await rename(join(unpacked, 'temporal'), join(folder, 'temporal'));
    return true;
  } catch {
    signal?.throwIfAborted();
    return false;
  } finally {
    clearTimeout(timeout);
    await rm(unpacked, { recursive: true, force: true });
  }
}
