/** Tiles of high-throughput code-blocks (ISO/IEC 15444-15), decoded by OpenJPEG within what its package does rightly. */
import type { Codestream } from './codestream.js';
import { MAX_JOINT_SAMPLES } from './limits.js';
import { oneTileCodestream } from './one-tile.js';
import { decodeWithOpenJpeg, type InterleavedTile } from './openjpeg.js';
import type { FileSource } from '../file-source.js';
import { tileRectangle } from './siz.js';
import { Unsupported } from '../unsupported.js';

/** @throws Unsupported for components that the package does not decode, Damage and Unsupported as OpenJPEG fails */
export async function decodeHighThroughput(
  source: FileSource,
  codestream: Codestream,
  tile: number,
): Promise<InterleavedTile> {
  const { components } = codestream.size;
  const [first] = components;
  if (components.length !== 1 && components.length !== 3)
    throw new Unsupported(`has ${components.length} components in high-throughput coding; 1 or 3 are read`);
  if (components.some(({ precision }) => precision !== first!.precision))
    throw new Unsupported('has components of different precision in high-throughput coding');
  const { x0, y0, x1, y1 } = tileRectangle(codestream.size, tile);
  if ((x1 - x0) * (y1 - y0) * components.length > MAX_JOINT_SAMPLES)
    throw new Unsupported(`has tiles of ${x1 - x0} x ${y1 - y0} pixels in high-throughput coding`);
  const decoded = await decodeWithOpenJpeg(oneTileCodestream(source, codestream, tile));
  return first!.signed ? lowered(decoded, 2 ** (first!.precision - 1)) : decoded;
}

/** Signed samples, of which the codestream of one tile says that they are unsigned, and so higher by half their range. */
function lowered(tile: InterleavedTile, half: number): InterleavedTile {
  const { samples } = tile;
  const signed =
    samples.BYTES_PER_ELEMENT === 1 ? new Int8Array(samples.length) : new Int16Array(samples.length);
  for (let i = 0; i < samples.length; i++) signed[i] = samples[i]! - half;
  return { ...tile, samples: signed };
}
