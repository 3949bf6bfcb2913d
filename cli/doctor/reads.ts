/** Looks at whether tables of results can be read fast, which campaigns don't need. */
import type pg from 'pg';
import { missingIndexes, named, noticeable } from '../../database/results/indexes.js';
import type { CheckedTables } from '../../database/selection/check.js';
import { advice, type Finding, ok } from './finding.js';

export async function lookAtReads(
  pool: pg.Pool,
  { results, hists, clear, parcels, catalogue }: CheckedTables,
): Promise<Finding> {
  const rows = [results, hists, clear].filter((table) => table !== undefined);
  const missing = await missingIndexes(pool, { rows, parcels, catalogue });
  const left = missing.filter(({ invalid }) => invalid !== null);
  if (left.length > 0)
    return advice(
      'reads',
      `not valid: ${left.map(({ invalid }) => invalid).join(', ')}; being built, or left by a build that was cut short`,
      'It serves nobody, and slows what is stored. Where no build runs: parcelwise results index',
    );
  const felt = noticeable(missing);
  return felt.length === 0
    ? ok(
        'reads',
        missing.length === 0 ? 'all indexes are there' : 'tables are small enough to be read without indexes',
      )
    : advice(
        'reads',
        `without an index: ${named(felt)}; whoever asks for a parcel reads all of it`,
        'Campaigns load faster without those on rows; when the last has ended, or reads must be fast before: parcelwise results index',
      );
}
