/** Writes batches into the file of the part that they belong to, a part after the other. */
import type { CopiedBatch } from '../database/reads/copied-rows.js';
import { type Digest, HashedFile } from './hashed-file.js';
import type { ExportColumn, OpenTable, TableFile, TableOptions } from './table-file.js';

export interface MadePart extends Digest {
  readonly number: number;
  readonly rows: number;
  /** Where it lies. */
  readonly file: string;
}

export interface PartWriterOptions extends Pick<TableOptions, 'madeBy' | 'notes'> {
  readonly open: OpenTable;
  readonly columns: readonly ExportColumn[];
  /** Files are made here. */
  readonly workshop: string;
  /** A part is whole, and the next one has not been begun. */
  readonly onPart: (part: MadePart) => Promise<void>;
  readonly onRows: (rows: number) => void;
}

interface Writing {
  readonly number: number;
  readonly file: HashedFile;
  readonly table: TableFile;
  rows: number;
}

export class PartWriter {
  private writing: Writing | undefined;

  constructor(private readonly options: PartWriterOptions) {}

  async write(batch: CopiedBatch): Promise<void> {
    if (this.writing !== undefined && this.writing.number !== batch.part) await this.finish();
    this.writing ??= await this.begin(batch.part);
    await this.writing.table.write(batch);
    this.writing.rows += batch.rows;
    this.options.onRows(batch.rows);
  }

  /** Ends the part that is being written, where there is one. */
  async finish(): Promise<void> {
    if (this.writing === undefined) return;
    const { number, file, table, rows } = this.writing;
    await table.finish();
    const digest = await file.close();
    this.writing = undefined;
    await this.options.onPart({ number, rows, file: file.path, ...digest });
  }

  /** What is not whole goes. */
  async discard(): Promise<void> {
    await this.writing?.file.discard();
    this.writing = undefined;
  }

  private async begin(number: number): Promise<Writing> {
    const { workshop, open, columns } = this.options;
    const file = await HashedFile.create(`${workshop}/${number}`);
    const options = { ...this.options, layer: 'series', scratch: `${file.path}-between` } as const;
    return { number, file, table: open(file, columns, options), rows: 0 };
  }
}
