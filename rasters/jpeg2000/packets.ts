/**
 * Packets (ISO/IEC 15444-1 B.9, B.10): which code-blocks a tile's data belongs to, and how many coding passes of each.
 */
import { Damage } from '../damage.js';
import { segmentEnd } from './block-style.js';
import type { PrecinctBand, TileComponent } from './geometry.js';
import { HeaderBits } from './header-bits.js';
import { MAX_BLOCK_VISITS } from './limits.js';
import { Marker } from './markers.js';
import type { TileParameters } from './parameters.js';
import type { PacketId } from './progression.js';
import { TagTrees } from './tag-tree.js';
import { Unsupported } from '../unsupported.js';

/** The compressed data of the code-blocks of a tile-component, as packets deliver it. */
export class BlockData {
  /** Coding passes (B.10.6); 0 for a code-block that no packet holds. */
  readonly passes: Uint16Array;
  /** Missing most significant bit-planes, P of B.10.5. */
  readonly zeroBitPlanes: Uint8Array;
  /** Where the first piece of data starts, and its length. */
  readonly start: Int32Array;
  readonly length: Int32Array;
  /** All pieces of code-blocks that have several: of several layers, or of several codeword segments. */
  readonly pieces = new Map<number, Piece[]>();
  readonly included: Uint8Array;
  /** Lblock (B.10.7.1). */
  readonly lengthBits: Uint8Array;
  readonly trees: TagTrees;

  /** @param style of the component's code-blocks (table A.19) */
  constructor(
    component: TileComponent,
    readonly style: number,
  ) {
    const { count } = component.blocks;
    this.passes = new Uint16Array(count);
    this.zeroBitPlanes = new Uint8Array(count);
    this.start = new Int32Array(count);
    this.length = new Int32Array(count);
    this.included = new Uint8Array(count);
    this.lengthBits = new Uint8Array(count).fill(3);
    this.trees = new TagTrees(component.nodeCount);
  }

  add(block: number, passes: number, start: number, length: number): void {
    const before = this.passes[block]!;
    if (before === 0) {
      this.start[block] = start;
      this.length[block] = length;
    } else {
      const pieces = this.pieces.get(block);
      if (pieces) pieces.push({ passes, start, length });
      else this.pieces.set(block, [this.firstPiece(block), { passes, start, length }]);
    }
    this.passes[block] = before + passes;
  }

  /** All pieces of a code-block, in order. */
  piecesOf(block: number): readonly Piece[] {
    return this.pieces.get(block) ?? [this.firstPiece(block)];
  }

  private firstPiece(block: number): Piece {
    return { passes: this.passes[block]!, start: this.start[block]!, length: this.length[block]! };
  }
}

/** What one packet brings of one codeword segment of a code-block. */
export interface Piece {
  readonly passes: number;
  readonly start: number;
  readonly length: number;
}

/** No code-block has more: 3 passes a bit-plane and at most 37 of them (E-2), 74 with a region of interest (H.1). */
const MAX_PASSES = 3 * 74;
/** Longest piece of data: beyond it Lblock is damage. */
const MAX_LENGTH_BITS = 30;

/**
 * Reads all packets of a tile.
 *
 * @param data the bodies of the tile's tile-parts, one after the other
 * @param headers the packet headers where they are packed (A.7.4, A.7.5), else undefined
 * @returns the code-blocks' data of each component, and how many bytes are left behind the last packet
 * @throws Damage where data ends before the last packet, or a header can't be right
 */
export function readPackets(
  data: Uint8Array,
  headers: Uint8Array | undefined,
  parameters: TileParameters,
  components: readonly TileComponent[],
  order: Iterable<PacketId>,
): { blocks: BlockData[]; left: number } {
  const blockData = components.map(
    (component, index) => new BlockData(component, parameters.components[index]!.coding.blockStyle),
  );
  const reader = new PacketReader(data, headers, parameters);
  for (const { component, resolution, precinct, layer } of order) {
    const bands = components[component]!.resolutions[resolution]!.precincts[precinct]!;
    reader.read(bands, blockData[component]!, layer);
  }
  return { blocks: blockData, left: reader.left };
}

class PacketReader {
  private position = 0;
  /** The next packed header; stays 0 where headers stand with the packets. */
  private headerPosition = 0;
  private visits = 0;
  /** Code-block, passes and length of each contribution of the packet being read. */
  private readonly contributions: number[] = [];

  constructor(
    private readonly data: Uint8Array,
    private readonly headers: Uint8Array | undefined,
    private readonly parameters: TileParameters,
  ) {}

  get left(): number {
    return this.data.length - this.position;
  }

  read(bands: readonly PrecinctBand[], blocks: BlockData, layer: number): void {
    const { data, headers, parameters, contributions } = this;
    if (parameters.sop && markerIs(data, this.position, Marker.SOP)) this.position += 6; // A.8.1
    const bits = headers ? new HeaderBits(headers, this.headerPosition) : new HeaderBits(data, this.position);
    contributions.length = 0;
    // The first bit is 0 for a packet of no code-block at all (B.10.3).
    if (bits.bit() === 1) for (const band of bands) this.readBand(bits, band, blocks, layer);
    bits.align();
    let end = bits.position;
    if (parameters.eph) {
      if (!markerIs(headers ?? data, end, Marker.EPH))
        throw new Damage('has a packet header without its end marker (EPH)');
      end += 2; // A.8.2
    }
    if (headers) this.headerPosition = end;
    else this.position = end;
    for (let i = 0; i < contributions.length; i += 3) {
      const length = contributions[i + 2]!;
      if (this.position + length > data.length)
        throw new Damage('has a packet that runs past the end of its tile');
      blocks.add(contributions[i]!, contributions[i + 1]!, this.position, length);
      this.position += length;
    }
  }

  private readBand(bits: HeaderBits, band: PrecinctBand, blocks: BlockData, layer: number): void {
    const { included, trees, lengthBits, passes } = blocks;
    this.visits += band.blockCount;
    if (this.visits > MAX_BLOCK_VISITS) throw new Unsupported('has too many layers for its code-blocks');
    for (let leaf = 0; leaf < band.blockCount; leaf++) {
      const block = band.firstBlock + leaf;
      if (included[block] === 1) {
        if (bits.bit() === 0) continue;
      } else {
        // B.10.4: the tree's value is the layer in which the code-block comes first.
        if (!trees.isBelow(bits, band.tree, band.inclusionNodes, leaf, layer + 1)) continue;
        included[block] = 1;
        blocks.zeroBitPlanes[block] = readZeroBitPlanes(bits, trees, band, leaf);
      }
      const added = readPassCount(bits);
      if (passes[block]! + added > MAX_PASSES)
        throw new Damage('has a code-block with too many coding passes');
      while (bits.bit() === 1) {
        if (++lengthBits[block]! > MAX_LENGTH_BITS) throw new Damage('has a code-block of impossible length');
      }
      // B.10.7.2: a length for each codeword segment that the passes belong to.
      const last = passes[block]! + added;
      for (let pass = passes[block]!; pass < last;) {
        const end = blocks.style === 0 ? last : Math.min(last, segmentEnd(pass, blocks.style));
        this.contributions.push(block, end - pass, readLength(bits, lengthBits[block]!, end - pass));
        pass = end;
      }
    }
  }
}

/** B.10.7.1: Lblock + floor(log2(passes)) bits. */
function readLength(bits: HeaderBits, lengthBits: number, passes: number): number {
  const width = lengthBits + 31 - Math.clz32(passes);
  if (width > MAX_LENGTH_BITS) throw new Damage('has a code-block of impossible length');
  return bits.bits(width);
}

function markerIs(data: Uint8Array, position: number, marker: number): boolean {
  return (
    position + 2 <= data.length && data[position] === marker >> 8 && data[position + 1] === (marker & 0xff)
  );
}

/** More than any coding has; what the second tag tree may say is bounded by it. */
const MAX_ZERO_BIT_PLANES = 74;

/**
 * B.10.5: the second tag tree, read up to the leaf's very value. Asking for it at once reads the bits that asking for one
 * threshold after the other does: no node sends a bit before the node above has sent all of its own.
 */
function readZeroBitPlanes(bits: HeaderBits, trees: TagTrees, band: PrecinctBand, leaf: number): number {
  if (!trees.isBelow(bits, band.tree, band.zeroBitPlaneNodes, leaf, MAX_ZERO_BIT_PLANES + 1))
    throw new Damage('has a code-block with more empty bit-planes than there are');
  return trees.valueOf(band.zeroBitPlaneNodes, leaf);
}

/** The number of coding passes (table B.4). */
function readPassCount(bits: HeaderBits): number {
  if (bits.bit() === 0) return 1;
  if (bits.bit() === 0) return 2;
  const two = bits.bits(2);
  if (two < 3) return 3 + two;
  const five = bits.bits(5);
  if (five < 31) return 6 + five;
  return 37 + bits.bits(7);
}
