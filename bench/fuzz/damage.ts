/** What happens to files: bits flip, words turn into the worst they can be, ends and middles are lost. */
import { below, oneOf, type Random } from '../../demo/season/random.js';

/** Where headers stand, at the beginning and, in TIFF, often at the end. */
const HEADER_BYTES = 512;
const WORST = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];

type Damaging = (bytes: Buffer, next: Random) => Buffer;

/** A place in the file, in its first or last bytes more often than not. */
function place(bytes: Buffer, next: Random): number {
  const where = next();
  const near = Math.min(bytes.length, HEADER_BYTES);
  if (where < 0.4) return below(next, near);
  return where < 0.6 ? bytes.length - 1 - below(next, near) : below(next, bytes.length);
}

const flipBits: Damaging = (bytes, next) => {
  for (let left = 1 + below(next, 6); left > 0; left--) bytes[place(bytes, next)]! ^= 1 << below(next, 8);
  return bytes;
};

const worstWords: Damaging = (bytes, next) => {
  for (let left = 1 + below(next, 3); left > 0; left--) {
    const size = oneOf([1, 2, 4], next);
    const value = oneOf(WORST, next) % 2 ** (8 * size);
    const at = Math.min(place(bytes, next), bytes.length - size);
    if (next() < 0.5) bytes.writeUIntLE(value, at, size);
    else bytes.writeUIntBE(value, at, size);
  }
  return bytes;
};

const truncate: Damaging = (bytes, next) => bytes.subarray(0, below(next, bytes.length));

const loseMiddle: Damaging = (bytes, next) => {
  const at = place(bytes, next);
  return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + below(next, 64))]);
};

const repeatMiddle: Damaging = (bytes, next) => {
  const at = place(bytes, next);
  return Buffer.concat([bytes.subarray(0, at + 1 + below(next, 64)), bytes.subarray(at)]);
};

const blankMiddle: Damaging = (bytes, next) => {
  const at = place(bytes, next);
  return bytes.fill(below(next, 2) * 255, at, Math.min(bytes.length, at + 1 + below(next, 256)));
};

const WAYS = [
  flipBits,
  flipBits,
  flipBits,
  worstWords,
  worstWords,
  truncate,
  loseMiddle,
  repeatMiddle,
  blankMiddle,
];

/** A damaged copy; one time in four damaged twice. */
export function damage(sound: Uint8Array, next: Random): Buffer {
  let bytes: Buffer = Buffer.from(sound);
  for (let left = next() < 0.25 ? 2 : 1; left > 0 && bytes.length > 8; left--)
    bytes = oneOf(WAYS, next)(bytes, next);
  return bytes;
}

const NUMBERS = [
  '-1',
  '0',
  '1',
  '4294967296',
  '9007199254740993',
  '1e308',
  '1e-308',
  '3.5',
  'NaN',
  'Infinity',
  '{',
  '',
];

/** A text with a number in it replaced, or damaged as any file. */
export function damageText(sound: Uint8Array, next: Random): Buffer {
  if (next() < 0.4) return damage(sound, next);
  const text = Buffer.from(sound).toString('latin1');
  const numbers = [...text.matchAll(/-?\d+(\.\d+)?/g)];
  const hit = numbers[below(next, numbers.length)];
  if (hit === undefined) return damage(sound, next);
  const value = oneOf(NUMBERS, next);
  return Buffer.from(text.slice(0, hit.index) + value + text.slice(hit.index + hit[0].length), 'latin1');
}
