import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CopiedRows } from '../../../database/reads/copied-rows.js';

type Row = readonly [part: number, pid: number];

/** `COPY … TO STDOUT (FORMAT binary)` of two integers, as PostgreSQL documents it; `extension` bytes stand behind the header. */
function copyOf(rows: readonly Row[], extension = 0): Buffer {
  const header = Buffer.alloc(19 + extension);
  header.write('PGCOPY\n\xff\r\n\0', 'latin1');
  header.writeInt32BE(extension, 15);
  const body = rows.map(([part, pid]) => {
    const row = Buffer.alloc(18);
    row.writeInt16BE(2, 0);
    row.writeInt32BE(4, 2);
    row.writeInt32BE(part, 6);
    row.writeInt32BE(4, 10);
    row.writeInt32BE(pid, 14);
    return row;
  });
  return Buffer.concat([header, ...body, Buffer.from([0xff, 0xff])]);
}

/** What comes of bytes that arrive in pieces of this length: parts with their values, batch by batch. */
function read(bytes: Buffer, piece: number): [number, number[]][] {
  const copied = new CopiedRows(['integer'], 3);
  const batches: [number, number[]][] = [];
  const take = (batch: ReturnType<CopiedRows['push']>): void => {
    for (const { part, columns } of batch) batches.push([part, [...(columns[0]!.values as Int32Array)]]);
  };
  for (let at = 0; at < bytes.length; at += piece) take(copied.push(bytes.subarray(at, at + piece)));
  take(copied.end());
  return batches;
}

describe('rows of a COPY', () => {
  const first = copyOf([
    [1, 10],
    [1, 11],
    [1, 12],
    [1, 13],
    [2, 20],
  ]);
  const inBatches = [
    [1, [10, 11, 12]],
    [1, [13]],
    [2, [20]],
  ];

  it('are the same wherever the pieces of the stream end', () => {
    for (let piece = 1; piece <= first.length; piece++) assert.deepEqual(read(first, piece), inBatches);
  });

  it('go on behind the end of one COPY with those of the next', () => {
    const both = Buffer.concat([first, copyOf([]), copyOf([[3, 30]], 5)]);
    for (let piece = 1; piece <= both.length; piece++)
      assert.deepEqual(read(both, piece), [...inBatches, [3, [30]]]);
  });

  it('are not whole where the stream ends in the middle of one', () => {
    const second = copyOf([[3, 30]]);
    for (const cut of [1, 18, 19, 30, second.length - 1])
      assert.throws(() => read(Buffer.concat([first, second.subarray(0, cut)]), 7), /middle of a COPY/);
  });
});
