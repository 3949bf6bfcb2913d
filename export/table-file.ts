/**
 * A table as a file, whatever its format.
 *
 * Terms. *Export*: series or parcels of the database as files of a *target*, a folder, a bucket or one file. *Layout*: which
 * columns a row of the series has. *Part*: a file of the series. *Partition*: a folder of parts, by what its scenes have in
 * common. *Manifest*: what the target holds, and what each part is of.
 */
import type { CopiedBatch, CopiedType } from '../database/reads/copied-rows.js';

/** A column of a table that is written. Those of one `group` are fields of one structure where the format has any. */
export interface ExportColumn {
  readonly name: string;
  readonly type: CopiedType;
  readonly nullable: boolean;
  /** For people who read the table, in a few words. */
  readonly meaning: string;
  readonly group?: string;
  /** It has few values, each of them many times. */
  readonly repeats?: boolean;
  /** Rows are in the order of this one, before any other. */
  readonly ordered?: boolean;
}

/** Where the bytes of a file go, in their order. */
export interface ByteSink {
  write(bytes: Uint8Array): Promise<void>;
}

export type Batch = Pick<CopiedBatch, 'rows' | 'columns'>;

/** Being written; nothing of a batch is kept when `write` has come to its end. */
export interface TableFile {
  write(batch: Batch): Promise<void>;
  /** Writes what belongs at the end. */
  finish(): Promise<void>;
}

export interface TableOptions {
  /** Texts that the format keeps beside the table, where it does; asked for at the end. */
  readonly notes?: () => Readonly<Record<string, string>>;
  /** The program and its version. */
  readonly madeBy: string;
  /** Of formats that hold several tables: what this one is called there. */
  readonly layer: 'series' | 'parcels';
  /** A path that nothing stands at: files that are needed in between may be made beside it. */
  readonly scratch: string;
}

export type OpenTable = (
  sink: ByteSink,
  columns: readonly ExportColumn[],
  options: TableOptions,
) => TableFile;

/** Where a format has no structures. */
export function flatName({ name, group }: Pick<ExportColumn, 'name' | 'group'>): string {
  return group === undefined ? name : `${group}_${name}`;
}

const BYTES: Readonly<Record<CopiedType, number>> = {
  ...{ integer: 4, date: 4, real: 4, double: 8, long: 8, time: 8, boolean: 1 },
  // A place in an array, and a share of the strings.
  ...{ text: 12, bytes: 400 },
};

/** Of a row group: as many rows as readers like where the table is narrow, fewer where they would take too much memory. */
const MOST_ROWS = 500_000;
const MOST_BYTES = 48_000_000;

export function batchRows(columns: readonly ExportColumn[]): number {
  const bytes = columns.reduce((sum, { type }) => sum + BYTES[type], 0);
  return Math.max(1000, Math.min(MOST_ROWS, Math.floor(MOST_BYTES / bytes)));
}
