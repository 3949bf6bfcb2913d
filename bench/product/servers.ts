/** The servers the product runs on: the embedded stack, kept in the benchmark's folder. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Stack, startStack } from '../../stack/stack.js';
import { readRunning } from '../../stack/folder.js';
import type { Bench } from '../bench.js';
import { openFiles, usageOf } from '../process-tree.js';

export interface Servers extends Stack {
  /** The bucket's folder. */
  readonly bucket: string;
  /** Holds Temporal's database file. */
  readonly temporalFolder: string;
  /** Seconds of CPU that PostgreSQL, Temporal and the gateway have used so far, by name. */
  cpu(): Readonly<Record<string, number>>;
  /** Resident bytes by name; those that PostgreSQL's processes share are counted once for each. */
  memory(): Readonly<Record<string, number>>;
  /** Files and sockets held open, by name. */
  openFiles(): Readonly<Record<string, number>>;
}

export interface ServersOptions {
  /** Forget all that earlier runs kept. */
  readonly fresh?: boolean;
  /** Further flags of `temporal server start-dev`. */
  readonly temporalFlags?: readonly string[];
}

export async function startServers(
  bench: Pick<Bench, 'folder' | 'say'>,
  { fresh = false, temporalFlags = [] }: ServersOptions = {},
): Promise<Servers> {
  const root = join(bench.folder, 'stack');
  const temporalFolder = join(root, 'temporal');
  // A campaign that a broken run left behind would go on as soon as a worker polls.
  rmSync(temporalFolder, { recursive: true, force: true });
  const stack = await startStack({ root, report: bench.say, webUi: false, fresh, temporalFlags });
  const running = (await readRunning(root))?.servers ?? [];
  return {
    ...stack,
    bucket: stack.s3.folder ?? '',
    temporalFolder,
    cpu: () => Object.fromEntries(running.map(({ name, pid }) => [name, usageOf([pid]).cpu])),
    memory: () => Object.fromEntries(running.map(({ name, pid }) => [name, usageOf([pid]).rss])),
    openFiles: () => Object.fromEntries(running.map(({ name, pid }) => [name, openFiles([pid])])),
  };
}
