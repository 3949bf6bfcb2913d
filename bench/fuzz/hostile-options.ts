/** A db_config.json whose rules of measuring are all that they should not be. */
import { below, oneOf, type Random } from '../../demo/season/random.js';
import { damageText } from './damage.js';
import { hostileExpression } from './hostile-expressions.js';

/** What no message may repeat. */
export const PASSWORD = 'fuzzed-password-4711';

const VALUES: readonly unknown[] = [
  ...[
    0,
    1,
    -1,
    5,
    5000,
    5000.0001,
    1e9,
    1e308,
    1e-308,
    2.5,
    '',
    ' ',
    '5',
    '5 m',
    '-0',
    '0x10',
    '1e3',
    'Infinity',
    'NaN',
    null,
    true,
  ],
  ...[
    [],
    [1, 2],
    [[1]],
    [256],
    ['3'],
    [1.5],
    '3,8,9',
    '3,,9',
    {},
    { classes: [1] },
    'centre',
    'fraction',
    'Inside',
    'inside ',
    '\u0000',
    '𝒳',
  ],
];
const PLACES = [
  'pixels',
  'inner_buffer_m',
  'clear.classes',
  'clear.widen_m',
  'clear.min_pixels',
  'clear.inner_buffer_m',
  'clear',
  'indices',
];
const NAMES = [
  'XYZ',
  'A',
  'NDVI',
  'NDV',
  'B04',
  'b8',
  'SC',
  '__proto__',
  'constructor',
  'toString',
  '',
  '1A',
  'Ä',
  'A B',
  'X'.repeat(300),
];
const KEYS = [
  'widenm',
  'clases',
  'inner_bufer_m',
  '__proto__',
  'constructor',
  'hasOwnProperty',
  'Pixels',
  'clear ',
  '',
  '\u0000',
];

export function hostileOptions(next: Random): Buffer {
  const clear: Record<string, unknown> = {
    classes: [0, 1, 3, 8, 9, 10, 11],
    widen_m: 40,
    min_pixels: 5,
    inner_buffer_m: 10,
  };
  const indices = { XYZ: '(B08 - B11) / (B08 + B11)' };
  const args: Record<string, unknown> = { pixels: 'centre', inner_buffer_m: 5, clear, indices };
  for (let left = below(next, 3); left > 0; left--) {
    const [first, second] = oneOf(PLACES, next).split('.');
    const block = second === undefined ? args : clear;
    block[second ?? first!] = oneOf(VALUES, next);
  }
  if (next() < 0.6) args.indices = hostileIndices(next);
  if (next() < 0.2) {
    const key = oneOf(KEYS, next);
    // Assigned, it would be the object's own prototype, and not be written.
    Object.defineProperty(next() < 0.5 ? args : clear, key, {
      value: oneOf(VALUES, next),
      enumerable: true,
      configurable: true,
    });
  }
  const tables = {
    aoi_table: 'aois',
    parcel_table: 'parcels',
    results_table: 'sigs',
    clear_table: 'clear_sigs',
  };
  const area = { name: 'ms', startdate: '2024-03-01', enddate: '2024-10-31' };
  const connection = { host: 'localhost', dbname: 'cbm', dbuser: 'cbm', dbpasswd: PASSWORD };
  const text = Buffer.from(JSON.stringify({ database: { connection, tables, args: { ...area, ...args } } }));
  return next() < 0.2 ? damageText(text, next) : text;
}

function hostileIndices(next: Random): object {
  const made = Array.from({ length: 1 + below(next, 3) }, (): [string, unknown] => [
    oneOf(NAMES, next),
    next() < 0.9 ? hostileExpression(next) : oneOf(VALUES, next),
  ]);
  return Object.fromEntries(made);
}
