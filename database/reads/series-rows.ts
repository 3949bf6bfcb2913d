/** The rows of many scenes, part by part, each in order of parcel, time and band: one COPY, so that the table is read once. */
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
const ROWS = (rows: SeriesRows, scenes: readonly ScenePart[]) => `
  SELECT ${['f.part', ...rows.columns].join(', ')}
  FROM ${rows.from} r
  JOIN (VALUES ${scenes.map(line).join(', ')}) AS f (obsid, part, micros, card) ON f.obsid = r.obsid
  ${rows.observations === undefined ? '' : `JOIN ${rows.observations} o ON (o.pid, o.obsid) = (r.pid, r.obsid) AND o.best AND ${days('o.day', scenes)}`}
  WHERE ${conditions(rows, scenes).join(' AND ')}
  ORDER BY ${['f.part', ...rows.orderBy].slice(partsOf(scenes) === 1 ? 1 : 0).join(', ')}`;

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

/** The rows' bytes, as COPY sends them. */
export function copySeries(
  client: pg.ClientBase,
  rows: SeriesRows,
  scenes: readonly ScenePart[],
  signal?: AbortSignal,
): AsyncIterable<Buffer> {
  return copyOut(client, ROWS(rows, scenes), signal);
}
