/** The formats that tables are written in. */
import { ArrowTable } from './arrow-table.js';
import { CsvTable } from './csv-table.js';
import { GeoPackageTable } from './geopackage-table.js';
import { ParquetTable } from './parquet-table.js';
import type { OpenTable } from './table-file.js';

export const FORMAT_NAMES = ['parquet', 'arrow', 'csv', 'gpkg'] as const;
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
  arrow: {
    extension: 'arrow',
    mediaType: 'application/vnd.apache.arrow.file',
    open: (sink, columns) => new ArrowTable(sink, columns),
  },
  csv: { extension: 'csv', mediaType: 'text/csv', open: (sink, columns) => new CsvTable(sink, columns) },
  gpkg: {
    extension: 'gpkg',
    mediaType: 'application/geopackage+sqlite3',
    open: (sink, columns, options) => new GeoPackageTable(sink, columns, options),
  },
};
