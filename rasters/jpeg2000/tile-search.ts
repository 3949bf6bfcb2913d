/**
 * Finds tiles of a file that is not whole and has no list of them, by looking where they may lie. It takes one tile-part a
 * tile, in order, as ESA writes them. Between tiles whose place is known those of the others are guessed by their areas; in
 * what is fetched there a SOT marker is looked for, which coded data can't contain (B.10.1, C.2.1), and from that one the
 * chain is followed. A tile counts as found when the SOT after it lies where its own says.
 */
import { type ByteRange, joined, missing } from '../byte-ranges.js';
import type { FileSource } from '../file-source.js';
import { NotFetched } from '../partial-file.js';
import type { Seek } from '../raster.js';
import type { Extent } from './boxes.js';
import { EOC_BYTES, LEAST_TILE_PART_BYTES, readSot, SOT_BYTES } from './sot.js';

/** Tiles whose numbers follow each other: `first` to `last`. */
interface Run {
  readonly first: number;
  readonly last: number;
}

/** SOT, and Lsot. */
const MARK = Buffer.from([0xff, 0x90, 0x00, 0x0a]);
/** So many tiles before the wanted one are followed rather than jumped over, which takes a look at a whole tile. */
const MOST_FOLLOWED = 2;
/** More looks than this mean that the tiles lie in another way than is thought. */
const MOST_LOOKS = 24;

export class TileSearch {
  private readonly count: number;
  /** Where each tile begins; NaN where that is not known. The last number is that of the end. */
  private readonly starts: Float64Array;
  /** Tiles whose SOT was seen. */
  private readonly seen: Uint8Array;
  /** Places at which any tile was looked for; what is there besides may have been fetched by an attempt before this one. */
  private looked: readonly ByteRange[] = [];
  /** The areas of all tiles before each. */
  private readonly areas: Float64Array;

  /** @param areas of the tiles, in order */
  constructor(
    private readonly source: FileSource,
    private readonly extent: Extent,
    areas: readonly number[],
  ) {
    this.count = areas.length;
    this.starts = new Float64Array(this.count + 1).fill(NaN);
    this.seen = new Uint8Array(this.count);
    this.areas = new Float64Array(this.count + 1);
    areas.forEach((area, tile) => (this.areas[tile + 1] = this.areas[tile]! + area));
    this.starts[0] = extent.start;
  }

  /** Takes over what is known of a tile, or what its SOT says. @returns whether that agrees with what else is known */
  learn(tile: number, position: number, length: number): boolean {
    const next = position + length;
    const isLast = tile === this.count - 1;
    if (isLast && next !== this.extent.end && next !== this.extent.end - EOC_BYTES) return false;
    if (!this.agrees(tile, position) || !this.agrees(tile + 1, next)) return false;
    this.starts[tile] = position;
    this.starts[tile + 1] = next;
    this.seen[tile] = 1;
    return true;
  }

  /** The tile's place, once it is found. */
  placeOf(tile: number): { readonly position: number; readonly length: number } | undefined {
    if (this.seen[tile] !== 1) return undefined;
    const position = this.starts[tile]!;
    return { position, length: this.starts[tile + 1]! - position };
  }

  /** One for each run of the tiles, which may be any; a single tile between two of them is taken along. */
  seeks(tiles: Iterable<number>): Seek[] {
    const runs: { first: number; last: number }[] = [];
    for (const tile of [...tiles].sort((a, b) => a - b)) {
      const run = runs[runs.length - 1];
      if (run !== undefined && tile <= run.last + 2) run.last = Math.max(run.last, tile);
      else runs.push({ first: tile, last: tile });
    }
    return runs.map((run) => this.seek(run));
  }

  private seek(run: Run): Seek {
    let asked: ByteRange | undefined;
    let looks = 0;
    /** Looks in a row that found nothing. */
    let vain = 0;
    return {
      next: () => {
        if (asked !== undefined) vain = this.look(asked) ? 0 : vain + 1;
        const range = this.wanted(run, vain);
        looks += 1;
        if (range !== undefined && looks > MOST_LOOKS) this.giveUp(range.from);
        asked = range;
        return range;
      },
    };
  }

  /** What of the file to look at next to find a run; undefined when all of it is found. */
  private wanted({ first, last }: Run, vain: number): ByteRange | undefined {
    const { starts, seen } = this;
    let tile = first;
    while (tile <= last && seen[tile] === 1) tile++;
    if (tile > last && (tile === this.count || seen[tile] === 1)) return undefined;
    // With all that lies before it, which is wanted anyway.
    if (!Number.isNaN(starts[tile]!)) return { from: starts[first]!, to: this.onTo(tile, last) };
    const [below, above] = [this.knownBelow(tile), this.knownAbove(tile)];
    const start = starts[below]!;
    if (tile - below <= MOST_FOLLOWED) return { from: start, to: start + SOT_BYTES };
    const size = Math.ceil((this.placeAt(above) - start) / (above - below));
    // A little before it, so that it is met rather than missed.
    const from = Math.max(start + 1, this.guess(tile) - Math.ceil(size / 2));
    // What finds nothing lies within a tile that is larger than was thought.
    const length = (size + (size >> 1)) * 2 ** vain;
    return this.notLookedAt(from, length, { from: start + 1, to: this.placeAt(above) });
  }

  /** From a tile whose place is known to where the last one may begin, and rather less than more. */
  private onTo(tile: number, last: number): number {
    const start = this.starts[tile]!;
    if (tile >= last) return start + SOT_BYTES;
    return Math.max(
      start + SOT_BYTES,
      Math.floor(Math.min(this.guess(last), this.asTheOneBefore(tile, last))),
    );
  }

  /** Where a tile begins if those from a tile on are as long for their areas as the one before that. */
  private asTheOneBefore(tile: number, last: number): number {
    const { starts, areas } = this;
    if (tile === 0 || this.seen[tile - 1] !== 1) return Infinity;
    const length = starts[tile]! - starts[tile - 1]!;
    return starts[tile]! + (length * (areas[last]! - areas[tile]!)) / (areas[tile]! - areas[tile - 1]!);
  }

  /**
   * So many places that were not looked at, from one on; or before it, where a tile that is known follows.
   * @param within where the tile may begin
   * @throws NotFetched where all of those were looked at
   */
  private notLookedAt(from: number, length: number, within: ByteRange): ByteRange {
    const [ahead] = missing([{ from, to: within.to }], this.looked);
    if (ahead) return this.toLookAt(ahead.from, Math.min(ahead.from + length, ahead.to));
    const behind = missing([{ from: within.from, to: from }], this.looked).pop();
    if (behind) return this.toLookAt(Math.max(behind.from, behind.to - length), behind.to);
    return this.giveUp(within.from);
  }

  /** The bytes of a SOT at any place from one to before another. */
  private toLookAt(from: number, to: number): ByteRange {
    return { from, to: Math.min(to + SOT_BYTES - 1, this.extent.end) };
  }

  /** Looks for tiles in bytes that are there by now: one that must begin there, or any. @returns whether one was found */
  private look({ from, to }: ByteRange): boolean {
    for (let tile = 0; tile < this.count; tile++) {
      const start = this.starts[tile]!;
      if (this.seen[tile] === 1 || !(start >= from && start + SOT_BYTES <= to)) continue;
      this.follow(tile, to);
      return true;
    }
    return this.scan(from, to);
  }

  /** From SOT to SOT. */
  private follow(first: number, to: number): void {
    for (let tile = first; tile < this.count && this.starts[tile]! + SOT_BYTES <= to; tile++)
      if (this.seen[tile] !== 1 && this.take(this.starts[tile]!) !== tile) this.giveUp(this.starts[tile]!);
  }

  private scan(from: number, to: number): boolean {
    this.looked = joined([...this.looked, { from, to: to - SOT_BYTES + 1 }]);
    const bytes = Buffer.from(this.source.read(from, to - from));
    for (let at = bytes.indexOf(MARK); at >= 0; at = bytes.indexOf(MARK, at + 1)) {
      if (at + SOT_BYTES > bytes.length) return false;
      const tile = this.take(from + at);
      if (tile === undefined) continue;
      this.follow(tile + 1, to);
      return true;
    }
    return false;
  }

  /** @returns the tile whose SOT lies there, where that can be */
  private take(position: number): number | undefined {
    const sot = readSot(this.source, position);
    if (sot === undefined || sot.tile >= this.count || sot.index !== 0 || sot.count !== 1) return undefined;
    if (sot.length < LEAST_TILE_PART_BYTES || !this.learn(sot.tile, position, sot.length)) return undefined;
    return sot.tile;
  }

  /** Whether a tile may begin there beside those that are known. */
  private agrees(tile: number, position: number): boolean {
    const known = this.starts[tile]!;
    if (!Number.isNaN(known)) return known === position;
    return position > this.placeAt(this.knownBelow(tile)) && position <= this.placeAt(this.knownAbove(tile));
  }

  private guess(tile: number): number {
    const known = this.starts[tile]!;
    if (!Number.isNaN(known)) return known;
    const [below, above] = [this.knownBelow(tile), this.knownAbove(tile)];
    const share = (this.areas[tile]! - this.areas[below]!) / (this.areas[above]! - this.areas[below]!);
    const from = this.placeAt(below);
    return Math.floor(from + share * (this.placeAt(above) - from));
  }

  private knownBelow(tile: number): number {
    let below = tile - 1;
    while (Number.isNaN(this.starts[below]!)) below--;
    return below;
  }

  private knownAbove(tile: number): number {
    let above = tile + 1;
    while (above < this.count && Number.isNaN(this.starts[above]!)) above++;
    return Math.min(above, this.count);
  }

  private placeAt(tile: number): number {
    const known = this.starts[tile]!;
    return Number.isNaN(known) ? this.extent.end : known;
  }

  /** @throws NotFetched: the file is to be read whole */
  private giveUp(position: number): never {
    throw new NotFetched(this.source.path, position, SOT_BYTES);
  }
}
