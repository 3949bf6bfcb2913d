/** Codestreams as other writers lay them out, made of one by moving its bytes. */

const [SOT, SOT_BYTES] = [0xff90, 12];

/** Moves the packet headers of a stream with SOP and EPH into PPM (0x60) or PPT (0x61) marker segments. */
export function packHeaders(stream: Buffer, marker: number): Buffer {
  const out: Buffer[] = [];
  const apart: Buffer[] = [];
  let at = stream.indexOf(Buffer.from([0xff, 0x90]));
  const main = stream.subarray(0, at);
  while (stream.readUInt16BE(at) === 0xff90) {
    const end = at + stream.readUInt32BE(at + 6);
    const body = stream.indexOf(Buffer.from([0xff, 0x93]), at) + 2;
    const headers: Buffer[] = [];
    const packets: Buffer[] = [];
    for (let packet = body; packet < end;) {
      const headerEnd = stream.indexOf(Buffer.from([0xff, 0x92]), packet) + 2;
      const found = stream.indexOf(Buffer.from([0xff, 0x91, 0, 4]), headerEnd);
      const next = found < 0 || found > end ? end : found;
      headers.push(stream.subarray(packet + 6, headerEnd));
      packets.push(stream.subarray(packet, packet + 6), stream.subarray(headerEnd, next));
      packet = next;
    }
    const packed = Buffer.concat(headers);
    const segments = marker === 0x61 ? cut(packed, marker) : [];
    const head = Buffer.concat([stream.subarray(at, body - 2), ...segments, stream.subarray(body - 2, body)]);
    const part = Buffer.concat([head, ...packets]);
    part.writeUInt32BE(part.length, 6);
    out.push(part);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(packed.length);
    apart.push(length, packed);
    at = end;
  }
  const segments = marker === 0x60 ? cut(Buffer.concat(apart), marker) : [];
  return Buffer.concat([main, ...segments, ...out, stream.subarray(at)]);
}

/** Marker segments of 100 bytes, the last of them first: their index tells the order. */
function cut(bytes: Buffer, marker: number): Buffer[] {
  const segments: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += 100) {
    const piece = bytes.subarray(at, at + 100);
    segments.unshift(Buffer.concat([Buffer.from([0xff, marker, 0, piece.length + 3, at / 100]), piece]));
  }
  return segments;
}

interface Part {
  readonly tile: number;
  readonly index: number;
  readonly bytes: Buffer;
}

/** The main header, the tile-parts and what comes after them. */
function apart(stream: Buffer): { main: Buffer; parts: Part[]; end: Buffer } {
  let at = stream.indexOf(Buffer.from([0xff, 0x90]));
  const main = stream.subarray(0, at);
  const parts: Part[] = [];
  while (at + SOT_BYTES <= stream.length && stream.readUInt16BE(at) === SOT) {
    const bytes = stream.subarray(at, at + stream.readUInt32BE(at + 6));
    parts.push({ tile: bytes.readUInt16BE(4), index: bytes.readUInt8(10), bytes });
    at += bytes.length;
  }
  return { main, parts, end: stream.subarray(at) };
}

/** The first tile-parts of all tiles first, then the second ones, and the tiles from the last to the first. */
export function interleaveTileParts(stream: Buffer): Buffer {
  const { main, parts, end } = apart(stream);
  const order = [...parts].sort((a, b) => a.index - b.index || b.tile - a.tile);
  return Buffer.concat([main, ...order.map(({ bytes }) => bytes), end]);
}

/** No tile-part tells how many there are of its tile, or only the last one does. */
export function withoutCounts(stream: Buffer, lastTells = false): Buffer {
  const { main, parts, end } = apart(stream);
  const counts = new Map<number, number>();
  for (const { tile } of parts) counts.set(tile, (counts.get(tile) ?? 0) + 1);
  const changed = parts.map(({ tile, index, bytes }) => {
    const copy = Buffer.from(bytes);
    const count = counts.get(tile)!;
    copy.writeUInt8(lastTells && index === count - 1 ? count : 0, 11);
    return copy;
  });
  return Buffer.concat([main, ...changed, end]);
}

/** The last tile-part goes on to the end of the codestream (Psot 0). */
export function openEnded(stream: Buffer): Buffer {
  const out = Buffer.from(stream);
  const last = apart(out).parts.at(-1);
  last.bytes.writeUInt32BE(0, 6);
  return out;
}
