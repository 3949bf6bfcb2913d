/** What every route answers from. */
import type pg from 'pg';
import type { Campaigns } from './campaigns.js';
import type { ChipService } from './chips/chip-service.js';
import type { Datasets } from './datasets/datasets.js';

export interface Served {
  /** Read only, each statement with a limit of time, and apart from the pools of workers. */
  readonly pool: pg.Pool;
  readonly datasets: Datasets;
  /** Undefined where no object store is configured. */
  readonly chips?: ChipService | undefined;
  /** Undefined where no Temporal server is configured. */
  readonly campaigns?: Campaigns | undefined;
}
