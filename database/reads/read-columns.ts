/** The columns of a table or a view as an export reads them. */
import { type Column, Columns } from '../session/columns.js';
import type { Database } from '../session/session.js';
import type { Table } from '../terms.js';
import type { CopiedType } from './copied-rows.js';

export interface ReadColumn {
  readonly name: string;
  readonly type: CopiedType;
  /** An expression of row `r`, of that type. */
  readonly sql: string;
}

const AS_IT_IS: Readonly<Record<string, CopiedType>> = {
  integer: 'integer',
  bigint: 'long',
  real: 'real',
  'double precision': 'double',
  boolean: 'boolean',
  date: 'date',
};

/** Types that go into another without loss that matters; all that are not here become text. */
const CAST: Readonly<Record<string, readonly [cast: string, type: CopiedType]>> = {
  smallint: ['integer', 'integer'],
  numeric: ['float8', 'double'],
};

export async function readColumns(database: Database, table: Table): Promise<ReadColumn[]> {
  return (await Columns.of(database, table)).all.map(readColumn);
}

function readColumn({ name, sql, type }: Column): ReadColumn {
  const plain = AS_IT_IS[type];
  if (plain !== undefined) return { name, type: plain, sql: `r.${sql}` };
  // Of a timestamp with or without a zone: sessions of ours are in UTC.
  if (type.startsWith('timestamp'))
    return { name, type: 'time', sql: `trunc(extract(epoch FROM r.${sql}) * 1000000)::int8` };
  const [cast, to] = CAST[type] ?? ['text', 'text'];
  return { name, type: to, sql: `r.${sql}::${cast}` };
}
