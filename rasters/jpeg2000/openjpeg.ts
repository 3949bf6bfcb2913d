/**
 * Tiles decoded by OpenJPEG (its WASM build, @cornerstonejs/codec-openjpeg): the way for high-throughput coding, which our
 * own kernel does not cover. One instance a thread; it keeps a heap as large as the largest tile it has seen.
 *
 * What the package hands out is right for one or three unsigned components of one precision. It throws without a word at
 * other numbers of components, cuts off negative samples of up to eight bits, and clamps all components to the first
 * one's range; so that is refused here, and signed samples are to be coded as unsigned ones (one-tile.ts).
 */
import { createRequire } from 'node:module';
import { Damage } from '../damage.js';
import { Unsupported } from '../unsupported.js';

/** What we use of the package, which has no types of its own. */
interface OpenJpegModule {
  J2KDecoder: new () => Decoder;
}

interface Decoder {
  getEncodedBuffer(length: number): Uint8Array;
  decode(): void;
  getFrameInfo(): FrameInfo;
  /** Samples of all components, interleaved; valid until the next decode. */
  getDecodedBuffer(): Uint8Array | Uint8ClampedArray;
  delete(): void;
}

interface FrameInfo {
  width: number;
  height: number;
  bitsPerSample: number;
  componentCount: number;
  isSigned: boolean;
}

type Factory = (options: { print: Log; printErr: Log }) => Promise<OpenJpegModule>;
type Log = (line: string) => void;

/** Samples of one decoded tile, component after component in each pixel. */
export interface InterleavedTile {
  readonly width: number;
  readonly height: number;
  readonly componentCount: number;
  readonly samples: Uint8Array | Int8Array | Uint16Array | Int16Array;
}

let shared: Promise<OpenJpegModule> | undefined;
/** What OpenJPEG said during the running decode. */
let complaints: string[] = [];

function load(): Promise<OpenJpegModule> {
  const factory = createRequire(import.meta.url)('@cornerstonejs/codec-openjpeg/decodewasmjs') as Factory;
  const listen: Log = (line) => {
    if (line.startsWith('[ERROR]') || line.startsWith('[WARNING]')) complaints.push(line);
  };
  return factory({ print: listen, printErr: listen });
}

/**
 * Decodes a codestream of one tile.
 * @throws Damage with OpenJPEG's own words where it fails, or where it warns that data is missing and carries on;
 * Unsupported where it says that it lacks something, or nothing at all, and for signed samples of up to 8 bits
 */
export async function decodeWithOpenJpeg(codestream: Uint8Array): Promise<InterleavedTile> {
  shared ??= load();
  const { J2KDecoder } = await shared;
  complaints = [];
  const decoder = new J2KDecoder();
  try {
    decoder.getEncodedBuffer(codestream.length).set(codestream);
    decoder.decode();
    const { width, height, bitsPerSample, componentCount, isSigned } = decoder.getFrameInfo();
    if (width === 0 || complaints.length > 0) throw failure();
    if (isSigned && bitsPerSample <= 8)
      throw new Unsupported(
        'has signed samples of up to 8 bits, of which OpenJPEG cuts off the negative ones',
      );
    // A copy: the module's heap moves when it grows.
    const bytes = decoder.getDecodedBuffer().slice();
    const Samples = bitsPerSample <= 8 ? Uint8Array : isSigned ? Int16Array : Uint16Array;
    const samples = new Samples(bytes.buffer, bytes.byteOffset, width * height * componentCount);
    return { width, height, componentCount, samples };
  } catch (error) {
    if (error instanceof Damage || error instanceof Unsupported) throw error;
    // After an abort the module's heap is in no known state: the next tile gets a new one.
    shared = undefined;
    throw failure(error);
  } finally {
    if (shared) decoder.delete();
  }
}

function failure(cause?: unknown): Error {
  const words = complaints.map((line) => line.replace(/^\[\w+\]\s*/, '').trim()).join('; ');
  if (words === '')
    return new Unsupported('cannot be decoded by the WebAssembly build of OpenJPEG, which does not say why', {
      cause,
    });
  const message = `cannot be decoded by OpenJPEG: ${words}`;
  return /not (yet )?support/i.test(words)
    ? new Unsupported(message, { cause })
    : new Damage(message, { cause });
}
