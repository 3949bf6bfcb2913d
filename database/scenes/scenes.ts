/** Scenes of the catalogue: which are to be extracted, one by name, and how a campaign stands. */
import type { CheckedSelection } from '../selection/check.js';
import { DatabaseSetupError } from '../session/errors.js';
import { query } from '../session/session.js';
import type { Database } from '../session/session.js';
import type { Scene, Table } from '../terms.js';

/** Where a page of scenes ended. */
export interface SceneCursor {
  /** UTC, to the microsecond, as in `Scene`. */
  readonly obstime: string;
  readonly obsid: number;
}

/** An edge of 1000 km bends by less than a metre between two of so many corners. */
const AOI_CORNERS = 512;

/** Microseconds are kept, so that paging neither skips nor repeats; without a fraction none is written. */
export const SCENE_COLUMNS = `
  s.id AS obsid, s.reference::text, rtrim(rtrim(to_char(s.obstime, 'YYYY-MM-DD"T"HH24:MI:SS.US'), '0'), '.') AS obstime,
  s.sensor::text, s.card::text, s.status::text`;

/** Scenes of the card, in the period (both ends included), whose bounding box meets that of a part of the AOI. */
export const inSelection = ({ aoi }: CheckedSelection) => `
  s.card = $1 AND s.obstime BETWEEN $2::timestamp AND $3::timestamp AND ${meetsAoi(aoi, 's.footprint', '$4')}`;

/**
 * The status word of scene `s` with extraction `e`, wherever the selection keeps it. A scene that was never claimed for
 * the results table is as good as given back.
 */
export const STATUS = ({ statusIn }: Pick<CheckedSelection, 'statusIn'>) =>
  statusIn === 'catalogue' ? 's.status::text' : `coalesce(e.status, 'ingested')`;

/** Parameters: those of `inSelection`, and $5 the results table. */
export const WITH_EXTRACTION = ({ catalogue }: CheckedSelection) => `
  FROM ${catalogue.key} s LEFT JOIN parcelwise.extraction e ON e.results_table = $5 AND e.obsid = s.id`;

/** FROM and WHERE of the scenes `s` still to be extracted. */
export const waitingScenes = (selection: CheckedSelection) => `${WITH_EXTRACTION(selection)}
  WHERE ${STATUS(selection)} = 'ingested' AND ${inSelection(selection)}`;

/** One page of scenes `s`, oldest first; the id decides between scenes of the same time. The cursor and the limit come as $`next` to third. */
const PAGE = (scenes: string, next: number) => `
  SELECT ${SCENE_COLUMNS}${scenes}
    AND ($${next}::timestamp IS NULL OR (s.obstime, s.id) > ($${next}::timestamp, $${next + 1}::integer))
  ORDER BY s.obstime, s.id LIMIT $${next + 2}`;

const COUNT = (selection: CheckedSelection) => `
  SELECT ${STATUS(selection)} AS status, count(*)::integer AS count${WITH_EXTRACTION(selection)}
  WHERE ${inSelection(selection)} GROUP BY 1 ORDER BY 1`;

const BY_ID = ({ catalogue }: Pick<CheckedSelection, 'catalogue'>) =>
  `SELECT ${SCENE_COLUMNS} FROM ${catalogue.key} s WHERE s.id = $1`;

const BY_REFERENCE = ({ catalogue }: Pick<CheckedSelection, 'catalogue'>) =>
  `SELECT ${SCENE_COLUMNS} FROM ${catalogue.key} s WHERE s.reference = $1 ORDER BY s.id LIMIT 1`;

/** The next scenes of the selection that are still to be extracted, after a cursor, by time. */
export function listScenes(
  database: Database,
  selection: CheckedSelection,
  after: SceneCursor | undefined,
  limit: number,
): Promise<Scene[]> {
  return pageOf(database, waitingScenes(selection), extractionValues(selection), after, limit);
}

/**
 * The next of some scenes after a cursor, by time.
 * @param scenes FROM and WHERE of these, `s`, whose parameters are `values`.
 */
export function pageOf(
  database: Database,
  scenes: string,
  values: readonly unknown[],
  after: SceneCursor | undefined,
  limit: number,
): Promise<Scene[]> {
  const cursor = [after?.obstime ?? null, after?.obsid ?? null];
  return query<Scene>(database, PAGE(scenes, values.length + 1), [...values, ...cursor, limit]);
}

/** How many they are. */
export async function countOf(
  database: Database,
  scenes: string,
  values: readonly unknown[],
): Promise<number> {
  const [row] = await query<{ count: number }>(database, `SELECT count(*)::integer AS count${scenes}`, [
    ...values,
  ]);
  return row?.count ?? 0;
}

/** How many scenes of the selection bear each status word. */
export async function countStatuses(
  database: Database,
  selection: CheckedSelection,
): Promise<Record<string, number>> {
  const rows = await query<{ status: string; count: number }>(
    database,
    COUNT(selection),
    extractionValues(selection),
  );
  return Object.fromEntries(rows.map(({ status, count }) => [status, count]));
}

/** Whether a footprint says nothing: its scene is in no area, so that no campaign ever takes it. */
const NO_FOOTPRINT = (column: string) => `(${column} IS NULL OR ST_IsEmpty(${column}))`;

const WITHOUT_FOOTPRINT = (catalogue: string) => `
  SELECT count(*)::integer AS count, (array_agg(s.id ORDER BY s.id))[1:5] AS ids FROM ${catalogue} s
  WHERE ${NO_FOOTPRINT('s.footprint')} AND ($1::text IS NULL OR s.card = $1)
    AND ($2::timestamp IS NULL OR s.obstime BETWEEN $2::timestamp AND $3::timestamp)`;

/** Scenes that nobody can judge, in a sentence with the remedy; none where there are none. */
export async function tellWithoutFootprint(
  database: Database,
  catalogue: Pick<Table, 'key'>,
  card?: string,
  period?: CheckedSelection['period'],
): Promise<string[]> {
  const values = [card ?? null, period?.start ?? null, period?.end ?? null];
  const [found] = await query<{ count: number; ids: number[] | null }>(
    database,
    WITHOUT_FOOTPRINT(catalogue.key),
    values,
  );
  if (found === undefined || found.count === 0) return [];
  const more = found.count > 5 ? ', …' : '';
  return [
    `scenes of ${catalogue.key} without a footprint: ${found.count} (id ${found.ids?.join(', ') ?? ''}${more}). No area has them and no campaign takes them: enter their footprints in the catalogue`,
  ];
}

/** How many scenes of the selection are still to be extracted. */
export async function countScenes(database: Database, selection: CheckedSelection): Promise<number> {
  return (await countStatuses(database, selection)).ingested ?? 0;
}

/**
 * A scene by catalogue id or reference, whatever its status.
 * @throws DatabaseSetupError when there is none.
 */
export async function getScene(
  database: Database,
  selection: Pick<CheckedSelection, 'catalogue'>,
  scene: number | string,
): Promise<Scene> {
  const sql = typeof scene === 'number' ? BY_ID(selection) : BY_REFERENCE(selection);
  const [found] = await query<Scene>(database, sql, [scene]);
  if (found !== undefined) return found;
  throw new DatabaseSetupError(
    `there is no scene ${scene} in ${selection.catalogue.key}`,
    'Give the id or the whole reference of a catalogue row',
  );
}

/** Whether the bounding box of a footprint meets that of a row of the AOI. What touches meets. */
export function meetsAoi(aoi: CheckedSelection['aoi'], column: string, nameParameter: string): string {
  // OFFSET 0 keeps the transformation of an area from being done once a scene.
  return `EXISTS (SELECT FROM (SELECT ${aoiShape(aoi, 'a')} FROM ${aoi.key} a WHERE a.${aoi.field} = ${nameParameter} OFFSET 0) AS aoi (shape) WHERE ${column} && aoi.shape)`;
}

/** The AOI's shape in the footprints' CRS, longitude and latitude. What is straight in its own CRS bends, so it gets corners. */
export function aoiShape(aoi: CheckedSelection['aoi'], alias: string): string {
  const shape = `${alias}.wkb_geometry`;
  return aoi.srid === 4326 ? shape : `ST_Transform(${withCorners(shape, AOI_CORNERS)}, 4326)`;
}

/** A shape with so many corners along the longer side of its box at least. */
export function withCorners(shape: string, corners: number): string {
  const longest = `greatest(ST_XMax(${shape}) - ST_XMin(${shape}), ST_YMax(${shape}) - ST_YMin(${shape}))`;
  return `ST_Segmentize(${shape}, greatest(${longest} / ${corners}, 1e-9))`;
}

/** The values of `inSelection`. */
export function selectionValues({ card, period, aoi }: CheckedSelection): unknown[] {
  return [card, period.start, period.end, aoi.name];
}

/** The values of `WITH_EXTRACTION`. */
export function extractionValues(selection: CheckedSelection): unknown[] {
  return [...selectionValues(selection), selection.results.key];
}
