/** The input of the workflow `campaign`: what `temporal workflow start --input` takes, and the messages for a wrong one. */
import { ApplicationFailure } from '@temporalio/common';
import { z } from 'zod';
import { CARD_CODES } from '../cards/codes.js';

export const MAX_CONCURRENCY = 500;

const CARDS: readonly string[] = CARD_CODES;

const name = () => z.string().min(1);
/** A day or a time, UTC. */
export const moment = () =>
  z
    .string()
    .regex(
      /^\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?$/,
      'must be a date (2024-03-31) or a UTC time (2024-03-31T12:00:00)',
    );

/** The database that is meant, as the commands know it. */
export const databaseSchema = () => z.strictObject({ id: name(), name: name() });

/** Made when it is needed: every scene's sandbox loads this file, and has no use for it. */
const inputSchema = () =>
  z.strictObject({
    card: z.enum(CARDS),
    database: databaseSchema().optional(),
    tables: z
      .strictObject({
        catalogue: name(),
        aois: name(),
        parcels: name(),
        results: name(),
        hists: name().nullable(),
      })
      .partial()
      .optional(),
    aoi: z.strictObject({ field: name(), name: name() }).partial().optional(),
    period: z.strictObject({ start: moment(), end: moment() }).partial().optional(),
    bands: z.array(name()).min(1).optional(),
    bandNames: z.enum(['api', 'seed']).optional(),
    /** Numbers as stored, or with the product's own offset added, so that processing baselines compare. */
    radiometry: z.enum(['raw', 'harmonised']).optional(),
    /** Whether scenes' status words stand in the catalogue, or for this results table alone in parcelwise's own schema. */
    statusIn: z.enum(['catalogue', 'parcelwise']).optional(),
    minAreaM2: z.number().min(0).optional(),
    chunkParcels: z.int().min(1).max(1_000_000).optional(),
    /** What all workers together may take from the object store's account: megabits and requests a second. */
    maxDownloadMbps: z.number().positive().optional(),
    maxRequests: z.number().positive().optional(),
    /** Of scenes that are extracted already, extract the parcels that were added or redrawn since, and nothing else. */
    changedOnly: z.boolean().optional(),
    /** Scenes in flight. */
    concurrency: z.int().min(1).max(MAX_CONCURRENCY).default(4),
    /** Seconds without a sign of life after which a host counts as gone and another takes its scenes over. */
    hostSilenceSeconds: z.number().min(5).max(600).default(25),
    /** Rounds in a row in which no scene comes to an end before the campaign ends without those that are left. */
    rounds: z.int().min(1).max(100).default(4),
  });

export type CampaignInput = z.input<ReturnType<typeof inputSchema>>;
export type CheckedCampaignInput = z.output<ReturnType<typeof inputSchema>>;

/**
 * Checks a campaign's input.
 * @throws ApplicationFailure `InvalidInput`, non-retryable, naming every wrong field.
 */
export function checkCampaignInput(input: unknown): CheckedCampaignInput {
  const result = inputSchema().safeParse(input);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) =>
    issue.path.length > 0 ? `${issue.path.join('.')}: ${issue.message}` : issue.message,
  );
  throw ApplicationFailure.nonRetryable(
    `The campaign's input is not valid. ${problems.join('; ')}. It takes {"card": ${CARDS.map((code) => `"${code}"`).join(' | ')}} and, where the ` +
      `worker's db_config.json does not say it already: tables, aoi, period, bands, bandNames, radiometry, statusIn, minAreaM2, chunkParcels, maxDownloadMbps, maxRequests, changedOnly, concurrency, hostSilenceSeconds, rounds.`,
    'InvalidInput',
  );
}
