/** A table of rows as an export reads it: it only has to have what is read, whatever else a campaign would want of it. */
import { ALL_STATISTIC_COLUMNS, STATISTIC_COLUMNS } from '../results/statistic-columns.js';
import { Columns, TEXT } from '../session/columns.js';
import { requireTable } from '../session/identifier.js';
import type { Database } from '../session/session.js';
import type { Table } from '../terms.js';

export interface ExportedTable extends Table {
  /** In the order in which they are measured; of another type than these two they are read as `double`. */
  readonly statistics: readonly ExportedStatistic[];
}

export interface ExportedStatistic {
  readonly name: string;
  readonly type: 'real' | 'double';
}

/** @throws DatabaseSetupError naming the table or the column that is missing. */
export async function exportedTable(
  database: Database,
  name: string,
  setting: 'results_table' | 'clear_table',
): Promise<ExportedTable> {
  const table = await requireTable(database, name, setting);
  const columns = await Columns.of(database, table);
  columns.require('pid', 'integer');
  columns.require('obsid', 'integer');
  columns.require('band', ...TEXT);
  for (const statistic of STATISTIC_COLUMNS) columns.require(statistic);
  const statistics = ALL_STATISTIC_COLUMNS.flatMap((statistic): ExportedStatistic[] => {
    const column = columns.named(statistic);
    return column === undefined
      ? []
      : [{ name: statistic, type: column.type === 'real' ? 'real' : 'double' }];
  });
  return { ...table, statistics };
}
