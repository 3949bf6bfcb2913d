/** Series as a stream of Arrow record batches, one a part. */
import type { CopiedColumn } from '../../database/reads/copied-rows.js';
import type { ReadColumn } from '../../database/reads/json-columns.js';
import { ArrowStream } from '../../export/arrow-stream.js';
import type { ParcelSeries, SeriesTable } from './series-table.js';

type Values = readonly (string | number | null)[];

export class ArrowTable implements SeriesTable {
  private readonly stream: ArrowStream;

  constructor(private readonly columns: readonly ReadColumn[]) {
    this.stream = new ArrowStream([
      { name: 'parcel', type: 'text', nullable: false },
      ...columns.map((column) => ({
        ...{ name: column.name, type: typeOf(column), nullable: column.kind === 'number' },
      })),
    ]);
  }

  begin(): Uint8Array {
    return this.stream.begin();
  }

  part(parcels: readonly ParcelSeries[]): Uint8Array {
    const values = this.columns.map((_, i) =>
      parcels.map(({ columns }) => JSON.parse(columns[i]!.json) as Values),
    );
    const ids = parcels.flatMap(({ parcel }, i) => values[0]![i]!.map(() => parcel));
    const columns = this.columns.map((column, i) => columnOf(typeOf(column), values[i]!.flat()));
    return this.stream.batch({ rows: ids.length, columns: [{ values: ids, nulls: undefined }, ...columns] });
  }

  end(): Uint8Array {
    return this.stream.end();
  }
}

function typeOf({ name, kind }: ReadColumn): 'time' | 'integer' | 'double' | 'text' {
  if (name === 'time') return 'time';
  if (name === 'scene') return 'integer';
  return kind === 'number' ? 'double' : 'text';
}

function columnOf(type: ReturnType<typeof typeOf>, values: Values): CopiedColumn {
  switch (type) {
    case 'time':
      return { values: micros(values as readonly string[]), nulls: undefined };
    case 'integer':
      return { values: Int32Array.from(values as readonly number[]), nulls: undefined };
    case 'double':
      return doubles(values as readonly (number | null)[]);
    case 'text':
      return { values: values.map(String), nulls: undefined };
  }
}

function doubles(values: readonly (number | null)[]): CopiedColumn {
  const numbers = Float64Array.from(values, (value) => value ?? 0);
  if (!values.includes(null)) return { values: numbers, nulls: undefined };
  return { values: numbers, nulls: Uint8Array.from(values, (value) => (value === null ? 1 : 0)) };
}

/** Microseconds since 1970 of `2024-03-02T10:56:19.123456Z`. */
function micros(values: readonly string[]): BigInt64Array {
  const known = new Map<string, bigint>();
  return BigInt64Array.from(values, (text) => {
    const time =
      known.get(text) ?? BigInt(Date.parse(`${text.slice(0, 23)}Z`)) * 1000n + BigInt(text.slice(23, 26));
    known.set(text, time);
    return time;
  });
}
