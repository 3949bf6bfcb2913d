import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CopiedColumn, CopiedType } from '../../database/reads/copied-rows.js';
import { CsvTable, isoMicros } from '../../export/csv-table.js';

const columnOf = (name: string, type: CopiedType, group?: string) => ({
  ...{ name, type, nullable: true, meaning: '' },
  ...(group !== undefined && { group }),
});

async function csv(columns: readonly (readonly [string, CopiedType, CopiedColumn])[], rows: number) {
  let text = '';
  const sink = {
    write: (bytes: Uint8Array) => {
      text += Buffer.from(bytes).toString();
      return Promise.resolve();
    },
  };
  const table = new CsvTable(
    sink,
    columns.map(([name, type]) => columnOf(name, type)),
  );
  if (rows > 0) await table.write({ rows, columns: columns.map(([, , column]) => column) });
  await table.finish();
  return text;
}

const all = (values: CopiedColumn['values'], nulls?: number[]): CopiedColumn => ({
  values,
  nulls: nulls && Uint8Array.from(nulls),
});

describe('a table as CSV', () => {
  it('quotes what holds a comma, a quote or a line break, and leaves NULL empty', async () => {
    assert.equal(
      await csv(
        [
          [
            'the "name", here',
            'text',
            all(['plain', 'a,b', 'say "so"', 'two\nlines', null], [0, 0, 0, 0, 1]),
          ],
        ],
        5,
      ),
      '"the ""name"", here"\nplain\n"a,b"\n"say ""so"""\n"two\nlines"\n\n',
    );
  });

  it('writes a real by the shortest number that is read as the same', async () => {
    const values = Float32Array.of(0.1, 1 / 3, 16777216, 1e-30, NaN, 2621.5, 0);
    const text = await csv([['mean', 'real', all(values, [0, 0, 0, 0, 0, 0, 1])]], 7);
    assert.equal(text, 'mean\n0.1\n0.33333334\n16777216\n1e-30\nNaN\n2621.5\n\n');
    const back = text.split('\n').slice(1, 4).map(Number);
    assert.deepEqual(back.map(Math.fround), [...values.subarray(0, 3)]);
  });

  it('writes days, times and truth', async () => {
    assert.equal(
      await csv(
        [
          ['day', 'date', all(Int32Array.of(19784, -1))],
          ['time', 'time', all(BigInt64Array.of(1709376979123456n, -1n))],
          ['is', 'boolean', all(Uint8Array.of(1, 0))],
          ['shape', 'bytes', all([Uint8Array.of(1, 255), Uint8Array.of()])],
        ],
        2,
      ),
      'day,time,is,shape\n2024-03-02,2024-03-02T10:56:19.123456Z,true,01ff\n1969-12-31,1969-12-31T23:59:59.999999Z,false,\n',
    );
  });

  it('has a heading where there is no row', async () => {
    assert.equal(await csv([['pid', 'integer', all(new Int32Array())]], 0), 'pid\n');
  });

  it('leaves out a fraction of a second that is nought', () => {
    assert.equal(isoMicros(0n), '1970-01-01T00:00:00Z');
    assert.equal(isoMicros(1n), '1970-01-01T00:00:00.000001Z');
  });
});
