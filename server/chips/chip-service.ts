/** What routes of chips answer from, where a store is configured. */
import { availableParallelism } from 'node:os';
import type pg from 'pg';
import { LimitedStore } from '../../store/limited-store.js';
import { openStore } from '../../store/open.js';
import type { S3Config } from '../../store/s3-config.js';
import type { Log } from '../../telemetry/log.js';
import { Chips } from './chips.js';
import { LentFiles } from './lent-files.js';

export interface ChipService {
  readonly chips: Chips;
  readonly lent: LentFiles;
  readonly log: Log;
}

/** Few: campaigns may run on the same machine. */
const MOST_THREADS = 4;

export interface ChipServiceOptions {
  /** Of the cache, whose size is bounded. */
  readonly folder: string;
  readonly maxBytes: number;
  /** Objects that are read at a time. */
  readonly connections: number;
  readonly log: Log;
}

export async function openChipService(
  pool: pg.Pool,
  config: S3Config,
  { folder, maxBytes, connections, log }: ChipServiceOptions,
): Promise<ChipService> {
  const threads = Math.max(1, Math.min(MOST_THREADS, availableParallelism() - 1));
  const store = new LimitedStore(openStore(config), connections);
  const chips = await Chips.open({ pool, store, folder, maxBytes, threads });
  return { chips, lent: new LentFiles(), log };
}
