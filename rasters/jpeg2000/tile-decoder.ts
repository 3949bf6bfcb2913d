/**
 * One component of one tile, from tile-parts to samples: headers and packets in TypeScript, code-blocks, wavelet and
 * samples by the kernel.
 */
import { isDeepStrictEqual } from 'node:util';
import { BlockStyle } from './block-style.js';
import { Bytes } from './bytes.js';
import { readSegments, type Codestream } from './codestream.js';
import { parseSot } from './sot.js';
import { type Segment } from './segment.js';
import { invertTransform } from './component-transform.js';
import { Damage } from '../damage.js';
import { divideTile, tileBudget, type TileComponent } from './geometry.js';
import type { Address, Kernel } from './kernel.js';
import { MAX_JOINT_SAMPLES } from './limits.js';
import { Marker } from './markers.js';
import { readPpt } from './packed-headers.js';
import { readPackets, type BlockData } from './packets.js';
import { tileParameters, type TileParameters } from './parameters.js';
import { packetOrder } from './progression.js';
import type { Plane } from './plane.js';
import {
  convert,
  reconstruct,
  type CodedComponent,
  type DecodedTile,
  type IsWanted,
} from './reconstruction.js';
import { tileRectangle, type Component, type Rectangle } from './siz.js';
import type { FileSource } from '../file-source.js';
import { Unsupported } from '../unsupported.js';

/** Components 0 to 2 are transformed together. */
const TRANSFORMED = 3;
/** Bytes behind the last packet of a tile that are taken for padding. */
const MAX_PADDING = 64;

/** Samples of components of a tile, from the first of them on. */
export interface DecodedComponents {
  readonly first: number;
  readonly tiles: readonly DecodedTile[];
}

/** What is known of a tile once its packets are read. */
interface ParsedTile {
  readonly parameters: TileParameters;
  readonly sampling: readonly Component[];
  readonly components: readonly TileComponent[];
  readonly blocks: readonly BlockData[];
  /** Where in the kernel's memory the offsets of `blocks` count from. */
  readonly data: Address;
}

/**
 * Decodes component `component` (0-based) of a tile, and those that are transformed together with it.
 *
 * @param isWanted samples that nobody wants may be any, but where components are transformed together; by default all are wanted
 * @returns samples, those of one component alone in the kernel's memory; or undefined for a tile of high-throughput code-blocks (ISO/IEC 15444-15),
 * which only OpenJPEG decodes
 * @throws Damage where the tile's data can't be right, Unsupported where it is coded in a way that is not read
 */
export function decodeTile(
  source: FileSource,
  codestream: Codestream,
  tile: number,
  component: number,
  kernel: Kernel,
  isWanted?: IsWanted,
): DecodedComponents | undefined {
  kernel.reset();
  const parsed = parseTile(source, codestream, tile, kernel);
  if (!parsed) return undefined;
  // A transform is said of files of one or two components, too; there is nothing to transform in them.
  const { parameters, sampling } = parsed;
  if (parameters.componentTransform && sampling.length >= TRANSFORMED && component < TRANSFORMED) {
    const planes = untransform(kernel, parsed);
    const tiles = planes.map((plane, index) => {
      const converted = convert(kernel, plane, coded(parsed, index));
      // A copy: the kernel's memory moves when it grows.
      return { ...converted, samples: converted.samples.slice() };
    });
    return { first: 0, tiles };
  }
  const plane = reconstruct(kernel, coded(parsed, component), isWanted);
  return { first: component, tiles: [convert(kernel, plane, coded(parsed, component))] };
}

function parseTile(
  source: FileSource,
  codestream: Codestream,
  tile: number,
  kernel: Kernel,
): ParsedTile | undefined {
  const { components: sampling } = codestream.size;
  const { header, packedHeaders, data, length } = readTileParts(source, codestream, tile, kernel);
  const parameters = tileParameters(codestream.header, header, sampling.length);
  if (isHighThroughput(parameters)) return undefined;
  const rectangle = tileRectangle(codestream.size, tile);
  const budget = tileBudget(length + (packedHeaders?.length ?? 0), parameters.layers);
  const components = sampling.map((one, index) =>
    divideTile(componentRectangle(rectangle, one), parameters.components[index]!.coding, budget),
  );
  const order = packetOrder(parameters.volumes, components, sampling, rectangle);
  const { blocks, left } = readPackets(
    kernel.bytes(data, length),
    packedHeaders,
    parameters,
    components,
    order,
  );
  // Where packets were misread, far more than padding is left.
  if (left > MAX_PADDING && !codestream.tiles.of(tile).some(({ toEnd }) => toEnd))
    throw new Damage(`has ${left} bytes in tile ${tile} that belong to no packet`);
  return { parameters, sampling, components, blocks, data };
}

function coded(
  { parameters, sampling, components, blocks, data }: ParsedTile,
  index: number,
): CodedComponent {
  return {
    ...parameters.components[index]!,
    component: components[index]!,
    sampling: sampling[index]!,
    blocks: blocks[index]!,
    data,
  };
}

/** The planes of the first three components, each of which takes part in all. */
function untransform(kernel: Kernel, parsed: ParsedTile): readonly Plane[] {
  const three = [0, 1, 2].map((index) => coded(parsed, index));
  const [first, ...others] = three.map(({ component: { x0, y0, x1, y1 }, coding }) => ({
    width: x1 - x0,
    height: y1 - y0,
    reversible: coding.reversible,
  }));
  if (others.some((other) => !isDeepStrictEqual(other, first)))
    throw new Unsupported('has a transform of components that differ in wavelet or size');
  const { width, height } = first!;
  if (TRANSFORMED * width * height > MAX_JOINT_SAMPLES)
    throw new Unsupported(
      `has tiles of ${width} x ${height} pixels of three components that are transformed together`,
    );
  const planes = three.map((one) => reconstruct(kernel, one));
  invertTransform(kernel.buffer, planes, first!);
  return planes;
}

interface TileData {
  /** Marker segments of all tile-part headers. */
  readonly header: Segment[];
  /** Packet headers of all tile-parts where they stand apart. */
  readonly packedHeaders: Uint8Array | undefined;
  /** The packets: bodies of all tile-parts, one after the other. */
  readonly data: Address;
  readonly length: number;
}

/** Reads a tile's tile-parts (A.4.2) into the kernel's memory and takes their headers off. */
function readTileParts(source: FileSource, codestream: Codestream, tile: number, kernel: Kernel): TileData {
  const parts = codestream.tiles.of(tile);
  const total = parts.reduce((sum, part) => sum + part.length, 0);
  const data = kernel.allocate(total);
  const memory = kernel.bytes(data, total);
  const header: Segment[] = [];
  const packed: Uint8Array[] = [];
  let length = 0;
  for (const part of parts) {
    const bytes = memory.subarray(length, length + part.length);
    source.readInto(part.position, bytes);
    const reader = new Bytes(bytes, `header of tile ${tile}`);
    if (parseSot(reader)?.tile !== tile) throw new Damage('has changed since it was opened');
    // Copied: the body is moved over them.
    const segments = readSegments(reader, Marker.SOD).map(({ marker, data: segment }) => ({
      marker,
      data: segment.slice(),
    }));
    header.push(...segments);
    const apart = codestream.packedHeaders?.[part.ordinal] ?? readPpt(segments);
    if (apart) packed.push(apart);
    bytes.copyWithin(0, reader.position);
    length += part.length - reader.position;
  }
  return { header, packedHeaders: packed.length > 0 ? Buffer.concat(packed) : undefined, data, length };
}

function isHighThroughput({ components, markers }: TileParameters): boolean {
  return (
    markers.has(Marker.CAP) ||
    components.some(({ coding }) => (coding.blockStyle & BlockStyle.highThroughput) !== 0)
  );
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
