/**
 * Where the tile-parts of each tile lie. They are found by following Psot from SOT to SOT (A.4.2): a dozen bytes a tile-part,
 * and never at odds with what the decoder meets later. Of a file that is not whole each of those may have to be fetched, so
 * there the TLM segments are believed where they fill the codestream, and checked by each SOT that is there.
 */
import { type BlockPlace, readPlaces } from '../block-places.js';
import { Damage } from '../damage.js';
import type { FileSource } from '../file-source.js';
import { Unsupported } from '../unsupported.js';
import type { Extent } from './boxes.js';
import { Bytes } from './bytes.js';
import { MAX_TILE_BYTES, MAX_TILE_PARTS } from './limits.js';
import { Marker } from './markers.js';
import type { Segment } from './segment.js';
import { type ImageSize, tileRectangle } from './siz.js';
import { EOC_BYTES, LEAST_TILE_PART_BYTES, readSot, SOT_BYTES } from './sot.js';
import { type TilePartLength, tilePartLengths } from './tile-lengths.js';
import { TileSearch } from './tile-search.js';

/** A tile-part from its SOT marker on. */
export interface TilePart {
  readonly position: number;
  readonly length: number;
  /** Its place among the tile-parts of all tiles. */
  readonly ordinal: number;
  /** Its length is not told: it goes on to the end of the codestream, and whatever lies there. */
  readonly toEnd: boolean;
}

export class TileParts {
  readonly length: number;
  /** Whether the main header tells where all of them lie, or what was found before, in a file that is not whole. */
  readonly isListed: boolean;
  /** Finds tiles of a file that is not whole and has no such list; undefined where they can't be guessed. */
  readonly search: TileSearch | undefined;
  private readonly tiles: TilePart[][];
  /** Tile-parts of each tile, as far as a SOT has told their number. */
  private readonly promised: Uint8Array;
  private readonly oneBased: Uint8Array;
  private readonly hasHeaderList: boolean;
  private ordinal = 0;
  /** Where the next SOT lies; undefined once all are found. */
  private next: number | undefined;

  constructor(
    private readonly source: FileSource,
    private readonly extent: Extent,
    size: ImageSize,
    header: readonly Segment[],
  ) {
    this.length = size.tileColumns * size.tileRows;
    this.tiles = Array.from({ length: this.length }, () => []);
    this.promised = new Uint8Array(this.length);
    this.oneBased = new Uint8Array(this.length);
    this.next = extent.start;
    const told = tilePartLengths(header);
    this.hasHeaderList = told !== undefined && this.fill(told);
    const places = source.isPartial ? readPlaces(source.path) : [];
    const found = places.map(({ block, length }) => ({ tile: block, bytes: length }));
    const isAll = places[0]?.position === extent.start && this.fill(found);
    const list = !source.isPartial ? undefined : this.hasHeaderList ? told : isAll ? found : undefined;
    this.isListed = list !== undefined;
    if (list) this.take(list);
    else if (source.isPartial && this.isTileByTile()) this.search = this.begin(size, places);
  }

  /**
   * The tile-parts of a tile, in order.
   * @throws Damage where one can't be right, runs past the end, or is missing; NotFetched where the next SOT is
   */
  of(tile: number): readonly TilePart[] {
    const place = this.search?.placeOf(tile);
    if (place) {
      const part = { ...place, ordinal: tile, toEnd: false };
      this.check(tile, part, 0, 1);
      requireReadable(tile, [part]);
      return [part];
    }
    const parts = this.tiles[tile]!;
    while (this.next !== undefined && !(parts.length > 0 && parts.length === this.promised[tile]))
      this.step();
    if (this.isListed)
      parts.forEach((part, index) => {
        this.check(tile, part, index, parts.length);
      });
    requireReadable(tile, parts);
    return parts;
  }

  /** @throws as `of`, for any tile */
  locateAll(): void {
    while (this.next !== undefined) this.step();
  }

  /**
   * Where the tiles lie of which that is known by now; none where the header tells it, or a tile goes on to the end of the file.
   */
  places(): BlockPlace[] {
    if (this.hasHeaderList) return [];
    if (this.tiles.some((parts) => parts.some(({ toEnd }) => toEnd))) return [];
    return this.tiles.flatMap((parts, block) => {
      const isComplete = this.next === undefined || parts.length === this.promised[block];
      const place = this.search?.placeOf(block);
      const known = place ? [place] : isComplete ? parts : [];
      return known.map(({ position, length }) => ({ block, position, length }));
    });
  }

  /** Whether the first tile-part, as far as it is there, is all of the first tile. */
  private isTileByTile(): boolean {
    const { source, extent } = this;
    if (!source.has(extent.start, SOT_BYTES)) return false;
    const sot = readSot(source, extent.start);
    return sot?.tile === 0 && sot.index === 0 && sot.count === 1;
  }

  private begin(size: ImageSize, places: readonly BlockPlace[]): TileSearch {
    const areas = this.tiles.map((_, tile) => {
      const { x0, y0, x1, y1 } = tileRectangle(size, tile);
      return (x1 - x0) * (y1 - y0);
    });
    const search = new TileSearch(this.source, this.extent, areas);
    for (const { block, position, length } of places)
      if (block < this.length) search.learn(block, position, length);
    return search;
  }

  /** Takes the tile-part at `next`. */
  private step(): void {
    const { source, extent } = this;
    const position = this.next!;
    if (position + SOT_BYTES > extent.end) {
      this.end(position);
      return;
    }
    const sot = readSot(source, position);
    if (!sot) {
      this.end(position);
      return;
    }
    const length = sot.length === 0 ? lengthToEnd(source, position, extent.end) : sot.length;
    const parts = this.tiles[sot.tile];
    if (!parts) throw new Damage(`has a tile-part of tile ${sot.tile}, but only ${this.length} tiles`);
    // Some writers count from 1, up to the number of tile-parts.
    if (parts.length === 0 && sot.index === 1 && sot.count > 0) this.oneBased[sot.tile] = 1;
    if (parts.length + this.oneBased[sot.tile]! !== sot.index)
      throw new Damage(`has the tile-parts of tile ${sot.tile} out of order`);
    this.requireSane(sot.tile, position, length);
    parts.push({ position, length, ordinal: this.ordinal++, toEnd: sot.length === 0 });
    this.promised[sot.tile] = Math.max(this.promised[sot.tile]!, sot.count);
    this.next = position + length;
  }

  private requireSane(tile: number, position: number, length: number): void {
    const { end } = this.extent;
    if (this.ordinal >= MAX_TILE_PARTS) throw new Unsupported(`has more than ${MAX_TILE_PARTS} tile-parts`);
    if (length < LEAST_TILE_PART_BYTES)
      throw new Damage(`has a tile-part of impossible length at byte ${position}`);
    if (position + length > end)
      throw new Damage(
        `is truncated: tile ${tile} ends at byte ${position + length}, the codestream at ${end}`,
      );
  }

  /** Where no SOT follows: the end of the codestream, with tile-parts of all tiles before it. */
  private end(position: number): void {
    const { source, extent } = this;
    if (position + EOC_BYTES <= extent.end && !isEoc(source, position))
      throw new Damage(`has neither a tile-part nor the end of the codestream at byte ${position}`);
    this.tiles.forEach((parts, tile) => {
      if (parts.length === 0 || parts.length < this.promised[tile]!) {
        throw new Damage(
          `is truncated: tile ${tile} of ${this.length} has ${parts.length} of its tile-parts`,
        );
      }
      requireReadable(tile, parts);
    });
    this.next = undefined;
  }

  /** Whether tile-parts of these lengths fill the codestream, and every tile has one. */
  private fill(lengths: readonly TilePartLength[]): boolean {
    const { start, end } = this.extent;
    const met = new Uint8Array(this.length);
    let position = start;
    for (const { tile, bytes } of lengths) {
      if (tile >= this.length || bytes < LEAST_TILE_PART_BYTES) return false;
      met[tile] = 1;
      position += bytes;
    }
    return (
      lengths.length <= MAX_TILE_PARTS &&
      met.every((one) => one === 1) &&
      (position === end - EOC_BYTES || position === end)
    );
  }

  private take(lengths: readonly TilePartLength[]): void {
    let position = this.extent.start;
    for (const { tile, bytes } of lengths) {
      this.tiles[tile]!.push({ position, length: bytes, ordinal: this.ordinal++, toEnd: false });
      position += bytes;
    }
    this.next = undefined;
  }

  /** @throws Damage where a tile-part of a list is there and is not what the list says */
  private check(tile: number, { position, length }: TilePart, index: number, count: number): void {
    if (!this.source.has(position, SOT_BYTES)) return;
    const sot = readSot(this.source, position);
    const isOfTile = sot?.tile === tile && (sot.length === length || sot.length === 0);
    const isInOrder = sot?.index === index || (sot?.index === index + 1 && sot.count > 0);
    if (!isOfTile || !isInOrder || sot.count > count)
      throw new Damage(
        `is said, by TLM or by what was found before, to have tile ${tile} at byte ${position}, which is wrong`,
      );
  }
}

function requireReadable(tile: number, parts: readonly TilePart[]): void {
  const bytes = parts.reduce((sum, part) => sum + part.length, 0);
  if (bytes > MAX_TILE_BYTES)
    throw new Unsupported(`has ${bytes} bytes in tile ${tile}; at most ${MAX_TILE_BYTES} are read`);
}

function isEoc(source: FileSource, position: number): boolean {
  return new Bytes(source.read(position, EOC_BYTES), 'codestream').u16() === Marker.EOC;
}

/** Psot = 0: the last tile-part goes on to the EOC marker (A.4.2), or to the end where EOC is left out. */
function lengthToEnd(source: FileSource, position: number, end: number): number {
  const closed = end - position >= LEAST_TILE_PART_BYTES && isEoc(source, end - EOC_BYTES);
  return end - position - (closed ? EOC_BYTES : 0);
}
