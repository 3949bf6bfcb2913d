/** The input of the workflow `catalogueSync`. */
import { ApplicationFailure } from '@temporalio/common';
import { z } from 'zod';
import { CARD_CODES } from '../cards/codes.js';
import { databaseSchema, moment } from './campaign-input.js';

const CARDS: readonly string[] = CARD_CODES;

const name = () => z.string().min(1);

const syncSchema = () =>
  z.strictObject({
    source: z.union([
      z.strictObject({ stac: name(), collection: name().optional() }),
      z.strictObject({ listing: z.enum(CARDS), tiles: z.array(name()).min(1).optional() }),
    ]),
    database: databaseSchema().optional(),
    tables: z.strictObject({ catalogue: name(), aois: name() }).partial().optional(),
    aoi: z.strictObject({ field: name(), name: name() }).partial().optional(),
    period: z.strictObject({ start: moment(), end: moment() }).partial().optional(),
    /** Per cent; scenes with more clouds are left out. */
    cloud: z.number().min(0).max(100).optional(),
    /** Items a page. */
    pageSize: z.int().min(1).max(10_000).optional(),
    /** Where the whole period was read within `sweepHours` (24), look at its last days only. */
    lookbackDays: z.number().positive().optional(),
    sweepHours: z.number().min(0).optional(),
  });

export type SyncInput = z.input<ReturnType<typeof syncSchema>>;

/** @throws ApplicationFailure `InvalidInput`, non-retryable, naming every wrong field. */
export function checkSyncInput(input: unknown): SyncInput {
  const result = syncSchema().safeParse(input);
  if (result.success) return result.data;
  const problems = result.error.issues.map(
    (issue) => `${issue.path.join('.') || 'the input'}: ${issue.message}`,
  );
  throw ApplicationFailure.nonRetryable(
    `The sync's input is not valid. ${problems.join('; ')}. It takes {"source": {"stac": "cdse" | "earth-search" | URL}} or ` +
      `{"source": {"listing": ${CARDS.map((code) => `"${code}"`).join(' | ')}}} and, where the worker's db_config.json does not say it already: tables, ` +
      `aoi, period; and cloud, pageSize, lookbackDays, sweepHours.`,
    'InvalidInput',
  );
}
