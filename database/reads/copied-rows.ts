/**
 * Reads rows of any columns from a binary COPY stream, whose chunks end anywhere, into arrays of one column each (PostgreSQL
 * documentation, COPY, "Binary Format"). The first column, an integer, says which part of the answer a row belongs to: no
 * batch holds rows of two.
 */

/** How a column is sent, and kept: `time` as a bigint of microseconds since 1970, which is sent as one too; `date` as days since 1970. */
export type CopiedType =
  'integer' | 'long' | 'real' | 'double' | 'boolean' | 'text' | 'date' | 'time' | 'bytes';

/** `nulls`: 1 where the row has NULL, whatever stands among the values then; undefined where no row of the batch has. */
export interface CopiedColumn {
  readonly values: CopiedValues;
  readonly nulls: Uint8Array | undefined;
}

export type CopiedValues = Int32Array | Float32Array | Float64Array | BigInt64Array | Uint8Array | unknown[];

/** Valid until the next one is asked for: the arrays are used again. */
export interface CopiedBatch {
  readonly part: number;
  readonly rows: number;
  readonly columns: readonly CopiedColumn[];
}

const HEADER_BYTES = 19;
/** Days from 1970 to 2000, where PostgreSQL's dates begin. */
const EPOCH_DAYS = 10957;
/** Strings of so many bytes at most are known by a number, so that each is made once. */
const SHORT_BYTES = 6;
const MOST_WORDS = 10_000;

const KINDS = {
  integer: 0,
  date: 1,
  real: 2,
  double: 3,
  time: 4,
  long: 4,
  boolean: 5,
  text: 6,
  bytes: 7,
} as const satisfies Record<CopiedType, number>;

export class CopiedRows {
  private readonly kinds: readonly number[];
  private readonly stores: readonly Store[];
  private readonly words = new Map<number, string>();
  private rest: Buffer = Buffer.alloc(0);
  private bytes: Buffer = this.rest;
  private view: DataView = new DataView(new ArrayBuffer(0));
  private at = 0;
  private headerRead = false;
  private ended = false;
  private part = 0;
  private rows = 0;

  /** @param types of the columns after the first. */
  constructor(
    types: readonly CopiedType[],
    private readonly batchRows: number,
  ) {
    this.kinds = types.map((type) => KINDS[type]);
    this.stores = types.map((type) => new Store(type, batchRows));
  }

  /** Takes the next bytes of the stream, and gives the batches that they complete. Behind one COPY's end another may begin. */
  *push(chunk: Buffer): Generator<CopiedBatch, void> {
    this.bytes = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length);
    this.at = 0;
    while (this.at < this.bytes.length) {
      if (this.ended) this.beginAnew();
      if (this.headerRead || this.readHeader()) while (this.readRows()) yield this.batch();
      if (!this.ended) break;
    }
    this.rest = this.bytes.subarray(this.at);
  }

  /** The last batch, where there is one. @throws Error when the stream ended before its trailer. */
  *end(): Generator<CopiedBatch, void> {
    if (!this.ended) throw new Error('Connection terminated in the middle of a COPY');
    if (this.rows > 0) yield this.batch();
  }

  private batch(): CopiedBatch {
    const { part, rows } = this;
    this.rows = 0;
    return { part, rows, columns: this.stores.map((store) => store.taken(rows)) };
  }

  private beginAnew(): void {
    this.ended = false;
    this.headerRead = false;
  }

  /** True where it is whole, and the rows begin. */
  private readHeader(): boolean {
    const fixed = this.at + HEADER_BYTES;
    if (this.bytes.length < fixed) return false;
    const end = fixed + this.view.getInt32(fixed - 4);
    if (this.bytes.length < end) return false;
    this.at = end;
    this.headerRead = true;
    return true;
  }

  /** Reads whole rows; true where a batch is complete, false where more bytes are needed. */
  private readRows(): boolean {
    const { view, kinds } = this;
    const { length } = this.bytes;
    while (!this.ended) {
      let at = this.at;
      if (at + 2 > length) return false;
      const fields = view.getInt16(at);
      if (fields === -1) {
        this.ended = true;
        this.at = at + 2;
        return false;
      }
      if (fields !== kinds.length + 1)
        throw new Error(`a COPY row of ${fields} fields instead of ${kinds.length + 1}`);
      if (!this.isWhole(at + 2, fields)) return false;
      const part = view.getInt32(at + 6);
      if (this.rows > 0 && (part !== this.part || this.rows === this.batchRows)) return true;
      this.part = part;
      at += 10;
      for (let column = 0; column < kinds.length; column++) {
        const bytes = view.getInt32(at);
        at += 4;
        if (bytes < 0) this.stores[column]!.putNull(this.rows);
        else {
          this.put(column, at, bytes);
          at += bytes;
        }
      }
      this.at = at;
      this.rows++;
    }
    return false;
  }

  private isWhole(from: number, fields: number): boolean {
    let at = from;
    const { length } = this.bytes;
    for (let field = 0; field < fields; field++) {
      if (at + 4 > length) return false;
      at += 4 + Math.max(0, this.view.getInt32(at));
    }
    return at <= length;
  }

  private put(column: number, at: number, bytes: number): void {
    const store = this.stores[column]!;
    const { view, rows } = this;
    switch (this.kinds[column]!) {
      case KINDS.integer:
        store.integers[rows] = view.getInt32(at);
        break;
      case KINDS.date:
        store.integers[rows] = view.getInt32(at) + EPOCH_DAYS;
        break;
      case KINDS.real:
        store.reals[rows] = view.getFloat32(at);
        break;
      case KINDS.double:
        store.doubles[rows] = view.getFloat64(at);
        break;
      case KINDS.time:
        // Two words are put down sooner than a bigint is made; every machine that Node runs on has the low one first.
        store.integers[2 * rows] = view.getInt32(at + 4);
        store.integers[2 * rows + 1] = view.getInt32(at);
        break;
      case KINDS.boolean:
        store.flags[rows] = this.bytes[at]!;
        break;
      case KINDS.text:
        store.others[rows] = this.word(at, bytes);
        break;
      default:
        store.others[rows] = Uint8Array.prototype.slice.call(this.bytes, at, at + bytes);
    }
  }

  private word(at: number, bytes: number): string {
    if (bytes > SHORT_BYTES) return this.bytes.toString('utf8', at, at + bytes);
    let key = bytes;
    for (let i = at; i < at + bytes; i++) key = key * 256 + this.bytes[i]!;
    const known = this.words.get(key);
    if (known !== undefined) return known;
    if (this.words.size === MOST_WORDS) this.words.clear();
    const word = this.bytes.toString('utf8', at, at + bytes);
    this.words.set(key, word);
    return word;
  }
}

const NONE = new ArrayBuffer(0);

/** The values of one column; of its arrays only that of its type has room. */
class Store {
  readonly integers: Int32Array;
  readonly reals: Float32Array;
  readonly doubles: Float64Array;
  readonly flags: Uint8Array;
  readonly others: unknown[] = [];
  private readonly values: CopiedValues;
  private nulls: Uint8Array | undefined;
  private hasNull = false;

  constructor(
    type: CopiedType,
    private readonly capacity: number,
  ) {
    const longs = type === 'time' || type === 'long' ? new BigInt64Array(capacity) : undefined;
    const integers = type === 'integer' || type === 'date' ? new Int32Array(capacity) : new Int32Array(NONE);
    this.integers = longs === undefined ? integers : new Int32Array(longs.buffer);
    this.reals = new Float32Array(type === 'real' ? capacity : 0);
    this.doubles = new Float64Array(type === 'double' ? capacity : 0);
    this.flags = new Uint8Array(type === 'boolean' ? capacity : 0);
    const byType = {
      ...{ integer: this.integers, date: this.integers, real: this.reals, double: this.doubles },
      ...{
        boolean: this.flags,
        text: this.others,
        bytes: this.others,
        time: longs ?? this.integers,
        long: longs ?? this.integers,
      },
    };
    this.values = byType[type];
  }

  putNull(row: number): void {
    this.nulls ??= new Uint8Array(this.capacity);
    this.nulls[row] = 1;
    this.hasNull = true;
    if (this.values === this.others) this.others[row] = null;
  }

  /** The first rows. The nulls are given away, so that the next batch begins without. */
  taken(rows: number): CopiedColumn {
    const nulls = this.hasNull ? this.nulls : undefined;
    this.nulls = undefined;
    this.hasNull = false;
    const { values } = this;
    if (Array.isArray(values)) return { values: values.slice(0, rows), nulls };
    return { values: values.subarray(0, rows), nulls };
  }
}
