/** Opens what steps work with, and closes it again: database, store, scratch disk, threads. */
import type pg from 'pg';
import { Quotas } from '../activities/host/quotas.js';
import { OpenScenes } from '../activities/host/open-scenes.js';
import {
  type DatabaseDependencies,
  type HostDependencies,
  type TemporalQueries,
} from '../activities/dependencies.js';
import { Selections } from '../campaigns/selections.js';
import { type DatabaseConfig, readDbConfig } from '../database/selection/config.js';
import { openPool } from '../database/session/pool.js';
import { buildCoverages } from '../extraction/build-coverages.js';
import { Coverages } from '../extraction/coverages.js';
import { PixelBudget } from '../extraction/pixel-budget.js';
import { Scratch } from '../extraction/scratch/scratch.js';
import { FetchCosts } from '../reading/fetch-costs.js';
import type { ObjectStore } from '../store/object-store.js';
import { LimitedStore } from '../store/limited-store.js';
import { openStore } from '../store/open.js';
import { accountOf, readS3Config } from '../store/s3-config.js';
import type { Log } from '../telemetry/log.js';
import type { WorkerSettings } from './settings.js';
import type { HeldHost } from './host-lease.js';
import { ThreadPool } from './threads.js';

export interface ConfigFiles {
  readonly dbConfig?: string | undefined;
  readonly s3Config?: string | undefined;
}

export interface OpenDatabaseDependencies extends DatabaseDependencies {
  close(): Promise<void>;
}

export interface OpenHostDependencies extends HostDependencies {
  close(): Promise<void>;
}

export function openDatabaseDependencies(
  files: ConfigFiles,
  temporal: TemporalQueries,
  log: Log,
): OpenDatabaseDependencies {
  const config: DatabaseConfig = readDbConfig(files.dbConfig, process.env);
  const pool: pg.Pool = openPool(config.connection, {
    onIdleError: (error) => {
      log.warn(`a database connection was lost: ${error.message}`);
    },
  });
  let bucket: ObjectStore | undefined;
  const openBucket = (): ObjectStore => {
    const s3 = readS3Config(files.s3Config, process.env);
    return new Quotas(pool, accountOf(s3)).limit(openStore(s3));
  };
  return {
    config,
    pool,
    selections: new Selections(pool),
    temporal,
    log,
    bucket: () => (bucket ??= openBucket()),
    close: async () => {
      bucket?.close();
      await pool.end();
    },
  };
}

/**
 * Adds what a host needs to what every worker has, which stays the caller's to close.
 * @param hold takes the lease of the scratch disk, where it is to be found by its queue.
 */
export async function openHostDependencies(
  shared: DatabaseDependencies,
  files: ConfigFiles,
  settings: WorkerSettings,
  log: Log,
  hold?: (scratch: Scratch) => Promise<HeldHost>,
): Promise<OpenHostDependencies> {
  const s3 = readS3Config(files.s3Config, process.env);
  const store = new LimitedStore(openStore(s3), settings.connections);
  const scratch = await Scratch.open(settings.scratch, log);
  // Under the name that it has then the host is known.
  const held = await hold?.(scratch);
  const threads = new ThreadPool(Math.max(1, Math.round(settings.threads)));
  threads.warm();
  const budget = new PixelBudget(settings.pixelBytes);
  const build = buildCoverages(shared.pool, files.dbConfig, threads);
  const coverages = new Coverages(scratch.coverages, settings.coverageBytes, build, log);
  return {
    ...shared,
    store,
    fetchCosts: new FetchCosts(settings),
    quotas: new Quotas(shared.pool, accountOf(s3)),
    scratch,
    threads,
    budget,
    coverages,
    scenes: new OpenScenes(threads, budget, coverages),
    queue: `parcelwise-host-${scratch.host}`,
    reserveBytes: settings.reserveBytes,
    stagedScenes: settings.stagedScenes,
    close: async () => {
      await threads.close();
      store.close();
      if (!settings.keepStaged) await scratch.removeScenes();
      await scratch.close();
      await held?.release();
    },
  };
}
