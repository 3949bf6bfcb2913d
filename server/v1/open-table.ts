/** The table of a format. */
import type { ReadColumn } from '../../database/reads/json-columns.js';
import { csvTable, NDJSON, type SeriesTable } from './series-table.js';

export async function openTable(
  format: 'ndjson' | 'csv' | 'arrow',
  columns: readonly ReadColumn[],
): Promise<SeriesTable> {
  if (format === 'ndjson') return NDJSON;
  if (format === 'csv') return csvTable(columns);
  // Arrow takes a while to load, and few ask for it.
  const { ArrowTable } = await import('./arrow-table.js');
  return new ArrowTable(columns);
}
