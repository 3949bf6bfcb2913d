/** Tables as Arrow's record batches: a stream (IPC streaming format) or a file (IPC file format). docs/decisions/arrow-writer.md says why by this package. */
import {
  Binary,
  Bool,
  type Data,
  type DataType,
  DateDay,
  Field,
  Float32,
  Float64,
  Int32,
  Int64,
  makeData,
  RecordBatch,
  RecordBatchFileWriter,
  RecordBatchStreamWriter,
  Schema,
  Struct,
  TimestampMicrosecond,
  Utf8,
} from 'apache-arrow';
import type { CopiedColumn, CopiedType } from '../database/reads/copied-rows.js';
import type { Batch, ExportColumn } from './table-file.js';

type Column = Pick<ExportColumn, 'name' | 'type' | 'nullable'>;
type Bytes = ArrayBufferView | ArrayBufferLike;

/** Arrow's writers, whose bytes are taken away after each batch in place of being queued. */
class TakenStreamWriter extends RecordBatchStreamWriter {
  readonly parts: Buffer[] = [];

  protected override _write(chunk: Bytes): this {
    this._position += keep(this.parts, chunk);
    return this;
  }
}

class TakenFileWriter extends RecordBatchFileWriter {
  readonly parts: Buffer[] = [];

  protected override _write(chunk: Bytes): this {
    this._position += keep(this.parts, chunk);
    return this;
  }
}

/** @returns how many bytes there are. */
function keep(parts: Buffer[], chunk: Bytes): number {
  const bytes = ArrayBuffer.isView(chunk)
    ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    : Buffer.from(chunk);
  if (bytes.length > 0) parts.push(bytes);
  return bytes.length;
}

/** Bytes of a stream or a file in their order: those of `begin`, of each batch, of `end`. Nothing of a batch is kept. */
export class ArrowStream {
  private readonly schema: Schema;
  private readonly writer: TakenStreamWriter | TakenFileWriter;

  constructor(
    private readonly columns: readonly Column[],
    container: 'stream' | 'file' = 'stream',
  ) {
    this.writer = container === 'file' ? new TakenFileWriter() : new TakenStreamWriter();
    this.schema = new Schema(
      columns.map(({ name, type, nullable }) => new Field(name, typeOf(type), nullable, metadataOf(type))),
    );
    this.writer.reset(undefined, this.schema);
  }

  begin(): Uint8Array {
    return this.taken();
  }

  batch({ rows, columns }: Batch): Uint8Array {
    if (rows === 0) return Buffer.alloc(0);
    const children = columns.map((column, i) => dataOf(column, this.columns[i]!.type, rows));
    const data = makeData({ type: new Struct(this.schema.fields), length: rows, nullCount: 0, children });
    this.writer.write(new RecordBatch(this.schema, data));
    return this.taken();
  }

  end(): Uint8Array {
    this.writer.finish();
    return this.taken();
  }

  private taken(): Buffer {
    return Buffer.concat(this.writer.parts.splice(0));
  }
}

/** How many values there are, and which are NULL. */
interface Validity {
  readonly length: number;
  readonly nullCount: number;
  readonly nullBitmap?: Uint8Array;
}

/** Bytes are outlines, of which GeoArrow says in which form and reference system they are. */
function metadataOf(type: CopiedType): Map<string, string> | undefined {
  if (type !== 'bytes') return undefined;
  return new Map([
    ['ARROW:extension:name', 'geoarrow.wkb'],
    ['ARROW:extension:metadata', JSON.stringify({ crs: 'OGC:CRS84', crs_type: 'authority_code' })],
  ]);
}

function dataOf({ values, nulls }: CopiedColumn, type: CopiedType, length: number): Data {
  const bits = nulls && bitmapOf(length, (i) => nulls[i] !== 1);
  const set = bits && { nullCount: length - bits.count, nullBitmap: bits.bitmap };
  return DATA[type](values, { length, nullCount: 0, ...set });
}

type Values = CopiedColumn['values'];

const DATA: Readonly<Record<CopiedType, (values: Values, of: Validity) => Data>> = {
  integer: (values, of) => makeData({ ...of, type: new Int32(), data: values as Int32Array }),
  long: (values, of) => makeData({ ...of, type: new Int64(), data: values as BigInt64Array }),
  real: (values, of) => makeData({ ...of, type: new Float32(), data: values as Float32Array }),
  double: (values, of) => makeData({ ...of, type: new Float64(), data: values as Float64Array }),
  date: (values, of) => makeData({ ...of, type: new DateDay(), data: values as Int32Array }),
  time: (values, of) =>
    makeData({ ...of, type: new TimestampMicrosecond('UTC'), data: values as BigInt64Array }),
  boolean: (values, of) =>
    makeData({ ...of, type: new Bool(), data: bitmapOf(of.length, (i) => values[i] === 1).bitmap }),
  text: (values, of) => makeData({ ...of, type: new Utf8(), ...joined(values as (string | null)[]) }),
  bytes: (values, of) => makeData({ ...of, type: new Binary(), ...joined(values as (Uint8Array | null)[]) }),
};

const typeOf = (type: CopiedType): DataType => DATA[type]([], { length: 0, nullCount: 0 }).type;

/** A bit for each value, and how many are set. */
function bitmapOf(length: number, isSet: (i: number) => boolean): { count: number; bitmap: Uint8Array } {
  const bitmap = new Uint8Array((length + 7) >> 3);
  let count = 0;
  for (let i = 0; i < length; i++) {
    if (!isSet(i)) continue;
    bitmap[i >> 3]! |= 1 << (i & 7);
    count++;
  }
  return { count, bitmap };
}

/** Values one after the other, and where each begins. The same few texts stand there again and again. */
function joined(values: readonly (string | Uint8Array | null)[]): {
  valueOffsets: Int32Array;
  data: Uint8Array;
} {
  const known = new Map<string, Buffer>();
  const encoded = (text: string): Buffer => {
    const bytes = known.get(text) ?? Buffer.from(text);
    known.set(text, bytes);
    return bytes;
  };
  const valueOffsets = new Int32Array(values.length + 1);
  const parts = values.map((value, i) => {
    const bytes = typeof value === 'object' ? (value ?? new Uint8Array()) : encoded(value);
    valueOffsets[i + 1] = valueOffsets[i]! + bytes.length;
    return bytes;
  });
  return { valueOffsets, data: Buffer.concat(parts) };
}
