/** The formats that tables are written in. */
import { CsvTable } from './csv-table.js';
import { ParquetTable } from './parquet-table.js';
import type { OpenTable } from './table-file.js';

export const FORMAT_NAMES = ['parquet', 'csv'] as const;
export type Format = (typeof FORMAT_NAMES)[number];

export interface TableFormat {
  readonly extension: string;
  /** Of its files, as STAC and HTTP name it. */
  readonly mediaType: string;
  readonly open: OpenTable;
}

export const FORMATS: Readonly<Record<Format, TableFormat>> = {
  parquet: {
    extension: 'parquet',
    mediaType: 'application/vnd.apache.parquet',
    open: (sink, columns, options) => new ParquetTable(sink, columns, options),
  },
  csv: { extension: 'csv', mediaType: 'text/csv', open: (sink, columns) => new CsvTable(sink, columns) },
};
