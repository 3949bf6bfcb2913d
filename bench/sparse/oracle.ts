/** What one would fetch of a scene who knew beforehand which tiles are needed: none of the code that is measured. */
import { type Ground, type GroundBand, gridOf } from '../ground.js';
import type { Site } from '../product/site.js';
import { type ImageTile, readTiles } from './tiled-image.js';

export const BANDS = ['B04', 'B08', 'SCL'] as const;
export type ImageOf = (band: GroundBand) => string;

/** Whether an image's tile is needed. */
export type IsNeeded = (band: GroundBand, tile: ImageTile) => boolean;

export interface Oracle {
  /** Of the needed tiles and of all headers. */
  readonly bytes: number;
  /** Of whole objects. */
  readonly wholeBytes: number;
  /** What decoding the needed tiles takes of decoding all, by their bytes. */
  readonly decodingShare: number;
  readonly tiles: number;
  readonly ofTiles: number;
}

export function oracleOf(imageOf: ImageOf, isNeeded: IsNeeded): Oracle {
  let [bytes, wholeBytes, needed, all, tiles, ofTiles] = [0, 0, 0, 0, 0, 0];
  for (const band of BANDS) {
    const image = readTiles(imageOf(band));
    bytes += image.headerBytes;
    wholeBytes += image.fileBytes;
    for (const tile of image.tiles) {
      all += tile.bytes;
      ofTiles += 1;
      if (!isNeeded(band, tile)) continue;
      needed += tile.bytes;
      tiles += 1;
    }
  }
  return { bytes: bytes + needed, wholeBytes, decodingShare: needed / all, tiles, ofTiles };
}

/** By which CbM chooses parcels: their box meets that of the area and a kilometre around it, in their own CRS. */
const AREA = `
  SELECT ST_SetSRID(ST_Expand(ST_Extent(ST_Transform(ST_Segmentize(wkb_geometry, 0.01), 28992)), 1000), 28992) AS box
  FROM aois`;

/** A tile from the centre of its first pixel to that of its last: what it must reach to hold a pixel of something. */
const MEETS = `
  WITH area AS (${AREA}), tile AS (
    SELECT number, ST_Transform(ST_Segmentize(ST_MakeEnvelope(lower_x, lower_y, upper_x, upper_y, $5), 1000), 28992) AS outline
    FROM unnest($1::float8[], $2::float8[], $3::float8[], $4::float8[])
      WITH ORDINALITY AS t (lower_x, lower_y, upper_x, upper_y, number)
  )
  SELECT ST_Intersects(outline, box) OR EXISTS (
           SELECT FROM parcels WHERE wkb_geometry && box AND ST_Intersects(wkb_geometry, outline)) AS meets
  FROM tile, area ORDER BY number`;

/** The tiles that the area of interest and its kilometre meet, and those that parcels at its edge reach into. */
export async function tilesOfArea(site: Site, ground: Ground, imageOf: ImageOf): Promise<IsNeeded> {
  const met = new Map<string, boolean>();
  for (const band of BANDS) {
    const { originX, originY, stepX, stepY, epsg } = gridOf(ground, band === 'SCL' ? 20 : 10);
    const { tiles } = readTiles(imageOf(band));
    const x = (column: number): number => originX + (column + 0.5) * stepX;
    const y = (row: number): number => originY + (row + 0.5) * stepY;
    const { rows } = await site.pool.query<{ meets: boolean }>(MEETS, [
      tiles.map(({ column }) => x(column)),
      tiles.map(({ row, height }) => y(row + height - 1)),
      tiles.map(({ column, width }) => x(column + width - 1)),
      tiles.map(({ row }) => y(row)),
      epsg,
    ]);
    rows.forEach(({ meets }, i) => met.set(nameOf(band, tiles[i]!), meets));
  }
  return (band, tile) => met.get(nameOf(band, tile)) === true;
}

function nameOf(band: GroundBand, { column, row }: ImageTile): string {
  return `${band} ${column} ${row}`;
}
