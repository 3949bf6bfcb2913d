/** All faults of a chaos run. */
import type { Fault } from './fault.js';
import { CAMPAIGN_FAULTS } from './faults/campaigns.js';
import { DATABASE_FAULTS } from './faults/database.js';
import { STORE_FAULTS } from './faults/store.js';
import { TEMPORAL_FAULTS } from './faults/temporal.js';
import { WORKER_FAULTS } from './faults/workers.js';

export const FAULTS: readonly Fault[] = [
  ...WORKER_FAULTS,
  ...DATABASE_FAULTS,
  ...STORE_FAULTS,
  ...TEMPORAL_FAULTS,
  ...CAMPAIGN_FAULTS,
];
