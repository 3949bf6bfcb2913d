/** TIFF files of several images, made tag by tag: masks, sparse blocks and pixel types that no writer writes together. */
import type { Tags } from './tiny-tiff.js';
import { geoKeys } from './tiny-tiff.js';

export interface Page {
  readonly tags: Tags;
  /** In the order of the file's list of them; one without bytes was never written. */
  readonly blocks: readonly Uint8Array[];
}

/** UTM 31N, 10 m. */
export const PLACE: Tags = {
  33550: [10, 10, 0],
  33922: [0, 0, 0, 500000, 5650000, 0],
  34735: geoKeys({ 1024: 1, 1025: 1, 3072: 32631 }),
};

const [ASCII, SHORT, LONG, DOUBLE] = [2, 3, 4, 12];
const TILE_WIDTH = 322;

/** Tags of `width` x `height` pixels of `bits` bits in one strip. */
export function plain(width: number, height: number, bits = 8, format = 1): Tags {
  return {
    ...{ 256: [width], 257: [height], 258: [bits], 259: [1], 262: [1] },
    ...{ 277: [1], 278: [height], 339: [format] },
  };
}

export function madeTiff(pages: readonly Page[], bigEndian = false): Buffer {
  const parts: Buffer[] = [Buffer.alloc(8)];
  let end = 8;
  const add = (bytes: Uint8Array): number => {
    const at = end;
    const padded = Buffer.alloc(bytes.length + (bytes.length % 2));
    padded.set(bytes);
    parts.push(padded);
    end += padded.length;
    return at;
  };
  const directories = pages.map(({ tags, blocks }) => {
    const places = blocks.map((block) => (block.length === 0 ? 0 : add(block)));
    const lists = TILE_WIDTH in tags ? [324, 325] : [273, 279];
    const all: Tags = { ...tags, [lists[0]!]: places, [lists[1]!]: blocks.map(({ length }) => length) };
    const given = Object.entries(all).filter(([, value]) => value !== undefined);
    const directory = Buffer.alloc(2 + 12 * given.length + 4);
    writeUint(directory, given.length, 0, 2, bigEndian);
    given.forEach(([tag, value], i) => {
      const { type, count, bytes } = encode(Number(tag), value!, bigEndian);
      const at = 2 + 12 * i;
      writeUint(directory, Number(tag), at, 2, bigEndian);
      writeUint(directory, type, at + 2, 2, bigEndian);
      writeUint(directory, count, at + 4, 4, bigEndian);
      if (bytes.length <= 4) bytes.copy(directory, at + 8);
      else writeUint(directory, add(bytes), at + 8, 4, bigEndian);
    });
    return { directory, at: add(directory) };
  });
  const [head] = parts;
  head!.write(bigEndian ? 'MM' : 'II', 'latin1');
  writeUint(head!, 42, 2, 2, bigEndian);
  writeUint(head!, directories[0]!.at, 4, 4, bigEndian);
  const file = Buffer.concat(parts);
  directories.forEach(({ directory, at }, i) => {
    writeUint(file, directories[i + 1]?.at ?? 0, at + directory.length - 4, 4, bigEndian);
  });
  return file;
}

function encode(
  tag: number,
  value: readonly number[] | string,
  bigEndian: boolean,
): { type: number; count: number; bytes: Buffer } {
  if (typeof value === 'string')
    return { type: ASCII, count: value.length + 1, bytes: Buffer.from(`${value}\0`, 'latin1') };
  const isDouble = tag > 33000 && tag < 34700;
  const isPlace = [273, 279, 324, 325, 254].includes(tag);
  const type = isDouble ? DOUBLE : isPlace ? LONG : SHORT;
  const size = isDouble ? 8 : isPlace ? 4 : 2;
  const bytes = Buffer.alloc(value.length * size);
  value.forEach((number, i) => {
    if (!isDouble) writeUint(bytes, number, i * size, size, bigEndian);
    else if (bigEndian) bytes.writeDoubleBE(number, i * size);
    else bytes.writeDoubleLE(number, i * size);
  });
  return { type, count: value.length, bytes };
}

function writeUint(bytes: Buffer, value: number, at: number, size: number, bigEndian: boolean): void {
  if (bigEndian) bytes.writeUIntBE(value, at, size);
  else bytes.writeUIntLE(value, at, size);
}
