/** What a worker may use of its machine; every setting has a default that fits the machine. */
import { availableParallelism, tmpdir, totalmem, userInfo } from 'node:os';
import { join } from 'node:path';
import { USUAL_SPEED } from '../reading/fetch-costs.js';

export interface WorkerSettings {
  /** Folder for staged scenes and cached coverages. */
  readonly scratch: string;
  /** Threads for raster work. */
  readonly threads: number;
  /** Bytes of decoded pixels in memory at a time. */
  readonly pixelBytes: number;
  /** Bytes of cached coverages on disk. */
  readonly coverageBytes: number;
  /** Bytes of the scratch volume that stay free; below them no scene is admitted. */
  readonly reserveBytes: number;
  /** Scenes that lie on the scratch disk at a time. */
  readonly stagedScenes: number;
  /** Objects that are downloaded at a time. */
  readonly connections: number;
  /** What one of them brings. */
  readonly bytesPerSecond: number;
  /** Until the store answers a request: what is worth a request of its own is reckoned by these three. */
  readonly requestSeconds: number;
  /** Leave staged scenes on the disk when the worker is stopped, for one that starts again here at once. */
  readonly keepStaged: boolean;
}

const MEGA = 1e6;
const MIB = 1 << 20;
const GIB = 1 << 30;

/** A full Sentinel-2 scene of B04, B08 and SCL takes 512 MiB; the next one begins while the last rows are copied. */
const PIXEL_BYTES = 640 * MIB;

/** A PARCELWISE_* variable says what can't be. */
class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

/** Reads PARCELWISE_* variables. @throws SettingsError naming the variable that is not a positive number. */
export function readSettings(env: Readonly<Record<string, string | undefined>>): WorkerSettings {
  return {
    scratch: env.PARCELWISE_SCRATCH ?? join(tmpdir(), `parcelwise-${userInfo().username}`),
    threads: positive(env, 'PARCELWISE_THREADS', availableParallelism()),
    pixelBytes: positive(env, 'PARCELWISE_PIXEL_MB', Math.min(PIXEL_BYTES, totalmem() / 3) / MIB) * MIB,
    coverageBytes: positive(env, 'PARCELWISE_COVERAGE_GB', 10) * GIB,
    reserveBytes: positive(env, 'PARCELWISE_RESERVE_GB', 1) * GIB,
    stagedScenes: positive(env, 'PARCELWISE_STAGED_SCENES', 3),
    connections: Math.ceil(positive(env, 'PARCELWISE_CONNECTIONS', USUAL_SPEED.connections)),
    bytesPerSecond: positive(env, 'PARCELWISE_CONNECTION_MB_PER_S', USUAL_SPEED.bytesPerSecond / MEGA) * MEGA,
    requestSeconds: positive(env, 'PARCELWISE_REQUEST_MS', USUAL_SPEED.requestSeconds * 1000) / 1000,
    keepStaged: env.PARCELWISE_KEEP_STAGED === '1',
  };
}

function positive(
  env: Readonly<Record<string, string | undefined>>,
  name: string,
  otherwise: number,
): number {
  const text = env[name];
  if (text === undefined || text === '') return otherwise;
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new SettingsError(`${name} is "${text}"; it must be a positive number`);
}
