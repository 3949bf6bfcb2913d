/**
 * From the compressed code-blocks of a tile-component to its samples: tier-1 decoding (ISO/IEC 15444-1 Annex D),
 * dequantization (E), inverse wavelet (F) and level shift (G), each by the kernel on planes in its memory.
 */
import { Orientation, type Subband, type TileComponent } from './geometry.js';
import { inverseWavelet } from './inverse-wavelet.js';
import type { Address, Kernel } from './kernel.js';
import type { BlockData } from './packets.js';
import { BlockStyle } from './block-style.js';
import { allocatePlane, type Plane } from './plane.js';
import type { Quantization } from './parameters.js';
import type { CodingStyle } from './coding-style.js';
import { reachOf } from './reach.js';
import type { Component } from './siz.js';
import { decodeStyledBlock, joinSegments } from './styled-block.js';

/** Samples of a tile-component, in the kernel's memory: valid until the next decode of this thread. */
export interface DecodedTile {
  readonly width: number;
  readonly height: number;
  /** Samples from one row to the next. */
  readonly stride: number;
  readonly samples: Uint8Array | Int8Array | Uint16Array | Int16Array;
}

export interface CodedComponent {
  readonly component: TileComponent;
  readonly sampling: Component;
  readonly coding: CodingStyle;
  readonly quantization: Quantization;
  readonly blocks: BlockData;
  /** By how many bit-planes the region of interest was raised (H.1), 0 without one. */
  readonly roiShift: number;
  /** Where in the kernel's memory the offsets of `blocks` count from. */
  readonly data: Address;
}

/** The kernel holds twice a coefficient's magnitude and its sign in 32 bits. */
const MAX_KERNEL_PLANES = 30;
const NONE: ReadonlyMap<number, { address: Address; length: number }> = new Map();

/** Whether somebody looks at samples of a rectangle of the reference grid. */
export type IsWanted = (x0: number, y0: number, x1: number, y1: number) => boolean;

/**
 * The component's values before component transform and level shift.
 * @param isWanted values that nobody wants may be any; by default all are wanted
 */
export function reconstruct(kernel: Kernel, coded: CodedComponent, isWanted?: IsWanted): Plane {
  const { component, coding } = coded;
  const bands = component.resolutions.map(({ subbands }) => allocateBands(kernel, subbands));
  decodeBlocks(kernel, coded, bands.flat(), isWanted);
  return inverseWavelet(kernel, component, bands, coding.reversible);
}

/** Zeroed planes for the sub-bands of a resolution level, all of one stride, as the kernel wants them. */
function allocateBands(kernel: Kernel, subbands: readonly Subband[]): Plane[] {
  const width = Math.max(...subbands.map(({ x0, x1 }) => x1 - x0));
  return subbands.map(({ y0, y1 }) => allocatePlane(kernel, width, y1 - y0, true));
}

function decodeBlocks(
  kernel: Kernel,
  coded: CodedComponent,
  planes: readonly Plane[],
  isWanted: IsWanted | undefined,
): void {
  const { component, coding, blocks, data, roiShift } = coded;
  const { count, x, y, width, height, subband } = component.blocks;
  const scales = component.subbands.map((band) => quantizationOf(band, coded));
  const isPlain = (coding.blockStyle & ~BlockStyle.predictable) === 0 && roiShift === 0;
  const joined = isPlain ? joinPieces(kernel, blocks, data) : NONE;
  const isNeeded = isWanted && neededFor(isWanted, coded);
  const { decodeBlock } = kernel.call;
  const reversible = Number(coding.reversible);
  for (let block = 0; block < count; block++) {
    const passes = blocks.passes[block]!;
    if (passes === 0) continue;
    if (isNeeded && !isNeeded(block)) continue;
    const band = subband[block]!;
    const { bitPlanes, halfStep } = scales[band]!;
    const planesCoded = bitPlanes + roiShift - blocks.zeroBitPlanes[block]!;
    // All bit-planes said to be empty: OpenJPEG and grok decode none either, though passes are there.
    if (planesCoded <= 0) continue;
    const { address, stride } = planes[band]!;
    if (!isPlain || planesCoded > MAX_KERNEL_PLANES) {
      decodeElsewhere(kernel, coded, block, planesCoded, planes[band]!, halfStep);
      continue;
    }
    const moved = joined.get(block);
    decodeBlock(
      moved?.address ?? data + blocks.start[block]!,
      moved?.length ?? blocks.length[block]!,
      passes,
      planesCoded,
      component.subbands[band]!.orientation,
      width[block]!,
      height[block]!,
      address + y[block]! * stride + x[block]! * 4,
      stride,
      reversible,
      halfStep,
    );
  }
}

/** Whether a code-block reaches samples that are wanted. */
function neededFor(isWanted: IsWanted, { component, coding }: CodedComponent): (block: number) => boolean {
  const { x, y, width, height, subband } = component.blocks;
  const reaches = component.subbands.map((band) => ({
    ...reachOf(band.orientation, levelOf(band, coding), coding.reversible),
    band,
  }));
  return (block) => {
    const { band, scale, x0, y0, x1, y1 } = reaches[subband[block]!]!;
    const [left, top] = [band.x0 + x[block]!, band.y0 + y[block]!];
    const [right, bottom] = [left + width[block]! - 1, top + height[block]! - 1];
    // Of what lies beyond the edges of the tile-component it has no part in anything.
    return isWanted(
      Math.max(component.x0, scale * left + x0),
      Math.max(component.y0, scale * top + y0),
      Math.min(component.x1, scale * right + x1),
      Math.min(component.y1, scale * bottom + y1),
    );
  };
}

/** The decomposition level of a sub-band (B.5). */
function levelOf({ index, orientation }: Subband, { levels }: CodingStyle): number {
  return orientation === Orientation.LL ? levels : levels - Math.floor((index - 1) / 3);
}

/** A code-block that the kernel does not decode. */
function decodeElsewhere(
  kernel: Kernel,
  { component, coding, blocks, data, roiShift }: CodedComponent,
  block: number,
  planes: number,
  plane: Plane,
  halfStep: number,
): void {
  const { x, y, width: widths, height: heights, subband } = component.blocks;
  const [width, height] = [widths[block]!, heights[block]!];
  const pieces = blocks.piecesOf(block).map(({ passes, start, length }) => ({
    passes,
    bytes: kernel.bytes(data + start, length),
  }));
  const style = coding.blockStyle;
  const segments = joinSegments(pieces, style);
  const { orientation } = component.subbands[subband[block]!]!;
  const values = decodeStyledBlock({ width, height, orientation, style, planes, segments });
  // H.1: what was raised lies wholly above the rest.
  const raised = 2 ** roiShift;
  if (roiShift > 0)
    values.forEach((value, i) => (Math.abs(value) >= raised ? (values[i] = value / raised) : 0));
  for (let row = 0; row < height; row++) {
    const at = plane.address + (y[block]! + row) * plane.stride + x[block]! * 4;
    const line = values.subarray(row * width, (row + 1) * width);
    // Stored as the kernel does: E-8 cuts off fractions, E-6 multiplies by the step.
    if (coding.reversible) new Int32Array(kernel.buffer, at, width).set(line);
    else new Float32Array(kernel.buffer, at, width).set(line.map((value) => value * 2 * halfStep));
  }
}

/** Puts together the data of code-blocks that came in several packets. */
function joinPieces(
  kernel: Kernel,
  { pieces: several }: BlockData,
  data: Address,
): Map<number, { address: Address; length: number }> {
  const joined = new Map<number, { address: Address; length: number }>();
  for (const [block, pieces] of several) {
    const total = pieces.reduce((sum, piece) => sum + piece.length, 0);
    const address = kernel.allocate(total);
    let to = address;
    for (const piece of pieces) {
      kernel.bytes(to, piece.length).set(kernel.bytes(data + piece.start, piece.length));
      to += piece.length;
    }
    joined.set(block, { address, length: total });
  }
  return joined;
}

/** Mb (E-2), and half the step size (E-3) in the scale of the kernel's wavelet. */
function quantizationOf(
  { index, orientation }: Subband,
  { quantization, sampling, coding }: CodedComponent,
): { bitPlanes: number; halfStep: number } {
  const { style, guardBits, steps } = quantization;
  // E-5: only LL's step is told; the exponent falls by one from each level to the next finer one.
  const finer = orientation === Orientation.LL ? 0 : Math.floor((index - 1) / 3);
  const step = style === 'derived' ? steps[0]! : steps[index]!;
  const exponent = style === 'derived' ? Math.max(0, step.exponent - finer) : step.exponent;
  const bitPlanes = guardBits + exponent - 1;
  if (coding.reversible) return { bitPlanes, halfStep: 1 };
  // E-3 adds log2 of the sub-band's gain to the precision; the kernel's 9/7 has that gain in its constants.
  return { bitPlanes, halfStep: 0.5 * (1 + step.mantissa / 2048) * 2 ** (sampling.precision - exponent) };
}

/** From values to samples: rounded, shifted, clamped (G.1). */
export function convert(
  kernel: Kernel,
  plane: Plane,
  { component, coding, sampling }: Pick<CodedComponent, 'component' | 'coding' | 'sampling'>,
): DecodedTile {
  const { precision, signed } = sampling;
  const width = component.x1 - component.x0;
  const height = component.y1 - component.y0;
  const stride = Math.ceil(width / 8) * 8;
  const bytes = precision <= 8 ? 1 : 2;
  const needed = stride * height * bytes + 16;
  const out = plane.spare && plane.spare.length >= needed ? plane.spare.address : kernel.allocate(needed);
  const half = 2 ** (precision - 1);
  kernel.call.writeSamples(
    plane.address,
    plane.stride,
    width,
    height,
    Number(coding.reversible),
    signed ? 0 : half,
    signed ? -half : 0,
    signed ? half - 1 : 2 * half - 1,
    out,
    stride * bytes,
    bytes,
  );
  const Samples = bytes === 1 ? (signed ? Int8Array : Uint8Array) : signed ? Int16Array : Uint16Array;
  return { width, height, stride, samples: new Samples(kernel.buffer, out, stride * height) };
}
