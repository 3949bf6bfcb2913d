/** How tables of results stand, in words. */
import type { Orderable } from '../database/results/cluster.js';
import { type MissingIndex, named, noticeable } from '../database/results/indexes.js';
import { gigabytes } from '../terminal/gigabytes.js';

export function describeTables(tables: readonly Orderable[], missing: readonly MissingIndex[]): string {
  const lines = tables.map((one) => `${one.table}: ${describeTable(one)}`);
  return [...lines, ...describeMissing(missing)].map((line) => `${line}\n`).join('');
}

function describeTable({ rows, bytes, indexBytes, index, order }: Orderable): string {
  return [
    rows === null ? 'rows not counted yet (ANALYZE)' : `about ${rows.toLocaleString('en')} rows`,
    `${gigabytes(bytes)}, indexes ${gigabytes(indexBytes)}`,
    index === null ? 'no index by parcel' : `read by ${index}`,
    order === null ? 'order unknown' : `${Math.round(100 * Math.abs(order))} % in the order of parcels`,
  ].join('; ');
}

function describeMissing(missing: readonly MissingIndex[]): string[] {
  if (missing.length === 0) return ['every index that reads need is there'];
  const left = missing.flatMap(({ invalid, table }) =>
    invalid === null
      ? []
      : [`${invalid} on ${table} is not valid: being built, or left by a build that was cut short`],
  );
  const small = noticeable(missing).length === 0 ? '; the tables are small enough to be read without' : '';
  return [...left, `missing: ${named(missing)}${small}`, 'parcelwise results index builds what is missing'];
}
