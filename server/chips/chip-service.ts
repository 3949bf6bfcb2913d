/** What routes of chips answer from, where a store is configured. */
import { availableParallelism } from 'node:os';
import type pg from 'pg';
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

/** @param folder of the cache, whose size is bounded by `maxBytes` */
export async function openChipService(
  pool: pg.Pool,
  config: S3Config,
  { folder, maxBytes, log }: { readonly folder: string; readonly maxBytes: number; readonly log: Log },
): Promise<ChipService> {
  const threads = Math.max(1, Math.min(MOST_THREADS, availableParallelism() - 1));
  const chips = await Chips.open({ pool, store: openStore(config), folder, maxBytes, threads });
  return { chips, lent: new LentFiles(), log };
}
