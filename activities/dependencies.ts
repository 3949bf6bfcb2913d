/** What steps are given to work with: the database for all, scratch disk and threads too for those of a host. */
import type pg from 'pg';
import type { DatabaseConfig } from '../database/selection/config.js';
import type { TemporalPlace } from '../database/leases/temporal-leases.js';
import type { Owner } from '../database/terms.js';
import type { Selections } from '../campaigns/selections.js';
import type { Coverages } from '../extraction/coverages.js';
import type { PixelBudget } from '../extraction/pixel-budget.js';
import type { Scratch } from '../extraction/scratch/scratch.js';
import type { Threads } from '../extraction/tasks.js';
import type { FetchCosts } from '../reading/fetch-costs.js';
import type { ObjectStore } from '../store/object-store.js';
import type { Quotas } from './host/quotas.js';
import type { OpenScenes } from './host/open-scenes.js';

export interface DatabaseDependencies {
  readonly pool: pg.Pool;
  readonly config: DatabaseConfig;
  readonly selections: Selections;
  readonly temporal: TemporalQueries;
  /** Where a worker tells what people should know; a command has other ways. */
  readonly log?: { warn(message: string): void } | undefined;
  /**
   * The object store, for listing it; opened when it is first asked for, as most orchestrators have no need of one.
   * @throws S3ConfigError where none is configured.
   */
  bucket(): ObjectStore;
}

export interface HostDependencies extends DatabaseDependencies {
  readonly store: ObjectStore;
  /** What reading the store by range costs. */
  readonly fetchCosts: FetchCosts;
  /** What of the store's account this host may take. */
  readonly quotas: Quotas;
  readonly scratch: Scratch;
  readonly threads: Threads;
  readonly budget: PixelBudget;
  readonly coverages: Coverages;
  readonly scenes: OpenScenes;
  /** The host queue: what needs the files staged here is asked for there. */
  readonly queue: string;
  /** Bytes of the scratch volume that stay free. */
  readonly reserveBytes: number;
  /** Scenes that lie on the scratch disk at a time. */
  readonly stagedScenes: number;
}

/** A step that a workflow waits for. Times are seconds since 1970. */
export interface PendingStep {
  readonly workflowId: string;
  readonly step: string;
  readonly queue?: string | undefined;
  readonly scheduledAt?: number | undefined;
  readonly startedAt?: number | undefined;
  /** Nobody works on it. */
  readonly isWaiting: boolean;
  readonly attempt: number;
  /** What the attempt before failed with. */
  readonly failure?: string | undefined;
}

/** `unknown`: there is no such run here. */
export type RunState = 'running' | 'closed' | 'unknown';

/** The little that steps ask of the Temporal server. */
export interface TemporalQueries {
  /** What this server and namespace know of a workflow run. @throws where the answer was not understood. */
  stateOf(owner: Owner): Promise<RunState>;
  /** The server and namespace, as they were when last asked for. */
  place(): TemporalPlace;
  /** Asks the server who it is: another one may stand behind its address by now. */
  lookUpPlace(): Promise<TemporalPlace>;
  /** The id of the workflow that extracts a scene. */
  sceneWorkflow(resultsTable: string, obsid: number): string;
  /** Steps of these workflows that were scheduled and have not ended. */
  pendingSteps(workflowIds: readonly string[]): Promise<readonly PendingStep[]>;
  /** How many ask for scenes to stage. */
  extractors(): Promise<number>;
  /** Whether the server knows parcelwise's search attributes. */
  hasSearchAttributes(): Promise<boolean>;
}
