/** What every route answers from. */
import type pg from 'pg';
import type { Datasets } from './datasets/datasets.js';

export interface Served {
  /** Read only, each statement with a limit of time, and apart from the pools of workers. */
  readonly pool: pg.Pool;
  readonly datasets: Datasets;
}
