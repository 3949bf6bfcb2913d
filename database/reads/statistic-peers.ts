/** Parcels that looked alike in some period: those with a row of a band whose statistic lies in a range. */
import { type JsonColumn, readColumns } from './json-columns.js';
import type { ServedRows, ServedTables } from './served-tables.js';
import type { StatisticColumn } from '../results/statistic-columns.js';
import type { Database } from '../session/session.js';

export interface StatisticPeersQuestion {
  readonly band: string;
  readonly statistic: StatisticColumn;
  /** Bounds of the statistic, which belong to the range. */
  readonly from: number;
  readonly to: number;
  /** Days `YYYY-MM-DD`, UTC, which belong to the period. */
  readonly firstDay: string;
  readonly lastDay: string;
  /** Parcels at most. */
  readonly most: number;
}

/** In the order of ids, so that the index of ids gives the first ones, and rows of no more parcels than that are looked at. */
const PEERS = ({ parcels, catalogue }: ServedTables, rows: ServedRows, statistic: string): string => `
  SELECT peer.id::text AS pids FROM (
    SELECT DISTINCT p.${parcels.id.sql} AS id FROM ${parcels.key} p
    WHERE EXISTS (
      SELECT FROM ${rows.views?.current ?? rows.key} s JOIN ${catalogue.key} c ON c.id = s.obsid
      WHERE s.pid = p.${parcels.fid.sql} AND s.band = $1 AND s.${statistic} BETWEEN $2 AND $3
        AND c.obstime >= $4::date AND c.obstime < $5::date + 1)
    ORDER BY id LIMIT $6
  ) AS peer ORDER BY peer.id`;

/** Ids of parcels, as a column `pids`. It reads the rows of many parcels: a question to be asked rarely. */
export function readStatisticPeers(
  database: Database,
  tables: ServedTables,
  rows: ServedRows,
  { band, statistic, from, to, firstDay, lastDay, most }: StatisticPeersQuestion,
): Promise<JsonColumn[]> {
  const values = [band, from, to, firstDay, lastDay, most];
  return readColumns(database, [{ name: 'pids', kind: 'text' }], PEERS(tables, rows, statistic), values);
}
