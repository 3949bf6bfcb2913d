/** Tables as Parquet: a row group a batch, pages under Snappy. docs/decisions/parquet-writer.md says why by this package. */
import { ByteWriter, type ColumnSource, ParquetWriter, type SchemaElement } from 'hyparquet-writer';
import type { CopiedColumn, CopiedType } from '../database/reads/copied-rows.js';
import type { Batch, ByteSink, ExportColumn, TableFile, TableOptions } from './table-file.js';

const PAGE_BYTES = 1 << 20;

const ELEMENTS: Readonly<Record<CopiedType, Partial<SchemaElement>>> = {
  integer: { type: 'INT32' },
  real: { type: 'FLOAT' },
  double: { type: 'DOUBLE' },
  boolean: { type: 'BOOLEAN' },
  text: { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } },
  date: { type: 'INT32', converted_type: 'DATE', logical_type: { type: 'DATE' } },
  time: { type: 'INT64' },
  long: { type: 'INT64' },
  bytes: { type: 'BYTE_ARRAY' },
};

/** Told at the end only: of times the package would make a bigint each, twice, where it knows what the numbers are. */
const TIME: Partial<SchemaElement> = {
  converted_type: 'TIMESTAMP_MICROS',
  logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MICROS' },
};

export class ParquetTable implements TableFile {
  private readonly out = new ByteWriter();
  private readonly schema: SchemaElement[];
  private readonly writer: ParquetWriter;

  constructor(
    private readonly sink: ByteSink,
    private readonly columns: readonly ExportColumn[],
    private readonly options: TableOptions,
  ) {
    this.schema = schemaOf(columns);
    this.writer = new ParquetWriter({ writer: this.out, schema: this.schema, createdBy: options.madeBy });
  }

  async write({ rows, columns }: Batch): Promise<void> {
    const columnData = topLevel(this.columns).map((members) => this.source(members, rows, columns));
    await this.writer.write({ columnData, rowGroupSize: rows, pageSize: PAGE_BYTES });
    await this.flush();
  }

  async finish(): Promise<void> {
    const times = new Set(this.columns.filter(({ type }) => type === 'time').map(({ name }) => name));
    for (const element of this.schema)
      if (element.type === 'INT64' && times.has(element.name)) Object.assign(element, TIME);
    const notes = Object.entries(this.options.notes?.() ?? {});
    this.writer.kvMetadata = notes.map(([key, value]) => ({ key, value }));
    await this.writer.finish();
    await this.flush();
  }

  private source(members: readonly number[], rows: number, copied: readonly CopiedColumn[]): ColumnSource {
    const { name, type, group, repeats, ordered } = this.columns[members[0]!]!;
    if (group !== undefined) return { name: group, data: this.structures(members, rows, copied) };
    return {
      name,
      data: plain(copied[members[0]!]!, type, rows),
      // By bounds row groups are left out; those of what is in no order say nothing, and take as long as all the rest.
      statistics: ordered === true,
      ...(repeats === true && { encoding: 'RLE_DICTIONARY' as const }),
      ...(type === 'bytes' && { encoding: 'PLAIN' as const }),
    };
  }

  /** One object a row; NULL where its first field is. */
  private structures(members: readonly number[], rows: number, copied: readonly CopiedColumn[]): unknown[] {
    return Array.from({ length: rows }, (_, row) =>
      copied[members[0]!]!.nulls?.[row] === 1
        ? null
        : Object.fromEntries(members.map((i) => [this.columns[i]!.name, copied[i]!.values[row]])),
    );
  }

  private async flush(): Promise<void> {
    const bytes = this.out.getBytes();
    this.out.index = 0;
    await this.sink.write(bytes);
  }
}

/** The columns of each field of the root: one, or those of a group. */
function topLevel(columns: readonly ExportColumn[]): number[][] {
  const fields = new Map<string, number[]>();
  for (const [i, { name, group }] of columns.entries()) {
    const field = group ?? `/${name}`;
    fields.set(field, [...(fields.get(field) ?? []), i]);
  }
  return [...fields.values()];
}

function schemaOf(columns: readonly ExportColumn[]): SchemaElement[] {
  const fields = topLevel(columns);
  const element = (i: number, required: boolean): SchemaElement => ({
    ...ELEMENTS[columns[i]!.type],
    name: columns[i]!.name,
    repetition_type: required ? 'REQUIRED' : 'OPTIONAL',
  });
  return [
    { name: 'root', num_children: fields.length },
    ...fields.flatMap((members): SchemaElement[] => {
      const { group, nullable } = columns[members[0]!]!;
      if (group === undefined) return [element(members[0]!, !nullable)];
      return [
        { name: group, repetition_type: 'OPTIONAL', num_children: members.length },
        ...members.map((i) => element(i, true)),
      ];
    }),
  ];
}

/** Values as the package takes them: typed arrays as they are where nothing is NULL. */
function plain({ values, nulls }: CopiedColumn, type: CopiedType, rows: number): ColumnSource['data'] {
  if (type === 'boolean' || (nulls !== undefined && !Array.isArray(values))) {
    const isTrue = (value: unknown) => (type === 'boolean' ? value === 1 : value);
    return Array.from({ length: rows }, (_, row) => (nulls?.[row] === 1 ? null : isTrue(values[row])));
  }
  return values;
}
