/** Writes the parts of a plan: one answer of the database, cut into files where the number of the part changes. */
import type pg from 'pg';
import { CopiedRows } from '../database/reads/copied-rows.js';
import { copySeries, type SeriesRows } from '../database/reads/series-rows.js';
import { abandoning } from '../database/reads/copy-out.js';
import { type Digest, HashedFile } from './hashed-file.js';
import type { LayoutColumn } from './layouts.js';
import type { Part } from './plan.js';
import { batchRows, type OpenTable, type TableFile, type TableOptions } from './table-file.js';

export interface WrittenPart extends Digest {
  readonly part: Part;
  readonly rows: number;
  /** Where it lies; undefined where no row was found, and nothing was written. */
  readonly file: string | undefined;
}

export interface PartsOptions extends TableOptions {
  readonly open: OpenTable;
  readonly columns: readonly LayoutColumn[];
  /** Files are made here. */
  readonly workshop: string;
  /** A part is whole, and the next one has not been begun: brings it to its place. */
  readonly onPart: (part: WrittenPart) => Promise<void>;
  readonly onRows: (rows: number) => void;
  readonly signal?: AbortSignal | undefined;
}

interface Writing {
  readonly number: number;
  readonly file: HashedFile;
  readonly table: TableFile;
  rows: number;
}

const NOTHING: Digest = { bytes: 0, sha256: '' };

export async function writeParts(
  client: pg.ClientBase,
  parts: readonly Part[],
  rows: SeriesRows,
  options: PartsOptions,
): Promise<void> {
  const { columns, signal } = options;
  if (parts.length === 0) return;
  const writer = new PartWriter(parts, options);
  const scenes = parts.flatMap((part, number) => part.scenes.map((scene) => ({ scene, part: number })));
  const copied = new CopiedRows(
    columns.map(({ type }) => type),
    batchRows(columns),
  );
  try {
    await abandoning(async () => {
      for await (const bytes of copySeries(client, rows, scenes, signal)) {
        for (const batch of copied.push(bytes)) await writer.write(batch);
      }
      for (const batch of copied.end()) await writer.write(batch);
    });
    await writer.finish();
  } finally {
    await writer.discard();
  }
}

class PartWriter {
  private writing: Writing | undefined;
  private next = 0;

  constructor(
    private readonly parts: readonly Part[],
    private readonly options: PartsOptions,
  ) {}

  async write(batch: Parameters<TableFile['write']>[0] & { readonly part: number }): Promise<void> {
    if (this.writing !== undefined && this.writing.number !== batch.part) await this.endPart();
    this.writing ??= await this.begin(batch.part);
    await this.writing.table.write(batch);
    this.writing.rows += batch.rows;
    this.options.onRows(batch.rows);
  }

  async finish(): Promise<void> {
    await this.endPart();
    await this.skipTo(this.parts.length);
  }

  /** What is not whole goes. */
  async discard(): Promise<void> {
    await this.writing?.file.discard();
    this.writing = undefined;
  }

  private async begin(number: number): Promise<Writing> {
    await this.skipTo(number);
    const { workshop, open, columns } = this.options;
    const file = await HashedFile.create(`${workshop}/${number}`);
    return { number, file, table: open(file, columns, this.options), rows: 0 };
  }

  private async endPart(): Promise<void> {
    if (this.writing === undefined) return;
    const { number, file, table, rows } = this.writing;
    await table.finish();
    const digest = await file.close();
    this.writing = undefined;
    this.next = number + 1;
    await this.options.onPart({ part: this.parts[number]!, rows, file: file.path, ...digest });
  }

  /** Parts that the answer has no row of. */
  private async skipTo(number: number): Promise<void> {
    for (; this.next < number; this.next++)
      await this.options.onPart({ part: this.parts[this.next]!, rows: 0, file: undefined, ...NOTHING });
  }
}
