/**
 * ZSTD, by the zstddec package: Node's zlib has it from version 22.15 on only.
 *
 * The geotiff package's decoder gives it no size: then damaged data that don't tell their size
 * (GDAL's don't) make it loop for ever, and data that do tell one take as much memory as they say.
 */
import { ZSTDDecoder } from 'zstddec';
import { Damage } from '../damage.js';

let ready: Promise<ZSTDDecoder> | undefined;

async function start(): Promise<ZSTDDecoder> {
  const decoder = new ZSTDDecoder();
  await decoder.init();
  return decoder;
}

/** Decodes at most `size` bytes. */
export async function decodeZstd(data: Uint8Array, size: number): Promise<Uint8Array> {
  const decoder = await (ready ??= start());
  try {
    return decoder.decode(data, size);
  } catch (error) {
    throw new Damage(`has damaged ZSTD data (${error instanceof Error ? error.message : 'unknown'})`);
  }
}
