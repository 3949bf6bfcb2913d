/**
 * The embedded stack: a private PostgreSQL with PostGIS, a Temporal dev server and an S3 gateway, all on 127.0.0.1, all
 * they keep in one folder. Each part is left out where a real server is configured.
 *
 * The servers end with the process that started them, however it ends, unless it leaves them to run on.
 *
 * Terms. *Part*: one of the three servers. *Gateway*: a program that serves a folder by S3's protocol. *Tool*: a server's
 * program, found on the machine, downloaded or built.
 */
import { mkdir, realpath } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StackAddresses } from './addresses.js';
import {
  claimFolder,
  emptyFolder,
  readRunning,
  releaseFolder,
  removeFolder,
  writeRunning,
} from './folder.js';
import type { Running } from './folder.js';
import { startParts } from './parts.js';
import { endProcess, isAlive, isStillRunning } from './processes.js';
import type { ProcessRecord } from './processes.js';
import type { Report } from './report.js';
import type { Server } from './server.js';

export type { DatabaseAddress, S3Address, StackAddresses, TemporalAddress } from './addresses.js';
export { reportTo } from './report.js';
export type { Report } from './report.js';

export interface StackOptions {
  /** The stack's folder, such as `.parcelwise`; made where it is missing. */
  readonly root: string;
  readonly report: Report;
  /** Serve Temporal's Web UI? */
  readonly webUi: boolean;
  /** Forget what earlier starts kept in the folder. */
  readonly fresh?: boolean;
  /** For tests: nothing waits for the disk, histories stay in memory, ports are any that are free. */
  readonly throwaway?: boolean;
  /** Further flags of `temporal server start-dev`. */
  readonly temporalFlags?: readonly string[];
  /** Real servers that take the place of embedded ones. */
  readonly configured?: Partial<StackAddresses>;
  /** Gives the start up: builds under way are ended, servers that run already are stopped. */
  readonly signal?: AbortSignal;
}

export interface Stack extends StackAddresses {
  /** The servers were running already, started by another process or left behind by one. */
  readonly reused: boolean;
  /** The process that started the servers; none where an earlier one left them to run on. */
  readonly owner: number | undefined;
  /** Stops the servers that this call started; a reused stack goes on. */
  stop(): Promise<void>;
  /**
   * Lets the servers run on when this process ends, and `users`, programs that work with them; {@link stopStack} stops
   * them all. Users of an earlier run are stopped. A stack that another process runs is left to that process.
   */
  leave(users?: readonly Server[]): Promise<void>;
}

/**
 * Starts the parts that are not configured, or finds them running in the folder. A program that the machine lacks is
 * installed or built once; after that a start takes two or three seconds.
 * @throws with a remedy when a part is not to be had, or another process is at work in the folder.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const {
    report,
    webUi,
    fresh = false,
    throwaway = false,
    temporalFlags = [],
    configured = {},
    signal,
  } = options;
  const root = await stackFolder(options.root);
  const running = await takeFolder(root, report);
  if (running !== undefined) {
    if (fresh)
      throw new Error(`a stack ${startedBy(running)} runs in ${root}: stop it before you start afresh`);
    report(`using the stack ${startedBy(running)} that runs in ${root}`);
    return {
      ...complete({ ...running.addresses, ...configured }, root),
      reused: true,
      owner: running.owner,
      stop: () => Promise.resolve(),
      async leave(users = []) {
        if (running.owner !== undefined) return;
        await endAll(running.users ?? []);
        await writeRunning(root, { ...running, users: users.map(({ record }) => record) });
        for (const user of users) user.leave();
      },
    };
  }
  try {
    if (fresh) await emptyFolder(root);
    const { servers, addresses } = await startParts({
      ...{ root, report, webUi, throwaway, temporalFlags, configured, signal },
    });
    const records = servers.map((server) => server.record);
    await writeRunning(root, { owner: process.pid, servers: records, addresses });
    return {
      ...complete({ ...addresses, ...configured }, root),
      reused: false,
      owner: process.pid,
      async stop() {
        await Promise.all(servers.map((server) => server.stop()));
        await releaseFolder(root);
      },
      async leave(users = []) {
        await writeRunning(root, { servers: records, users: users.map(({ record }) => record), addresses });
        for (const server of [...users, ...servers]) server.leave();
      },
    };
  } catch (error) {
    await releaseFolder(root);
    throw error;
  }
}

/** Stops the stack that runs in the folder, whoever started it. False when none does. */
export async function stopStack(folder: string): Promise<boolean> {
  const root = await stackFolder(folder);
  const running = await readRunning(root);
  if (running === undefined) return false;
  const alive = await Promise.all(running.servers.map(isStillRunning));
  await endAll(running.users ?? []);
  await endAll(running.servers);
  await releaseFolder(root);
  return alive.includes(true);
}

/** A program has time to put its work back. */
const GRACE_MS = 30_000;

async function endAll(records: readonly ProcessRecord[]): Promise<void> {
  await Promise.all(records.map((record) => endProcess(record, GRACE_MS)));
}

/** Removes all that a stopped stack keeps in its folder, and its database wherever that had to go. */
export async function removeStack(folder: string): Promise<void> {
  await removeFolder(await stackFolder(folder));
}

async function stackFolder(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  return realpath(folder);
}

/**
 * Makes this process the one that runs the folder's stack, or returns what runs there already. Servers of a process that
 * died are being stopped by their guards; what still runs after a moment is stopped here.
 */
async function takeFolder(root: string, report: Report): Promise<Running | undefined> {
  while (!(await claimFolder(root))) {
    const running = await readRunning(root);
    if (running === undefined) continue;
    const { owner, addresses, servers } = running;
    const ownerLives = owner !== undefined && isAlive(owner);
    const alive = await Promise.all(servers.map(isStillRunning));
    const whole = addresses !== undefined && !alive.includes(false);
    if (whole && (owner === undefined || ownerLives)) return running;
    if (ownerLives && owner !== process.pid) {
      const state = addresses === undefined ? 'is starting' : 'has lost a server of';
      throw new Error(
        `process ${owner} ${state} the stack in ${root}: wait for it or end it, then try again`,
      );
    }
    if (alive.includes(true)) {
      report('stopping the servers of a run that ended too early');
      await sleep(500);
      await Promise.all(servers.map((record) => endProcess(record)));
    }
    await releaseFolder(root);
  }
  return undefined;
}

function startedBy(running: Running): string {
  return running.owner === undefined ? 'of an earlier run' : `of process ${running.owner}`;
}

function complete(addresses: Partial<StackAddresses>, root: string): StackAddresses {
  const { database, temporal, s3 } = addresses;
  if (database === undefined || temporal === undefined || s3 === undefined) {
    throw new Error(
      `the stack that runs in ${root} was started without some of its parts: stop it, then try again`,
    );
  }
  return { database, temporal, s3 };
}
