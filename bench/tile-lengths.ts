/** JPEG 2000 files with TLM marker segments (ISO/IEC 15444-1 A.7.1), which ESA writes since baseline 05.12 and GDAL does not. */

const [TLM, SOT, SOC_SIZ] = [0xff55, 0xff90, 0xff4fff51];

export interface TlmKind {
  /** Bytes of a tile's number: none where each tile has one tile-part, in order. */
  readonly tileBytes: 0 | 1 | 2;
  /** Bytes of a length. */
  readonly lengthBytes: 2 | 4;
  /** Tile-parts a segment tells of at most. */
  readonly most?: number;
  /** The last segment comes first; their numbers tell the order. */
  readonly isReversed?: boolean;
}

/** The file with its tile-parts' lengths in its main header. `change` may make them wrong. */
export function withTileLengths(
  file: Buffer,
  { tileBytes, lengthBytes, most = 10_000, isReversed = false }: TlmKind = { tileBytes: 2, lengthBytes: 4 },
  change: (parts: TilePart[]) => void = () => undefined,
): Buffer {
  const { box, first, parts } = tileParts(file);
  change(parts);
  const segments: Buffer[] = [];
  for (let from = 0; from < parts.length; from += most) {
    const some = parts.slice(from, from + most);
    const entry = tileBytes + lengthBytes;
    const segment = Buffer.alloc(6 + some.length * entry);
    segment.writeUInt16BE(TLM, 0);
    segment.writeUInt16BE(segment.length - 2, 2);
    segment.writeUInt8(segments.length, 4);
    segment.writeUInt8((tileBytes << 4) | (lengthBytes === 4 ? 0x40 : 0), 5);
    some.forEach(({ tile, length }, i) => {
      if (tileBytes > 0) segment.writeUIntBE(tile, 6 + i * entry, tileBytes);
      segment.writeUIntBE(length, 6 + i * entry + tileBytes, lengthBytes);
    });
    segments.push(segment);
  }
  const added = Buffer.concat(isReversed ? segments.reverse() : segments);
  const out = Buffer.concat([file.subarray(0, first), added, file.subarray(first)]);
  if (box === undefined) return out;
  const boxLength = out.readUInt32BE(box);
  // 1 stands for a length in 64 bits behind the box's type, 0 for the end of the file (ISO/IEC 15444-1 I.4).
  if (boxLength === 1) out.writeBigUInt64BE(out.readBigUInt64BE(box + 8) + BigInt(added.length), box + 8);
  else if (boxLength > 1) out.writeUInt32BE(boxLength + added.length, box);
  return out;
}

export interface TilePart {
  tile: number;
  length: number;
}

/** The tile-parts, found from one to the next, the first of them, and where the codestream and its box begin. */
export function tileParts(file: Buffer): {
  box: number | undefined;
  start: number;
  first: number;
  parts: TilePart[];
} {
  const { box, start } = findCodestream(file);
  let first = start + 2;
  while (file.readUInt16BE(first) !== SOT) first += 2 + file.readUInt16BE(first + 2);
  const parts: TilePart[] = [];
  for (let at = first; at + 12 <= file.length && file.readUInt16BE(at) === SOT;) {
    const length = file.readUInt32BE(at + 6) || file.length - 2 - at;
    parts.push({ tile: file.readUInt16BE(at + 4), length });
    at += length;
  }
  return { box, start, first, parts };
}

/** The jp2c box, where there are boxes, and where the codestream begins. */
function findCodestream(file: Buffer): { box: number | undefined; start: number } {
  if (file.readUInt32BE(0) === SOC_SIZ) return { box: undefined, start: 0 };
  for (let at = 0; ;) {
    const short = file.readUInt32BE(at);
    if (file.toString('latin1', at + 4, at + 8) === 'jp2c')
      return { box: at, start: at + (short === 1 ? 16 : 8) };
    at += short === 1 ? Number(file.readBigUInt64BE(at + 8)) : short;
  }
}
