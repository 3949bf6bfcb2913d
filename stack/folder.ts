/** What the stack keeps in its folder besides the servers' data: its settings, and who is running it. */
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StackAddresses } from './addresses.js';
import { removeCluster } from './postgres-folder.js';
import type { ProcessRecord } from './processes.js';

/** Ports and passwords of one stack, made once. */
export interface Settings {
  readonly password: string;
  readonly accessKey: string;
  readonly secretKey: string;
  /** The ports of the last start, taken again while they are free, so that addresses stay. */
  readonly ports: Partial<Ports>;
}

export interface Ports {
  readonly postgres: number;
  readonly temporal: number;
  readonly ui: number;
  readonly s3: number;
}

/** Who is running the stack of a folder, and what they started. */
export interface Running {
  /** The process that started the servers; none when it left them to run on. */
  readonly owner?: number;
  readonly servers: readonly ProcessRecord[];
  /** Programs that work with the servers and run on with them; they are stopped first. */
  readonly users?: readonly ProcessRecord[];
  /** Missing while the servers are being started. */
  readonly addresses?: Partial<StackAddresses>;
}

const settingsFile = (root: string): string => join(root, 'stack.json');
const runningFile = (root: string): string => join(root, 'running.json');

export async function readSettings(root: string): Promise<Settings> {
  const secret = (): string => randomBytes(24).toString('base64url');
  const kept = (await readJson(settingsFile(root))) as Settings | undefined;
  return kept ?? { password: secret(), accessKey: 'parcelwise', secretKey: secret(), ports: {} };
}

export async function writeSettings(root: string, settings: Settings): Promise<void> {
  await writeJson(settingsFile(root), settings);
}

export async function readRunning(root: string): Promise<Running | undefined> {
  return (await readJson(runningFile(root))) as Running | undefined;
}

/** Marks the folder as ours while the servers start. False when another process was first. */
export async function claimFolder(root: string): Promise<boolean> {
  const claim: Running = { owner: process.pid, servers: [] };
  await mkdir(root, { recursive: true });
  try {
    await writeFile(runningFile(root), JSON.stringify(claim), { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

export async function writeRunning(root: string, running: Running): Promise<void> {
  await writeJson(runningFile(root), running);
}

export async function releaseFolder(root: string): Promise<void> {
  await rm(runningFile(root), { force: true });
}

/** Removes what earlier starts kept in the folder; our claim stays. */
export async function emptyFolder(root: string): Promise<void> {
  await removeCluster(root);
  for (const name of ['postgres.new', 'temporal', 's3', 'logs', 'stack.json']) {
    await rm(join(root, name), { recursive: true, force: true });
  }
}

/** Removes the folder itself if nothing of anyone else's is in it. */
export async function removeFolder(root: string): Promise<void> {
  await emptyFolder(root);
  await releaseFolder(root);
  await rmdir(root).catch(() => undefined);
}

async function readJson(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${file} is damaged: remove it`, { cause: error });
  }
}

/** Never leaves half a file, and none that others may read: passwords are in it. */
async function writeJson(file: string, value: unknown): Promise<void> {
  await writeFile(`${file}.new`, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
}
