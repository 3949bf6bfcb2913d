/** The tables that rows are stored in: their columns, and what of the statistics they take. */
import {
  EXTRA_STATISTIC_COLUMNS,
  type StatisticColumn,
  STATISTIC_COLUMNS,
} from '../results/statistic-columns.js';
import { Columns, TEXT } from '../session/columns.js';
import { DatabaseSetupError } from '../session/errors.js';
import { requireTable } from '../session/identifier.js';
import type { Database } from '../session/session.js';
import { requireStorable } from './storable.js';
import type { Table } from '../terms.js';

export interface ResultsTable extends Table {
  /** Width of the statistics' type: 4 for CbM's `real`, 8 for `double precision`. */
  readonly statBytes: 4 | 8;
  /** Characters that its column `band` holds; undefined for any number. */
  readonly bandWidth: number | undefined;
  /** Statistics that it has columns for: CbM's eight, and those of the others that are there. */
  readonly statistics: readonly StatisticColumn[];
}

export interface HistsTable extends Table {
  readonly jsonb: boolean;
}

/** Names of bands have three letters at most, `B04` and `VVb`. */
const BAND_LETTERS = 3;

/** Rows of another kind in one table could not be told apart. */
export function requireApart(
  clear: Table | undefined,
  others: Readonly<Record<string, Table | undefined>>,
): void {
  for (const [setting, table] of Object.entries(others)) {
    if (clear === undefined || table?.oid !== clear.oid) continue;
    throw new DatabaseSetupError(
      `clear_table and ${setting} are one table, ${table.key}`,
      'Give clear rows a table of their own (--clear)',
    );
  }
}

export async function checkResults(
  database: Database,
  name: string,
  setting: 'results_table' | 'clear_table',
  warnings: string[],
): Promise<ResultsTable> {
  const table = await requireTable(database, name, setting);
  const columns = await Columns.of(database, table);
  columns.require('pid', 'integer');
  columns.require('obsid', 'integer');
  const band = columns.require('band', ...TEXT);
  const types = new Set(
    STATISTIC_COLUMNS.map((column) => columns.require(column, 'real', 'double precision').type),
  );
  if (types.size > 1) {
    throw new DatabaseSetupError(
      `the statistics of ${table.key} are partly real, partly double precision`,
      'Make them all real',
    );
  }
  const isReal = types.has('real');
  const statistics = [
    ...STATISTIC_COLUMNS,
    ...extrasOf(columns, isReal ? 'real' : 'double precision', warnings),
  ];
  const told = Object.fromEntries(statistics.map((column) => [column, null]));
  requireStorable(columns, { pid: null, obsid: null, band: BAND_LETTERS, ...told });
  return { ...table, bandWidth: band.characters ?? undefined, statBytes: isReal ? 4 : 8, statistics };
}

/** Statistics beyond CbM's that the table has columns for. One of another making is somebody's own, and left alone. */
function extrasOf(columns: Columns, type: string, warnings: string[]): StatisticColumn[] {
  return EXTRA_STATISTIC_COLUMNS.filter((name) => {
    const column = columns.named(name);
    if (column === undefined || column.generated) return false;
    if (column.type === type) return true;
    warnings.push(
      `column ${name} of ${columns.table.key} is not filled: it is ${column.type}, and the other statistics are ${type}`,
    );
    return false;
  });
}

export async function checkHists(database: Database, name: string): Promise<HistsTable> {
  const table = await requireTable(database, name, 'hists_table');
  const columns = await Columns.of(database, table);
  columns.require('pid', 'integer');
  columns.require('obsid', 'integer');
  const jsonb = columns.require('hist', 'json', 'jsonb').type === 'jsonb';
  requireStorable(columns, { pid: null, obsid: null, hist: null });
  return { ...table, jsonb };
}
