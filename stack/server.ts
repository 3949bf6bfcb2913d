/** Starts a server as a child process, waits until it answers, and sees to it that it never outlives us by accident. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProcessRecord } from './processes.js';
import type { Report } from './report.js';

/** A user to run as, for servers that refuse root. */
export interface RunAs {
  readonly uid: number;
  readonly gid: number;
}

export interface ServerCommand {
  /** As people know it: "PostgreSQL". */
  readonly name: string;
  readonly binary: string;
  readonly args: readonly string[];
  /** Added to a bare environment: what is set in ours (PGDATA, VGW_*, TEMPORAL_*) must not change a private server. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly user?: RunAs | undefined;
  /** Its output goes to this file, replaced at each start. */
  readonly log: string;
  readonly stopSignal: 'SIGINT' | 'SIGTERM';
  /** Asked again and again: does it answer? To throw means that it never will. */
  readonly isReady: () => Promise<boolean>;
  readonly report: Report;
}

export interface Server {
  readonly record: ProcessRecord;
  /** Resolves with how it ended, by itself or not. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
  /** Lets the server outlive this process. */
  leave(): void;
}

const READY_WITHIN_MS = 60_000;
const STOP_WITHIN_MS = 15_000;

/** Runs until the pipe from us is closed, which our death does, however we die; then stops the server. */
const GUARD = 'trap "" INT TERM HUP; read -r _; kill -s "$1" "$2"';

/**
 * Starts the server and resolves when it answers.
 * @throws when it ends or does not answer within a minute; the message carries the end of its log.
 */
export async function startServer(command: ServerCommand): Promise<Server> {
  const log = await open(command.log, 'w', 0o600);
  const child = spawn(command.binary, command.args, {
    cwd: command.cwd,
    env: { ...bareEnvironment(), ...command.env },
    stdio: ['ignore', log.fd, log.fd],
    // A process group of its own: Ctrl-C reaches us only, and we stop the servers in order.
    detached: true,
    ...command.user,
  });
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => {
      resolve(error.message);
    });
    child.once('exit', (code, signal) => {
      resolve(signal === null ? `exit code ${code ?? 'unknown'}` : `signal ${signal}`);
    });
  });
  await log.close();
  const { pid } = child;
  if (pid === undefined) throw new Error(`${command.name} could not be started: ${await ended}`);

  const guard = startGuard(command.stopSignal, pid);
  child.unref();
  let stopping = false;
  const server: Server = {
    record: {
      name: command.name,
      pid,
      command: [command.binary, ...command.args].join(' '),
      stopSignal: command.stopSignal,
    },
    ended,
    async stop() {
      stopping = true;
      child.ref();
      await endChild(child, command.stopSignal, ended);
      guard.kill('SIGKILL');
    },
    leave() {
      stopping = true;
      guard.kill('SIGKILL');
    },
  };
  try {
    await waitUntilReady(command, ended);
  } catch (error) {
    await server.stop();
    throw error;
  }
  void ended.then((how) => {
    guard.kill('SIGKILL');
    if (!stopping) command.report(`${command.name} has ended by itself (${how}); its log: ${command.log}`);
  });
  return server;
}

function startGuard(stopSignal: NodeJS.Signals, pid: number): ChildProcess {
  const guard = spawn('/bin/sh', ['-c', GUARD, 'guard', stopSignal.slice('SIG'.length), String(pid)], {
    cwd: '/',
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  guard.on('error', () => undefined);
  guard.unref();
  (guard.stdin as unknown as { unref(): void }).unref();
  return guard;
}

async function waitUntilReady(command: ServerCommand, ended: Promise<string>): Promise<void> {
  const deadline = Date.now() + READY_WITHIN_MS;
  const end = ended.then((how) => ({ how }));
  for (;;) {
    const answer = await Promise.race([end, command.isReady()]);
    if (answer === true) return;
    if (answer !== false)
      throw new Error(`${command.name} ended at its start (${answer.how})${await tail(command.log)}`);
    if (Date.now() > deadline)
      throw new Error(`${command.name} does not answer after a minute${await tail(command.log)}`);
    await Promise.race([end, sleep(50)]);
  }
}

async function endChild(child: ChildProcess, signal: NodeJS.Signals, ended: Promise<string>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  const killing = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
  await ended;
  clearTimeout(killing);
}

async function tail(log: string): Promise<string> {
  const lines = (await readFile(log, 'utf8').catch(() => '')).trimEnd().split('\n').slice(-12);
  return lines.join('') === '' ? '' : `; the end of ${log}:\n  ${lines.join('\n  ')}`;
}

function bareEnvironment(): NodeJS.ProcessEnv {
  const kept = ['PATH', 'HOME', 'TMPDIR', 'TZ'] as const;
  return Object.fromEntries(
    kept.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}
