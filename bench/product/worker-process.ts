/** A worker of parcelwise as a process of its own, and the commands that give it work. */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Finished } from '../child.js';
import { openFiles, peakBytes, usageOf, Watch } from '../process-tree.js';
import { commandPath, environment, runCommand } from './command.js';
import { benchScene } from './scenes.js';
import type { Site } from './site.js';

const READY_WITHIN_MS = 120_000;

/** What one campaign took. */
export interface Campaign {
  /** Seconds from the command's start to its end. */
  readonly wall: number;
  /** Seconds from the first claim to the last mark, by the database's clock. */
  readonly scenes: number;
  /** Seconds of CPU by process: the worker, and each server. */
  readonly cpu: Readonly<Record<string, number>>;
  /** Largest resident size of the worker so far. */
  readonly peakBytes: number;
}

export class WorkerProcess {
  private constructor(
    private readonly site: Site,
    private readonly child: ChildProcess,
    private readonly pid: number,
  ) {}

  /** Resolves when the worker polls its queues. BENCH_PROFILE names a folder for V8's CPU profiles of its threads. */
  static async start(site: Site): Promise<WorkerProcess> {
    const profile = process.env.BENCH_PROFILE;
    const flags = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];
    const child = spawn(process.execPath, [...flags, commandPath(site), 'worker'], {
      cwd: site.folder,
      env: environment(site),
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    await ready(child);
    return new WorkerProcess(site, child, child.pid!);
  }

  /** Runs a campaign over the scenes of the days from `first` to `last`. */
  async campaign(
    first: string,
    last: string,
    concurrency = 4,
    more: readonly string[] = [],
  ): Promise<Campaign> {
    const servers = this.site.servers.cpu();
    const watch = new Watch([this.pid]);
    const period = ['--start', first, '--end', `${last}T23:59:59`];
    const args = ['campaign', 'run', '--card', 's2', ...period, '--concurrency', String(concurrency)];
    args.push(...more);
    const { wall } = await runCommand(this.site, args);
    const worker = watch.stop();
    const after = this.site.servers.cpu();
    const cpu = Object.fromEntries(
      Object.entries(after).map(([name, used]) => [name, used - servers[name]!]),
    );
    return {
      wall,
      scenes: await secondsOfScenes(this.site, first, last),
      cpu: { worker, ...cpu },
      peakBytes: Math.max(watch.peakBytes, peakBytes(this.pid)),
    };
  }

  /** Runs a campaign over one scene. */
  scene(obsid: number): Promise<Campaign> {
    const { day } = benchScene(obsid);
    return this.campaign(day, day);
  }

  /** Runs a command of parcelwise beside the worker. @throws with what it said when it fails. */
  command(args: readonly string[]): Promise<Finished> {
    return runCommand(this.site, args);
  }

  /** Resident bytes at this moment. */
  get residentBytes(): number {
    return usageOf([this.pid]).rss;
  }

  /** Files and sockets held open at this moment. */
  get openFiles(): number {
    return openFiles([this.pid]);
  }

  /** Seconds of CPU used so far. */
  get cpuSeconds(): number {
    return usageOf([this.pid]).cpu;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null) return;
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGTERM');
    await ended;
  }
}

/** Seconds of CPU of all processes. */
export function cpuOf({ cpu }: Campaign): number {
  return Object.values(cpu).reduce((sum, seconds) => sum + seconds, 0);
}

/** One scene by `parcelwise extract`, without Temporal. `flags` are Node's. */
export async function extractAlone(
  site: Site,
  obsid: number,
  flags: readonly string[] = [],
): Promise<Finished & { scenes: number }> {
  const { day } = benchScene(obsid);
  const finished = await runCommand(site, ['extract', '--card', 's2', String(obsid)], flags);
  return { ...finished, scenes: await secondsOfScenes(site, day, day) };
}

const SECONDS = `
  SELECT extract(epoch FROM max(e.finished_at) - min(e.claimed_at))::float8 AS seconds, count(*)::int AS scenes,
         count(*) FILTER (WHERE e.status = 'extracted')::int AS extracted
  FROM parcelwise.extraction e JOIN dias_catalogue d ON d.id = e.obsid
  WHERE d.obstime BETWEEN $1::timestamp AND $2::timestamp + interval '1 day'`;

/** @throws when a scene did not end as it should: a failed run is no measurement. */
async function secondsOfScenes({ pool }: Site, first: string, last: string): Promise<number> {
  const { rows } = await pool.query<{ seconds: number; scenes: number; extracted: number }>(SECONDS, [
    first,
    last,
  ]);
  const { seconds = NaN, scenes = 0, extracted = 0 } = rows[0] ?? {};
  if (scenes === 0 || extracted < scenes)
    throw new Error(`${extracted} of ${scenes} scenes from ${first} to ${last} were extracted`);
  return seconds;
}

async function ready(child: ChildProcess): Promise<void> {
  let said = '';
  await new Promise<void>((resolve, reject) => {
    const fail = (why: string): void => {
      reject(new Error(`the worker ${why}:\n${said}`));
    };
    const killing = setTimeout(() => {
      child.kill('SIGKILL');
      fail('does not poll after two minutes');
    }, READY_WITHIN_MS);
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-4000);
      if (!said.includes('polling')) return;
      clearTimeout(killing);
      resolve();
    });
    child.once('exit', (code) => {
      clearTimeout(killing);
      fail(`ended (exit code ${String(code)})`);
    });
  });
}
