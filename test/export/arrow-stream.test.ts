import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Table, tableFromIPC } from 'apache-arrow';
import type { CopiedColumn, CopiedType } from '../../database/reads/copied-rows.js';
import { ArrowStream } from '../../export/arrow-stream.js';

const plain = (values: CopiedColumn['values'], nulls?: readonly number[]): CopiedColumn => ({
  values,
  nulls: nulls && Uint8Array.from(nulls),
});
const COLUMNS: readonly (readonly [CopiedType, CopiedColumn, string, readonly unknown[]])[] = [
  ['integer', plain(Int32Array.of(1, -2, 3)), 'Int32', [1, -2, 3]],
  ['long', plain(BigInt64Array.of(1n, 2n ** 62n, -3n)), 'Int64', [1n, 2n ** 62n, -3n]],
  ['real', plain(Float32Array.of(0.5, 7, 1.5), [0, 1, 0]), 'Float32', [0.5, null, 1.5]],
  ['double', plain(Float64Array.of(9, 0.1, 2), [1, 0, 0]), 'Float64', [null, 0.1, 2]],
  ['boolean', plain(Uint8Array.of(1, 0, 1)), 'Bool', [true, false, true]],
  ['text', plain(['é', null, ''], [0, 1, 0]), 'Utf8', ['é', null, '']],
];

describe('streams of Arrow', () => {
  const written = (batches: number): Table => {
    const stream = new ArrowStream(COLUMNS.map(([type]) => ({ name: type, type, nullable: true })));
    const bytes = [stream.begin()];
    for (let i = 0; i < batches; i++)
      bytes.push(stream.batch({ rows: 3, columns: COLUMNS.map(([, column]) => column) }));
    bytes.push(stream.batch({ rows: 0, columns: [] }), stream.end());
    return tableFromIPC(Buffer.concat(bytes));
  };

  it('hold every type and NULL as they were', () => {
    const table = written(1);
    for (const [type, , name, values] of COLUMNS) {
      assert.equal(String(table.schema.fields.find((field) => field.name === type)?.type), name);
      assert.deepEqual([...table.getChild(type)!], values, type);
    }
  });

  it('are of any number of batches, none among them', () => {
    assert.equal(written(0).numRows, 0);
    assert.equal(written(0).schema.fields.length, COLUMNS.length);
    const table = written(3);
    assert.equal(table.batches.length, 3);
    assert.equal(table.numRows, 9);
  });
});
