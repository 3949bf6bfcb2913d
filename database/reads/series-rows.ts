/** The rows of many scenes, part by part, each in order of parcel, time and band: in as few COPYs as pay. */
import pg from 'pg';
import { copyOut } from './copy-out.js';
import { type ParcelChoice, isChosen } from './parcel-choice.js';
import type { ExportedScene } from './exported-scenes.js';

export interface SeriesRows {
  /** Expressions of row `r` and of its scene `f` (`micros`, `card`), as the columns of the answer. */
  readonly columns: readonly string[];
  /** The table, or a view with `pid` and `obsid`. */
  readonly from: string;
  readonly orderBy: readonly string[];
  readonly bands?: readonly string[] | undefined;
  /** Names of observations: only rows of the best of a day. */
  readonly observations?: string | undefined;
  /** The view has a column `day`, by which it is filtered before anything is grouped. */
  readonly byDay: boolean;
  readonly choice?: ParcelChoice | undefined;
}

/** A scene, and the number of the part that it belongs to. */
export interface ScenePart {
  readonly scene: ExportedScene;
  readonly part: number;
}

/** COPY takes no parameters: what stands here is numbers, and texts that PostgreSQL's own rule has quoted. */
export const SERIES_ROWS = (rows: SeriesRows, scenes: readonly ScenePart[]): string => `
  SELECT ${['f.part', ...rows.columns].join(', ')}
  FROM ${rows.from} r
  ${partsOf(scenes) === 1 && !isGrouped(rows) ? SCENE_LOOKED_UP(scenes) : SCENE_JOINED(scenes)}
  ${rows.observations === undefined ? '' : `JOIN ${rows.observations} o ON (o.pid, o.obsid) = (r.pid, r.obsid) AND o.best AND ${days('o.day', scenes)}`}
  WHERE ${conditions(rows, scenes).join(' AND ')}
  ORDER BY ${['f.part', ...rows.orderBy].slice(partsOf(scenes) === 1 ? 1 : 0).join(', ')}`;

const SCENE_JOINED = (scenes: readonly ScenePart[]): string =>
  `JOIN (VALUES ${scenes.map(line).join(', ')}) AS f (obsid, part, micros, card) ON f.obsid = r.obsid`;

/**
 * Row by row, from a memory of the scenes. A join would lose the order in which an index by parcel gives the rows, and all of them
 * would be sorted, on disk, before the first is sent. OFFSET keeps this from being made a join.
 */
const SCENE_LOOKED_UP = (scenes: readonly ScenePart[]): string =>
  `CROSS JOIN LATERAL (
    SELECT * FROM (VALUES ${scenes.map(line).join(', ')}) AS v (obsid, part, micros, card) WHERE v.obsid = r.obsid OFFSET 0) AS f`;

/** Its rows come from views that look at all of a table each time. */
function isGrouped({ byDay, observations }: SeriesRows): boolean {
  return byDay || observations !== undefined;
}

function line({ scene: { obsid, micros, card }, part }: ScenePart): string {
  return `(${Math.trunc(obsid)}, ${Math.trunc(part)}, ${BigInt(micros)}::int8, ${pg.escapeLiteral(card.trim())})`;
}

/** In one part, rows of an index on pid are in order already but for those of each parcel. */
function partsOf(scenes: readonly ScenePart[]): number {
  return new Set(scenes.map(({ part }) => part)).size;
}

function days(column: string, scenes: readonly ScenePart[]): string {
  const all = new Set(scenes.map(({ scene }) => pg.escapeLiteral(scene.day)));
  return `${column} = ANY (ARRAY[${[...all].join(', ')}]::date[])`;
}

function conditions({ bands, byDay, choice }: SeriesRows, scenes: readonly ScenePart[]): string[] {
  return [
    'true',
    ...(byDay ? [days('r.day', scenes)] : []),
    ...(bands === undefined ? [] : [`r.band IN (${bands.map((band) => pg.escapeLiteral(band)).join(', ')})`]),
    ...(choice === undefined
      ? []
      : [`r.pid IN (SELECT p.ogc_fid FROM ${choice.parcels.key} p WHERE ${isChosen(choice)})`]),
  ];
}

/** A part of so many rows is worth a look at the table of its own: it is sent as the index gives it, or sorted in less. */
const LARGE_ROWS = 16_000_000;
/** What a scene is reckoned with whose rows nobody counted. */
const UNCOUNTED_ROWS = 1_000_000;

/** Scenes whose rows are read by one COPY: those of a large part alone, those of all others together. */
export function readTogether(
  rows: SeriesRows,
  scenes: readonly ScenePart[],
  largeRows = LARGE_ROWS,
): ScenePart[][] {
  if (isGrouped(rows)) return [[...scenes]];
  const sizes = new Map<number, number>();
  for (const { part, scene } of scenes)
    sizes.set(part, (sizes.get(part) ?? 0) + (scene.rows ?? UNCOUNTED_ROWS));
  const groups = new Map<number | 'others', ScenePart[]>();
  for (const one of scenes) {
    const group = sizes.get(one.part)! >= largeRows ? one.part : 'others';
    groups.set(group, [...(groups.get(group) ?? []), one]);
  }
  return [...groups.values()];
}

/** The rows' bytes, as COPY sends them: of several COPYs one after the other. */
export async function* copySeries(
  client: pg.ClientBase,
  rows: SeriesRows,
  scenes: readonly ScenePart[],
  signal?: AbortSignal,
): AsyncGenerator<Buffer, void> {
  for (const together of readTogether(rows, scenes))
    yield* copyOut(client, SERIES_ROWS(rows, together), signal);
}
