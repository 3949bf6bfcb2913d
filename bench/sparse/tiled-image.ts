/**
 * Which bytes of a JPEG 2000 file each of its tiles takes, read from its markers alone (ISO/IEC 15444-1, A.4.2 and A.5.1): none
 * of the reader that is measured.
 */
import { readFileSync } from 'node:fs';
import { tileParts } from '../tile-lengths.js';

export interface ImageTile {
  /** Of its upper left pixel. */
  readonly column: number;
  readonly row: number;
  readonly width: number;
  readonly height: number;
  readonly bytes: number;
}

export interface TiledImage {
  readonly fileBytes: number;
  /** All that stands before the first tile. */
  readonly headerBytes: number;
  readonly tiles: readonly ImageTile[];
}

export function readTiles(path: string): TiledImage {
  const file = readFileSync(path);
  const { start, first, parts } = tileParts(file);
  // Behind SOC, SIZ, Lsiz and Rsiz: the image's far corner, its offset (0 here), and the size of a tile.
  const [width, height, tileWidth, tileHeight] = [8, 12, 24, 28].map((at) =>
    file.readUInt32BE(start + at),
  ) as [number, number, number, number];
  const across = Math.ceil(width / tileWidth);
  const bytes = new Array<number>(across * Math.ceil(height / tileHeight)).fill(0);
  for (const { tile, length } of parts) bytes[tile]! += length;
  const tiles = bytes.map((taken, tile) => {
    const [column, row] = [(tile % across) * tileWidth, Math.floor(tile / across) * tileHeight];
    return {
      ...{ column, row, bytes: taken },
      width: Math.min(tileWidth, width - column),
      height: Math.min(tileHeight, height - row),
    };
  });
  return { fileBytes: file.length, headerBytes: first, tiles };
}
