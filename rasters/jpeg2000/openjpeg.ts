/**
 * Tiles decoded by OpenJPEG (its WASM build, @cornerstonejs/codec-openjpeg): the way for whatever our own kernel does
 * not cover. One instance a thread; it keeps a heap as large as the largest tile it has seen.
 */
import { createRequire } from 'node:module';
import { Damage } from '../damage.js';

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
 * @throws Damage with OpenJPEG's own words where it fails, or where it warns that data is missing and carries on.
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
    if (width === 0 || complaints.length > 0) throw new Damage(explain());
    // A copy: the module's heap moves when it grows.
    const bytes = decoder.getDecodedBuffer().slice();
    const Samples =
      bitsPerSample <= 8 ? (isSigned ? Int8Array : Uint8Array) : isSigned ? Int16Array : Uint16Array;
    const samples = new Samples(bytes.buffer, bytes.byteOffset, width * height * componentCount);
    return { width, height, componentCount, samples };
  } catch (error) {
    if (error instanceof Damage) throw error;
    // After an abort the module's heap is in no known state: the next tile gets a new one.
    shared = undefined;
    throw new Damage(explain(), { cause: error });
  } finally {
    if (shared) decoder.delete();
  }
}

function explain(): string {
  const words = complaints.map((line) => line.replace(/^\[\w+\]\s*/, '').trim()).join('; ');
  // It throws without a word where it lacks a feature, such as a component transform beside a fourth component.
  return `cannot be decoded by OpenJPEG: ${words || 'it is damaged, or coded in a way its WebAssembly build does not support'}`;
}
