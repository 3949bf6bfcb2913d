/** Brings a range of an object's bytes to its place in a file, however often the connection is cut. */
import type { FileHandle } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { type ByteSpan, type DownloadOptions, type ObjectInfo, StoreFailure } from './object-store.js';

/**
 * Opens the object at byte `from`, to be read to before byte `to`.
 * @throws ObjectReplaced when the store has another version of it, RangesIgnored where it sends all of it in place of a part,
 * StoreFailure for what may pass by itself.
 */
export type OpenAt = (from: number, to: number) => Promise<AsyncIterable<Uint8Array>>;

/** The `Range` header that asks for the span of an object; undefined where that is all of it. */
export function rangeHeader({ from, to }: ByteSpan, objectBytes: number): string | undefined {
  // To the end without a number: who sends more shows that the object has grown.
  if (to === objectBytes) return from > 0 ? `bytes=${from}-` : undefined;
  return `bytes=${from}-${to - 1}`;
}

/** The object is not the version that was asked for (any more); asking for the new one helps. */
export class ObjectReplaced extends StoreFailure {}

/** The server sends the whole object, or another part of it, whatever part is asked for. */
export class RangesIgnored extends StoreFailure {}

/** Cuts in a row without a byte between them, and cuts altogether, before a download is given up. */
const MAX_FRUITLESS_CUTS = 4;
const MAX_CUTS = 40;
const FIRST_PAUSE_MS = 100;

/**
 * Writes bytes of an object to their own places in a file, and goes on where a connection was cut.
 * `onProgress` is told the position that was reached.
 */
export async function fetchRange(
  object: ObjectInfo,
  { from, to }: ByteSpan,
  file: FileHandle,
  openAt: OpenAt,
  options: DownloadOptions,
): Promise<void> {
  const { signal, rateLimit } = options;
  let position = from;
  let fruitless = 0;
  for (let cuts = 0; position < to; cuts += 1) {
    signal?.throwIfAborted();
    if (fruitless > MAX_FRUITLESS_CUTS || cuts > MAX_CUTS) {
      throw new StoreFailure(
        `${object.key}: cut again and again, given up after ${position - from} of ${to - from} bytes`,
      );
    }
    if (cuts > 0) await delay(FIRST_PAUSE_MS * 2 ** fruitless, undefined, signal ? { signal } : {});
    const before = position;
    await rateLimit?.request(signal);
    for await (const count of writeFrom(file, { from: position, to }, object, openAt)) {
      position += count;
      options.onProgress?.(position, object.bytes);
      await rateLimit?.received(count, signal);
    }
    signal?.throwIfAborted();
    fruitless = position > before ? 0 : fruitless + 1;
  }
}

/** Writes what one connection brings and yields how much each time; ends at the end or at a cut. */
async function* writeFrom(
  file: FileHandle,
  { from, to }: ByteSpan,
  object: ObjectInfo,
  openAt: OpenAt,
): AsyncGenerator<number, void> {
  let position = from;
  for await (const pieces of gathered(await openAt(from, to))) {
    const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
    if (position + bytes > to) {
      if (to === object.bytes) throw new ObjectReplaced(`${object.key} has grown meanwhile`);
      throw new RangesIgnored(`${object.key}: the store sent more than it was asked for`);
    }
    await writeAll(file, pieces, bytes, position);
    position += bytes;
    yield bytes;
  }
}

/** Connections bring pieces of some kilobytes; many of them are written, and told of, at the cost of one. */
const GATHERED_BYTES = 1 << 19;

const END = { done: true, value: undefined } as const;

/** What a connection brings until its end or a cut. */
async function* gathered(connection: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array[], void> {
  const pieces = connection[Symbol.asyncIterator]();
  const receive = (): Promise<IteratorResult<Uint8Array, unknown>> => pieces.next().catch(() => END);
  try {
    for (let next = await receive(); next.done !== true;) {
      const together: Uint8Array[] = [];
      for (let bytes = 0; next.done !== true && bytes < GATHERED_BYTES; next = await receive()) {
        together.push(next.value);
        bytes += next.value.length;
      }
      yield together;
    }
  } finally {
    await pieces.return?.().catch(() => undefined);
  }
}

async function writeAll(
  file: FileHandle,
  pieces: readonly Uint8Array[],
  bytes: number,
  position: number,
): Promise<void> {
  const { bytesWritten } = await file.writev(pieces, position);
  if (bytesWritten === bytes) return;
  // A disk that is nearly full takes a part, and says why not the rest when it is asked again.
  const rest = Buffer.concat(pieces);
  for (let done = bytesWritten; done < bytes;) {
    done += (await file.write(rest, done, bytes - done, position + done)).bytesWritten;
  }
}
