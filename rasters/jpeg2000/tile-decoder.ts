/**
 * One component of one tile, from tile-parts to samples: headers and packets in TypeScript, code-blocks, wavelet and
 * samples by the kernel.
 */
import { Bytes } from './bytes.js';
import { parseSot, readSegments, type Codestream, type Segment, type TilePart } from './codestream.js';
import { Damage } from '../damage.js';
import { divideTile, tileBudget } from './geometry.js';
import type { Address, Kernel } from './kernel.js';
import { Marker } from './markers.js';
import { readPackets } from './packets.js';
import { tileParameters, type TileParameters } from './parameters.js';
import { packetOrder } from './progression.js';
import { reconstruct, type DecodedTile } from './reconstruction.js';
import { tileRectangle, type Component, type Rectangle } from './siz.js';
import type { FileSource } from '../file-source.js';

/**
 * Decodes component `component` (0-based) of a tile.
 *
 * @returns undefined for a tile coded in a way the kernel does not cover
 * @throws Damage where the tile's data can't be right
 */
export function decodeTile(
  source: FileSource,
  codestream: Codestream,
  tile: number,
  component: number,
  kernel: Kernel,
): DecodedTile | undefined {
  kernel.reset();
  const { size } = codestream;
  const { header, data, length } = readTileParts(source, codestream.tiles[tile]!, tile, kernel);
  const parameters = tileParameters(codestream.header, header, size.components.length);
  if (!isCovered(parameters, size.components)) return undefined;
  const rectangle = tileRectangle(size, tile);
  const budget = tileBudget(length, parameters.layers);
  const components = size.components.map((sampling, index) =>
    divideTile(componentRectangle(rectangle, sampling), parameters.components[index]!.coding, budget),
  );
  const order = packetOrder(
    parameters.progression,
    parameters.layers,
    components,
    size.components,
    rectangle,
  );
  const blocks = readPackets(kernel.bytes(data, length), parameters, components, order)[component]!;
  const { coding, quantization } = parameters.components[component]!;
  return reconstruct(kernel, {
    component: components[component]!,
    sampling: size.components[component]!,
    coding,
    quantization,
    blocks,
    data,
  });
}

interface TileData {
  /** Marker segments of all tile-part headers. */
  readonly header: Segment[];
  /** The packets: bodies of all tile-parts, one after the other. */
  readonly data: Address;
  readonly length: number;
}

/** Reads a tile's tile-parts (A.4.2) into the kernel's memory and takes their headers off. */
function readTileParts(
  source: FileSource,
  parts: readonly TilePart[],
  tile: number,
  kernel: Kernel,
): TileData {
  const total = parts.reduce((sum, part) => sum + part.length, 0);
  const data = kernel.allocate(total);
  const memory = kernel.bytes(data, total);
  const header: Segment[] = [];
  let length = 0;
  for (const part of parts) {
    const bytes = memory.subarray(length, length + part.length);
    source.readInto(part.position, bytes);
    const reader = new Bytes(bytes, `header of tile ${tile}`);
    if (parseSot(reader)?.tile !== tile) throw new Damage('has changed since it was opened');
    // Copied: the body is moved over them.
    for (const { marker, data: segment } of readSegments(reader, Marker.SOD)) {
      header.push({ marker, data: segment.slice() });
    }
    bytes.copyWithin(0, reader.position);
    length += part.length - reader.position;
  }
  return { header, data, length };
}

const UNCOVERED: readonly number[] = [Marker.CAP, Marker.RGN, Marker.POC, Marker.PPM, Marker.PPT];

/** The kernel holds twice a coefficient's magnitude and its sign in 32 bits. */
const MAX_BIT_PLANES = 30;

/**
 * Whether the kernel decodes tiles of this kind. It leaves to OpenJPEG: component transforms (annex G), regions of
 * interest (annex H), changes of progression order, packed packet headers, code-block styles, high-throughput coding,
 * and wavelets with a quantization that part 1 does not pair them with (E.1).
 */
function isCovered(parameters: TileParameters, components: readonly Component[]): boolean {
  if (parameters.componentTransform || UNCOVERED.some((marker) => parameters.markers.has(marker)))
    return false;
  if (components.some(({ stepX, stepY }) => stepX !== 1 || stepY !== 1)) return false;
  return parameters.components.every(({ coding, quantization }) => {
    const planes =
      quantization.guardBits + Math.max(...quantization.steps.map(({ exponent }) => exponent)) - 1;
    const paired = coding.reversible === (quantization.style === 'none');
    return coding.blockStyle === 0 && paired && planes <= MAX_BIT_PLANES;
  });
}

/** The tile's samples of a component (B-12). */
function componentRectangle(tile: Rectangle, { stepX, stepY }: Component): Rectangle {
  return {
    x0: Math.ceil(tile.x0 / stepX),
    y0: Math.ceil(tile.y0 / stepY),
    x1: Math.ceil(tile.x1 / stepX),
    y1: Math.ceil(tile.y1 / stepY),
  };
}
