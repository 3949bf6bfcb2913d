/**
 * From the compressed code-blocks of a tile-component to its samples: tier-1 decoding (ISO/IEC 15444-1 Annex D),
 * dequantization (E), inverse wavelet (F) and level shift (G), each by the kernel on planes in its memory.
 */
import { Damage } from '../damage.js';
import { Orientation, type Subband, type TileComponent } from './geometry.js';
import type { Address, Kernel } from './kernel.js';
import type { BlockData } from './packets.js';
import type { CodingStyle, Quantization } from './parameters.js';
import type { Component } from './siz.js';

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
  /** Where in the kernel's memory the offsets of `blocks` count from. */
  readonly data: Address;
}

/** Rows of 32-bit values in the kernel's memory; `stride` in bytes. */
interface Plane {
  readonly address: Address;
  readonly stride: number;
}

/** Bytes left free before a plane, and words behind each row: the kernel works four values at a time. */
const MARGIN = 32;
const ROW_PADDING = 16;

export function reconstruct(kernel: Kernel, coded: CodedComponent): DecodedTile {
  const { component, coding } = coded;
  const bands = component.resolutions.map(({ subbands }) => allocateBands(kernel, subbands));
  decodeBlocks(kernel, coded, bands.flat());
  const plane = inverseWavelet(kernel, component, bands, coding.reversible);
  return convert(kernel, plane, coded);
}

/** Zeroed planes for the sub-bands of a resolution level, all of one stride, as the kernel wants them. */
function allocateBands(kernel: Kernel, subbands: readonly Subband[]): Plane[] {
  const width = Math.max(...subbands.map(({ x0, x1 }) => x1 - x0));
  return subbands.map(({ y0, y1 }) => allocatePlane(kernel, width, y1 - y0, true));
}

function allocatePlane(kernel: Kernel, width: number, height: number, zeroed: boolean): Plane {
  const stride = 4 * (Math.ceil(width / 4) * 4 + ROW_PADDING);
  const bytes = 2 * MARGIN + stride * (height + 1);
  const start = kernel.allocate(bytes);
  if (zeroed) kernel.bytes(start, bytes).fill(0);
  return { address: start + MARGIN, stride };
}

function decodeBlocks(kernel: Kernel, coded: CodedComponent, planes: readonly Plane[]): void {
  const { component, coding, blocks, data } = coded;
  const { count, x, y, width, height, subband } = component.blocks;
  const scales = component.subbands.map((band) => quantizationOf(band, coded));
  const joined = joinPieces(kernel, blocks, data);
  const { decodeBlock } = kernel.call;
  const reversible = Number(coding.reversible);
  for (let block = 0; block < count; block++) {
    const passes = blocks.passes[block]!;
    if (passes === 0) continue;
    const band = subband[block]!;
    const { bitPlanes, halfStep } = scales[band]!;
    const planesCoded = bitPlanes - blocks.zeroBitPlanes[block]!;
    // The first coding pass of a code-block is the only one of its bit-plane (D.3).
    if (passes > 3 * planesCoded - 2)
      throw new Damage('has a code-block with more coding passes than bit-planes');
    const { address, stride } = planes[band]!;
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

/** Puts together the data of code-blocks that came in several packets. */
function joinPieces(
  kernel: Kernel,
  { start, length, laterPieces }: BlockData,
  data: Address,
): Map<number, { address: Address; length: number }> {
  const joined = new Map<number, { address: Address; length: number }>();
  for (const [block, later] of laterPieces) {
    const pieces = [{ start: start[block]!, length: length[block]! }, ...later];
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

/** IDWT (F.3.1): resolution levels from the lowest up. Two planes in turn: a level reads one and writes the other. */
function inverseWavelet(
  kernel: Kernel,
  component: TileComponent,
  bands: Plane[][],
  reversible: boolean,
): Plane {
  const { resolutions } = component;
  const top = resolutions.length - 1;
  let plane = bands[0]![0]!;
  if (top === 0) return plane;
  const sizes = resolutions.map(({ x0, y0, x1, y1 }) => ({ width: x1 - x0, height: y1 - y0 }));
  const { width, height } = sizes[top]!;
  const scratch = kernel.allocate(64 * (Math.max(width, height) + 64));
  const outputs = [top, top - 1].map((r) => allocatePlane(kernel, sizes[r]!.width, sizes[r]!.height, false));
  for (let r = 1; r <= top; r++) {
    const { x0, y0, x1, y1 } = resolutions[r]!;
    if (x1 === x0 || y1 === y0) continue;
    const [hl, lh, hh] = bands[r]!;
    const address = outputs[(top - r) % 2]!.address;
    // A smaller level uses the start of its plane, in rows of its own length.
    const stride = 4 * (Math.ceil((x1 - x0) / 4) * 4 + ROW_PADDING);
    const inverse = reversible ? kernel.call.inverse53 : kernel.call.inverse97;
    inverse(
      plane.address,
      plane.stride,
      hl!.address,
      lh!.address,
      hh!.address,
      hl!.stride,
      x0,
      y0,
      x1,
      y1,
      address,
      stride,
      scratch,
    );
    plane = { address, stride };
  }
  return plane;
}

function convert(kernel: Kernel, plane: Plane, { component, coding, sampling }: CodedComponent): DecodedTile {
  const { precision, signed } = sampling;
  const width = component.x1 - component.x0;
  const height = component.y1 - component.y0;
  const stride = Math.ceil(width / 8) * 8;
  const bytes = precision <= 8 ? 1 : 2;
  const out = kernel.allocate(stride * height * bytes + 16);
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
