/**
 * How many parcels are large enough for their resolution, by JRC's rule (Vajsova et al. 2020, Remote Sensing 12(14), 2195):
 * 8 full pixels at least, and less than 60 % of the pixels lost 5 m from the border. Counted on the UTM grids that Sentinel-2's
 * tiles are cut from. Full pixels are those wholly inside the parcel; lost are those with their centre in the parcel and not in what
 * is left of it 5 m from the border.
 */
import type pg from 'pg';
import {
  type Coverage,
  CoverageBuilder,
  GeometryError,
  ParcelSetBuilder,
  type PixelRule,
} from '../../../zonal/index.js';
import { areaM2, isLargeEnough, polygons } from '../../selection/parcel-rule.js';
import type { Transform } from '../../selection/projected-box.js';
import { query, triedByProj } from '../../session/session.js';
import { buffered, inside } from '../inner-buffer.js';
import type { Piece } from './blocks.js';
import type { CheckedTable } from './table.js';
import { placeOf, UTM_ZONE } from './utm-zone.js';

const FULL_PIXELS = 8;
const LOST_SHARE = 0.6;
const BUFFER_METRES = 5;
/** Pixels of Sentinel-2's bands, metres; the grids of both have their corners at multiples of the larger one. */
const RESOLUTIONS = [10, 20] as const;
const COARSEST = 20;
/** What is wider is no parcel, and its grid would be too large, metres. */
const WIDEST = 200_000;

export interface UsableParcels {
  readonly rule: { readonly fullPixels: number; readonly lostShare: number; readonly bufferM: number };
  /** Parcels that the smallest area leaves. */
  readonly parcels: number;
  readonly byResolution: readonly { readonly metres: number; readonly usable: number }[];
}

/** Shapes are moved by whole pixels to the lower left corner of a grid, one pixel from its border, so that one grid does for all. */
const SHAPES = (table: CheckedTable, minAreaM2: number, where: string, transform: Transform) => {
  const selection = { parcels: table };
  const corner = (axis: 'X' | 'Y') => `floor(ST_${axis}Min(g) / ${COARSEST}) * ${COARSEST} - ${COARSEST}`;
  return `
  WITH parcel AS MATERIALIZED (
    SELECT ST_SetSRID(${polygons(selection, 'p.wkb_geometry')}, ${table.crs.srid}) AS shape, ${placeOf(table, transform)} AS place
    FROM ${table.key} p
    WHERE ${where} AND NOT ST_IsEmpty(p.wkb_geometry) AND ${isLargeEnough(areaM2(selection), String(minAreaM2))}
  ), drawn AS MATERIALIZED (
    SELECT ${transform}(shape, ${UTM_ZONE}) AS g FROM parcel WHERE abs(ST_X(place)) <= 180 AND abs(ST_Y(place)) <= 90
  ), sized AS (
    SELECT g, ${corner('X')} AS x, ${corner('Y')} AS y, ST_XMax(g) - ST_XMin(g) AS width, ST_YMax(g) - ST_YMin(g) AS height FROM drawn
  )
  SELECT width, height, ST_AsBinary(ST_Translate(g, -x, -y), 'NDR') AS whole,
         ST_AsBinary(ST_Translate(${buffered(inside('g'), BUFFER_METRES, transform)}, -x, -y), 'NDR') AS shrunken
  FROM sized WHERE width < ${WIDEST} AND height < ${WIDEST}`;
};

interface Shape {
  readonly width: number;
  readonly height: number;
  readonly whole: Buffer;
  /** NULL where it can't be shrunken. */
  readonly shrunken: Buffer | null;
}

/** @returns undefined where PROJ or GEOS refuse some of them, and it is not known which. */
export async function countUsable(
  client: pg.ClientBase,
  { table, minAreaM2, careful }: { table: CheckedTable; minAreaM2: number; careful: Transform | undefined },
  pieces: readonly Piece[],
  onShare: (share: number) => void,
): Promise<UsableParcels | undefined> {
  let parcels = 0;
  const usable = RESOLUTIONS.map(() => 0);
  for (const { where, share } of pieces) {
    const shapes = await triedByProj(client, () =>
      query<Shape>(client, SHAPES(table, minAreaM2, where, careful ?? 'ST_Transform')),
    );
    if (shapes === undefined) return undefined;
    parcels += shapes.length;
    for (const [i, metres] of RESOLUTIONS.entries()) usable[i]! += usableAt(shapes, metres);
    onShare(share);
  }
  return {
    rule: { fullPixels: FULL_PIXELS, lostShare: LOST_SHARE, bufferM: BUFFER_METRES },
    parcels,
    byResolution: RESOLUTIONS.map((metres, i) => ({ metres, usable: usable[i]! })),
  };
}

function usableAt(shapes: readonly Shape[], metres: number): number {
  if (shapes.length === 0) return 0;
  const whole = shapes.map((shape) => shape.whole);
  const size = {
    width: shapes.reduce((most, { width }) => Math.max(most, width), 0),
    height: shapes.reduce((most, { height }) => Math.max(most, height), 0),
  };
  const full = pixelsOf(whole, size, metres, 'inside');
  const all = pixelsOf(whole, size, metres, 'centre');
  const kept = pixelsOf(
    shapes.map((shape) => shape.shrunken),
    size,
    metres,
    'centre',
  );
  return all.filter((pixels, i) => full[i]! >= FULL_PIXELS && (pixels - kept[i]!) / pixels < LOST_SHARE)
    .length;
}

const NOWHERE = { minX: 0, minY: 0, maxX: 0, maxY: 0 };

/** How many pixels each of the shapes has; none where it can't be rasterised. */
function pixelsOf(
  shapes: readonly (Uint8Array | null)[],
  size: { readonly width: number; readonly height: number },
  metres: number,
  rule: PixelRule,
): number[] {
  const set = new ParcelSetBuilder();
  for (const [i, wkb] of shapes.entries()) {
    try {
      set.add(i, NOWHERE, wkb);
    } catch (error) {
      if (!(error instanceof GeometryError)) throw error;
      set.add(i, NOWHERE, null);
    }
  }
  // A coarsest pixel is left free on either side, and what is moved begins anywhere within one.
  const pixels = (extent: number) => ((Math.ceil(extent / COARSEST) + 3) * COARSEST) / metres;
  const [width, height] = [pixels(size.width), pixels(size.height)];
  const grid = { width, height, originX: 0, originY: height * metres, stepX: metres, stepY: -metres };
  const builder = new CoverageBuilder(grid, rule);
  builder.add(set.finish());
  return countsOf(builder.finish());
}

function countsOf({ count, offsets, length }: Coverage): number[] {
  return Array.from({ length: count }, (_, i) => {
    let pixels = 0;
    for (let span = offsets[i]!; span < offsets[i + 1]!; span++) pixels += length[span]!;
    return pixels;
  });
}
