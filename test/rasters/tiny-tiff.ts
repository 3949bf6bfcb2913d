/** TIFF files of 2 x 2 bytes, made tag by tag: for georeferences and damages that no writer writes. */

export type Tags = Readonly<Record<number, readonly number[] | string | undefined>>;

const SHORT = 3;
const LONG = 4;
const DOUBLE = 12;
const ASCII = 2;

/** Tags of a sound file: 2 x 2 uint8 in one strip at byte 8, UTM 31N, 10 m. */
const SOUND: Tags = {
  256: [2],
  257: [2],
  258: [8],
  259: [1],
  262: [1],
  273: [8],
  277: [1],
  278: [2],
  279: [4],
  33550: [10, 10, 0],
  33922: [0, 0, 0, 500000, 5650000, 0],
  34735: [1, 1, 0, 3, 1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, 32631],
};

/** A GeoKeyDirectory tag that says these keys are these codes. */
export function geoKeys(
  keys: Readonly<Record<number, number>>,
  ascii: Readonly<Record<number, [number, number]>> = {},
): number[] {
  const entries = [
    ...Object.entries(keys).map(([key, value]) => [Number(key), 0, 1, value]),
    ...Object.entries(ascii).map(([key, [from, length]]) => [Number(key), 34737, length, from]),
  ].sort((a, b) => a[0]! - b[0]!);
  return [1, 1, 0, entries.length, ...entries.flat()];
}

/** The bytes of a sound file with some tags changed (undefined: left out); its pixels are 1, 2, 3, 4. */
export function tinyTiff(changes: Tags = {}): Buffer {
  const tags = Object.entries({ ...SOUND, ...changes }).filter(([, value]) => value !== undefined);
  const parts: Buffer[] = [Buffer.from([0x49, 0x49, 42, 0, 0, 0, 0, 0, 1, 2, 3, 4])];
  let end = 12;
  const entries = tags.map(([tag, value]) => {
    const { type, count, bytes } = encode(Number(tag), value!);
    const entry = Buffer.alloc(12);
    entry.writeUInt16LE(Number(tag), 0);
    entry.writeUInt16LE(type, 2);
    entry.writeUInt32LE(count, 4);
    if (bytes.length <= 4) {
      bytes.copy(entry, 8);
    } else {
      entry.writeUInt32LE(end, 8);
      parts.push(bytes);
      end += bytes.length;
    }
    return entry;
  });
  parts[0]!.writeUInt32LE(end, 4);
  const count = Buffer.alloc(2);
  count.writeUInt16LE(entries.length);
  return Buffer.concat([...parts, count, ...entries, Buffer.alloc(4)]);
}

/**
 * A big-endian file of one column of bytes, a strip a row, `row % 251` each: the lists of strips lie far behind the
 * directory.
 */
export function tallTiff(rows: number): Buffer {
  const pixels = Buffer.from(Array.from({ length: rows }, (_, row) => row % 251));
  const tags: [tag: number, type: number, values: readonly number[]][] = [
    ...([256, 257, 258, 259, 262] as const).map((tag, i): [number, number, number[]] => {
      return [tag, LONG, [[1, rows, 8, 1, 1][i]!]];
    }),
    [273, LONG, Array.from({ length: rows }, (_, row) => row)],
    [277, SHORT, [1]],
    [278, LONG, [1]],
    [279, LONG, Array.from({ length: rows }, () => 1)],
    [33550, DOUBLE, [10, 10, 0]],
    [33922, DOUBLE, [0, 0, 0, 500000, 5650000, 0]],
    [34735, SHORT, [1, 1, 0, 2, 1024, 0, 1, 1, 3072, 0, 1, 32631]],
  ];
  const directory = Buffer.alloc(2 + 12 * tags.length + 4);
  // The pixels come between the directory and what it refers to.
  const pixelsAt = 8 + directory.length;
  let end = pixelsAt + rows;
  const values: Buffer[] = [];
  directory.writeUInt16BE(tags.length, 0);
  tags.forEach(([tag, type, list], i) => {
    const size = type === DOUBLE ? 8 : type === LONG ? 4 : 2;
    const bytes = Buffer.alloc(Math.max(4, list.length * size));
    list.forEach((value, k) => {
      const written = tag === 273 ? value + pixelsAt : value;
      if (type === DOUBLE) bytes.writeDoubleBE(written, k * size);
      else bytes.writeUIntBE(written, k * size, size);
    });
    const at = 2 + 12 * i;
    directory.writeUInt16BE(tag, at);
    directory.writeUInt16BE(type, at + 2);
    directory.writeUInt32BE(list.length, at + 4);
    if (list.length * size <= 4) bytes.copy(directory, at + 8);
    else {
      directory.writeUInt32BE(end, at + 8);
      values.push(bytes);
      end += bytes.length;
    }
  });
  const head = Buffer.from([0x4d, 0x4d, 0, 42, 0, 0, 0, 8]);
  return Buffer.concat([head, directory, pixels, ...values]);
}

function encode(
  tag: number,
  value: readonly number[] | string,
): { type: number; count: number; bytes: Buffer } {
  if (typeof value === 'string')
    return { type: ASCII, count: value.length + 1, bytes: Buffer.from(`${value}\0`, 'latin1') };
  const type =
    tag > 33000 && tag < 34700 ? DOUBLE : tag === 34735 || tag === 258 || tag === 259 ? SHORT : LONG;
  const size = type === DOUBLE ? 8 : type === SHORT ? 2 : 4;
  const bytes = Buffer.alloc(value.length * size);
  value.forEach((number, i) => {
    if (type === DOUBLE) bytes.writeDoubleLE(number, i * size);
    else bytes.writeUIntLE(number, i * size, size);
  });
  return { type, count: value.length, bytes };
}
