/** The geometry of a grid's parcels, transformed by PostGIS or as it is stored, fetched by binary COPY. */
import type pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import type { Box } from '../selection/box.js';
import { floatAbove, floatBelow } from '../selection/box.js';
import type { CheckedSelection } from '../selection/check.js';
import { DatabaseSetupError } from '../session/errors.js';
import { shrunken } from './inner-buffer.js';
import { ParcelRows } from './parcel-rows.js';
import { aoiBoxes, areaM2, isInArea, isLargeEnough, polygons } from '../selection/parcel-rule.js';
import { gridBounds } from './parcels.js';
import { atSnapshot } from './parcel-snapshot.js';
import type { Transform } from '../selection/projected-box.js';
import { AbandonSession, type Database, query, triedByProj } from '../session/session.js';
import type { Grid } from '../terms.js';

/**
 * Takes one parcel: its bounding box in the parcels' CRS (rounded as PostGIS does, compare it with `sceneBounds`) and its
 * geometry in the grid's, a POLYGON or MULTIPOLYGON as well-known binary, or null where PROJ can't transform it, or GEOS can't
 * shrink it. `asStored`:
 * the geometry is in the parcels' CRS (see `CopyOptions`). `wkb` is valid during the call only.
 */
export type OnParcel = (
  pid: number,
  minX: number,
  minY: number,
  maxX: number,
  maxY: number,
  wkb: Uint8Array | null,
  asStored: boolean,
) => void;

export interface CopyOptions {
  readonly signal?: AbortSignal | undefined;
  /** Parcels wholly within this box of their own CRS are not transformed: the caller does that. */
  readonly asStored?: Box | undefined;
  /** Parcels shrink by so much, metres; they are in the grid's CRS then, whatever `asStored` says, and may be empty. */
  readonly innerBufferM?: number | undefined;
  /** The moment of the table to copy from (see `withParcelSnapshot`); undefined: now. */
  readonly snapshot?: string | undefined;
  /** Only parcels of this range, both ends included, so that several connections can share the work. */
  readonly pids?: PidRange | undefined;
}

/** Both ends included. */
export interface PidRange {
  readonly first: number;
  readonly last: number;
}

export interface ParcelCopy {
  /** Parcels handed over, those without a transformation among them. */
  readonly parcels: number;
  /** Parcels that PROJ can't transform to the grid's CRS, or that can't be shrunken, by ogc_fid. */
  readonly unprojectable: readonly number[];
}

const AOI_BOXES = (selection: CheckedSelection) => `
  SELECT ST_XMin(box)::float8 AS "minX", ST_YMin(box)::float8 AS "minY", ST_XMax(box)::float8 AS "maxX", ST_YMax(box)::float8 AS "maxY"
  FROM (${aoiBoxes(selection, '$1')} OFFSET 0) AS aoi WHERE box IS NOT NULL`;

/** Which parcels to copy. All of it is numbers, since COPY takes no parameters. */
interface Choice extends CopyOptions {
  readonly aoi: readonly Box[];
  /** Undefined: not limited to the grid. */
  readonly grid: Box | undefined;
  readonly epsg: number;
}

/**
 * The parcels in order of ogc_fid. They are chosen and sorted before anything is transformed (OFFSET 0 keeps the planner
 * from merging the two), because the transformation takes nearly all of the time. Each box is found once: asked of the
 * geometry, each of its sides would walk along the whole outline.
 */
const COPY = (selection: CheckedSelection, choice: Choice, transform: Transform) => `
  COPY (
    SELECT pid, ST_XMin(box), ST_YMin(box), ST_XMax(box), ST_YMax(box), ST_AsBinary(${shape(selection, choice, transform)}, 'NDR')
    FROM (
      SELECT p.ogc_fid::integer AS pid, p.wkb_geometry AS shape, Box3D(p.wkb_geometry) AS box
      FROM ${selection.parcels.key} p
      WHERE ${conditions(selection, choice).join('\n        AND ')}
      ORDER BY p.ogc_fid OFFSET 0
    ) AS selected
  ) TO STDOUT (FORMAT binary)`;

/** Boxes are compared number by number, so that `within` tells the same parcels. */
function shape(selection: CheckedSelection, choice: Choice, transform: Transform): string {
  const { asStored: box, epsg, innerBufferM = 0 } = choice;
  const plain = polygons(selection, 'shape');
  if (innerBufferM > 0) return shrunken(plain, innerBufferM, epsg, transform);
  const transformed = `${transform}(${plain}, ${epsg})`;
  if (box === undefined) return transformed;
  return `
      CASE WHEN ST_XMin(box) >= ${box.minX} AND ST_YMin(box) >= ${box.minY} AND ST_XMax(box) <= ${box.maxX} AND ST_YMax(box) <= ${box.maxY}
           THEN ${plain} ELSE ${transformed} END`;
}

function isShrunken({ innerBufferM = 0 }: CopyOptions): boolean {
  return innerBufferM > 0;
}

function within([minX, minY, maxX, maxY]: Float64Array, box: Box): boolean {
  return minX! >= box.minX && minY! >= box.minY && maxX! <= box.maxX && maxY! <= box.maxY;
}

function conditions(selection: CheckedSelection, { aoi, grid, pids }: Choice): string[] {
  const envelope = ({ minX, minY, maxX, maxY }: Box) =>
    `ST_MakeEnvelope(${minX}, ${minY}, ${maxX}, ${maxY}, ${selection.parcels.crs.srid})`;
  const boxes = aoi.map((box) => `(${envelope(box)})`).join(', ');
  return [
    ...(grid === undefined ? [] : [`p.wkb_geometry && ${envelope(grid)}`]),
    ...(pids === undefined
      ? []
      : [`p.ogc_fid BETWEEN ${Math.trunc(pids.first)} AND ${Math.trunc(pids.last)}`]),
    aoi.length === 1
      ? `p.wkb_geometry && ${envelope(aoi[0]!)}`
      : isInArea('p.wkb_geometry', `(VALUES ${boxes}) AS aoi (box)`),
    isLargeEnough(areaM2(selection), String(selection.minAreaM2)),
  ];
}

/** As many parcels lie between two bounds as between any other two. Their boxes are enough for that. */
const QUANTILES = ({ parcels }: CheckedSelection, grid: Box | undefined) => `
  SELECT percentile_disc($1::float8[]) WITHIN GROUP (ORDER BY ogc_fid::integer) AS bounds FROM ${parcels.key}
  ${grid === undefined ? '' : `WHERE wkb_geometry && ST_MakeEnvelope(${grid.minX}, ${grid.minY}, ${grid.maxX}, ${grid.maxY}, ${parcels.crs.srid})`}`;

/**
 * Hands over every parcel of the AOI, large enough, whose bounding box meets the grid's extent, in order of ogc_fid. The
 * box of the grid is a little too large rather than too small; which of them a scene meets is decided by `sceneBounds`.
 * Aborting closes the connection. Parcels without geometry are in no selection.
 */
export async function copyParcels(
  pool: pg.Pool,
  selection: CheckedSelection,
  grid: Grid,
  onParcel: OnParcel,
  options: CopyOptions = {},
): Promise<ParcelCopy> {
  options.signal?.throwIfAborted();
  return atSnapshot(pool, options.snapshot, async (client) => {
    const aoi = await query<Box>(client, AOI_BOXES(selection), [selection.aoi.name]);
    if (aoi.length === 0) return { parcels: 0, unprojectable: [] };
    const choice = { ...options, aoi, grid: await gridBounds(client, selection, grid), epsg: grid.epsg };
    const copied = { parcels: 0, lastPid: -Infinity, unprojectable: [] as number[] };
    const take = (pid: number, box: Float64Array, wkb: Uint8Array | null) => {
      // The second attempt begins at the beginning.
      if (pid <= copied.lastPid) return;
      copied.lastPid = pid;
      if (wkb === null) copied.unprojectable.push(pid);
      copied.parcels++;
      const asStored =
        options.asStored !== undefined && !isShrunken(options) && within(box, options.asStored);
      const [minX, minY] = [floatBelow(box[0]!), floatBelow(box[1]!)];
      onParcel(pid, minX, minY, floatAbove(box[2]!), floatAbove(box[3]!), wkb, asStored);
    };
    const copy = async (transform: Transform) => {
      await copyOut(client, COPY(selection, choice, transform), new ParcelRows(take), options.signal);
      return true;
    };
    if ((await triedByProj(client, () => copy('ST_Transform'))) !== true) {
      await requireCrs(client, grid.epsg);
      await copy('parcelwise.transform_or_null');
    }
    return { parcels: copied.parcels, unprojectable: copied.unprojectable };
  });
}

/**
 * Cuts the parcels near the grid into at most `parts` ranges of ogc_fid with about as many parcels each, so that several
 * connections can copy them: PostgreSQL transforms on one core a connection.
 * @returns none where there is no parcel.
 */
export async function parcelRanges(
  database: Database,
  selection: CheckedSelection,
  grid: Grid,
  parts: number,
): Promise<PidRange[]> {
  const box = await gridBounds(database, selection, grid);
  const shares = Array.from({ length: parts + 1 }, (_, part) => part / parts);
  const [row] = await query<{ bounds: number[] | null }>(database, QUANTILES(selection, box), [shares]);
  const [lowest, ...ends] = row?.bounds ?? [];
  if (lowest === undefined) return [];
  const lasts = [...new Set(ends)];
  return lasts.map((last, i) => ({ first: i === 0 ? lowest : lasts[i - 1]! + 1, last }));
}

async function copyOut(
  client: pg.ClientBase,
  sql: string,
  rows: ParcelRows,
  signal: AbortSignal | undefined,
): Promise<void> {
  const stream = client.query(copyTo(sql));
  const abort = () => stream.destroy();
  signal?.addEventListener('abort', abort, { once: true });
  let taking = false;
  try {
    for await (const bytes of stream as AsyncIterable<Buffer>) {
      taking = true;
      rows.push(bytes);
      taking = false;
    }
    signal?.throwIfAborted();
    rows.end();
  } catch (error) {
    // After these the server is still sending, and the connection is of no more use.
    if (signal?.aborted === true) throw new AbandonSession(signal.reason);
    throw taking ? new AbandonSession(error) : error;
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

const KNOWN_CRS = 'SELECT count(*)::int AS count FROM spatial_ref_sys WHERE srid = $1';

/** Where the CRS itself is unknown every row fails, and that is no fault of the parcels. */
async function requireCrs(client: pg.ClientBase, epsg: number): Promise<void> {
  const [row] = await query<{ count: number }>(client, KNOWN_CRS, [epsg]);
  if (row?.count === 0)
    throw new DatabaseSetupError(`PostGIS does not know EPSG:${epsg}`, 'Add it to spatial_ref_sys');
}
