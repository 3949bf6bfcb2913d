/** A worker process with a scratch folder of its own, and the supervisor that every deployment has: what ends is started again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { open, readdir, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { run } from '../../stack/tools.js';

const COMMAND = fileURLToPath(new URL('../../cli/main.js', import.meta.url));
/** What the worker logs once it polls its queues. */
const POLLING = 'polling all queues';
const RESTART_MS = 1_000;
/** The size of a scratch disk, and what a worker keeps free on it. */
const DISK_MIB = 192;
const RESERVE_MIB = 24;

export interface WorkerPlace {
  readonly name: string;
  readonly scratch: string;
  readonly log: string;
  readonly dbConfig: string;
  readonly s3Config: string;
  readonly env: Readonly<Record<string, string>>;
}

/** How a worker ended that was asked to. */
export interface Stopped {
  readonly code: number | null;
  readonly seconds: number;
  /** Scratch files of scenes that it left. */
  readonly left: readonly string[];
}

export class WorkerProcess {
  /** Times it ended though nobody asked it to, once it had been ready: a promise broken. */
  readonly deaths: string[] = [];
  private child: ChildProcess | undefined;
  private ready = false;
  private wanted = false;
  private mounted = false;

  constructor(readonly place: WorkerPlace) {}

  get pid(): number | undefined {
    return this.child?.pid;
  }

  get isReady(): boolean {
    return this.ready;
  }

  /** Gives the scratch folder a small disk of its own, where we may (root on Linux). */
  async mountScratch(): Promise<boolean> {
    const args = ['-t', 'tmpfs', '-o', `size=${DISK_MIB}m`, 'parcelwise-chaos', this.place.scratch];
    this.mounted = await run('mount', args).then(
      () => true,
      () => false,
    );
    return this.mounted;
  }

  async unmountScratch(): Promise<void> {
    if (this.mounted) await run('umount', ['-l', this.place.scratch]);
    this.mounted = false;
  }

  get hasDisk(): boolean {
    return this.mounted;
  }

  /** Writes until not a byte is left on the scratch disk. */
  async fillDisk(): Promise<void> {
    const { bavail, bsize } = await statfs(this.place.scratch);
    await writeFile(this.filler, Buffer.alloc(bavail * bsize)).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    });
  }

  async emptyDisk(): Promise<void> {
    await rm(this.filler, { force: true });
  }

  private get filler(): string {
    return join(this.place.scratch, 'filler');
  }

  /** Starts the process with these settings besides its own; it is started again whenever it ends by itself. Resolves when it polls its queues. */
  async start(settings: Readonly<Record<string, string>> = {}): Promise<void> {
    this.wanted = true;
    await this.spawn(settings);
    while (this.isStarting) await sleep(50);
  }

  private get isStarting(): boolean {
    return this.wanted && !this.ready;
  }

  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  async stop(): Promise<Stopped> {
    const began = Date.now();
    const code = await this.end('SIGTERM');
    return { code, seconds: (Date.now() - began) / 1000, left: await this.stagedScenes() };
  }

  freeze(): void {
    this.child?.kill('SIGSTOP');
  }

  thaw(): void {
    this.child?.kill('SIGCONT');
  }

  private async stagedScenes(): Promise<string[]> {
    const names = await readdir(this.place.scratch, { recursive: true });
    return names.filter((name) => /scenes\/./.test(name));
  }

  private async end(signal: NodeJS.Signals): Promise<number | null> {
    this.wanted = false;
    const { child } = this;
    if (child?.exitCode !== null || child.signalCode !== null) return 0;
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    child.kill(signal);
    return await ended;
  }

  private async spawn(settings: Readonly<Record<string, string>>): Promise<void> {
    const { scratch, log, dbConfig, s3Config, env } = this.place;
    this.ready = false;
    const output = await open(log, 'a', 0o600);
    const args = ['worker', '--db-config', dbConfig, '--s3-config', s3Config, '--scratch', scratch];
    const child = spawn(process.execPath, [COMMAND, ...args], {
      env: {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        PARCELWISE_LOG: 'debug',
        PARCELWISE_RESERVE_GB: String(RESERVE_MIB / 1024),
        PARCELWISE_COVERAGE_GB: '0.06',
        PARCELWISE_THREADS: '2',
        ...env,
        ...settings,
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.child = child;
    child.stderr.on('data', (piece: Buffer) => {
      if (piece.includes(POLLING)) this.ready = true;
      void output.write(piece);
    });
    child.once('close', () => void output.close());
    child.once('exit', (code, signal) => {
      if (this.child !== child || !this.wanted) return;
      // Started while a server is away it can't begin; that is what supervisors are for.
      if (this.ready)
        this.deaths.push(`${this.place.name} ended by itself: ${signal ?? `exit ${code ?? ''}`}`);
      this.ready = false;
      setTimeout(() => {
        if (this.wanted && this.child === child) void this.spawn(settings);
      }, RESTART_MS);
    });
  }
}
