/**
 * Which parts an export has to write. A part is kept as long as the rows of its scenes are what they were; what is new goes
 * into parts of its own, so that a day's increment costs a day, and a part with a scene that was superseded or renewed is written
 * anew. Rows that are chosen among the scenes of a day (the best, and series side by side) change with any scene of the day, so
 * there the day is what a part holds whole.
 */
import type { ExportedScene } from '../database/reads/exported-scenes.js';
import type { ManifestFile, ManifestScene } from './manifest.js';

/** What the scenes of a partition have in common. */
export const PARTITIONS = ['year', 'month', 'card', 'day'] as const;
export type Partition = (typeof PARTITIONS)[number];

export interface PlanOptions {
  readonly by: readonly Partition[];
  /** Whether a row depends on the other scenes of its day. */
  readonly perDay: boolean;
  readonly extension: string;
  /** Names of the columns; files that have others are written anew. */
  readonly columns: readonly string[];
}

export interface Part {
  readonly path: string;
  /** `year=2024/card=s2`; empty where there are none. */
  readonly partition: string;
  readonly scenes: readonly ExportedScene[];
}

export interface ExportPlan {
  readonly kept: readonly ManifestFile[];
  /** Of scenes that have no rows. */
  readonly keptWithoutRows: readonly ManifestScene[];
  /** To be removed once the parts are written. */
  readonly dropped: readonly ManifestFile[];
  readonly parts: readonly Part[];
}

/**
 * Some two gigabytes, or two minutes of a run that is killed and has to be done again. Each further part of a partition would read
 * the whole table once more.
 */
const PART_ROWS = 128_000_000;
/** What a scene is reckoned with whose rows nobody counted. */
const UNCOUNTED_ROWS = 1_000_000;
/** With so many small parts in a partition, the next rows are written together with theirs. */
const SMALL_PARTS = 16;
const SMALL_ROWS = 2_000_000;

const SERIES_FOLDER = 'series';

type Known = Pick<ManifestScene, 'obsid' | 'stamp' | 'card' | 'day'>;

interface Unit {
  readonly partition: string;
  readonly scenes: ExportedScene[];
}

export function planExport(
  scenes: readonly ExportedScene[],
  before: { readonly files: readonly ManifestFile[]; readonly withoutRows: readonly ManifestScene[] },
  options: PlanOptions,
): ExportPlan {
  const keyOf = ({ card, day, obsid }: Known) => (options.perDay ? `${card}/${day}` : String(obsid));
  const written = new Map(
    [...before.files.flatMap(({ scenes: held = [] }) => held), ...before.withoutRows].map((one) => [
      one.obsid,
      one.stamp,
    ]),
  );
  const units = new Map<string, Unit>();
  for (const scene of scenes) {
    // What is being added to or renewed stays as it was exported, or waits for the next run.
    if (!scene.settled && !written.has(scene.obsid)) continue;
    const unit = units.get(keyOf(scene)) ?? { partition: partitionOf(scene, options.by), scenes: [] };
    unit.scenes.push(scene);
    units.set(keyOf(scene), unit);
  }
  const isFresh = (held: readonly Known[]): boolean =>
    [...grouped(held, keyOf)].every(([key, ofUnit]) => isSame(units.get(key), ofUnit));

  const series = before.files.filter(({ what }) => what === 'series');
  const covered = new Set<string>();
  const isAlike = (columns: readonly string[] = []): boolean =>
    columns.join('\n') === options.columns.join('\n');
  const fresh = pendingFirst(series).filter(({ scenes: held = [], partition, columns }) => {
    const keys = held.map(keyOf);
    if (
      !isAlike(columns) ||
      !isFresh(held) ||
      keys.some((key) => covered.has(key) || units.get(key)?.partition !== partition)
    )
      return false;
    for (const key of keys) covered.add(key);
    return true;
  });
  const keptWithoutRows = before.withoutRows.filter((one) => isFresh([one]));
  const settledBy = (files: readonly ManifestFile[]): Set<string> =>
    new Set([...files.flatMap(({ scenes: held = [] }) => held.map(keyOf)), ...keptWithoutRows.map(keyOf)]);

  const toCome = new Set(unitsBut(units, settledBy(fresh)).map(({ partition }) => partition));
  const kept = fresh.filter((file) => !isToBeMerged(file, fresh, toCome));
  const parts = partsOf(unitsBut(units, settledBy(kept)), series, options.extension);
  return { kept, keptWithoutRows, dropped: series.filter((file) => !kept.includes(file)), parts };
}

/** What a run that did not end has written was to take the place of others. */
function pendingFirst(files: readonly ManifestFile[]): ManifestFile[] {
  return files.toSorted((a, b) => Number(b.pending ?? false) - Number(a.pending ?? false));
}

function unitsBut(units: ReadonlyMap<string, Unit>, settled: ReadonlySet<string>): Unit[] {
  return [...units].filter(([key]) => !settled.has(key)).map(([, unit]) => unit);
}

function isSame(unit: Unit | undefined, held: readonly Known[]): boolean {
  if (unit?.scenes.length !== held.length) return false;
  const stamps = new Map(held.map(({ obsid, stamp }) => [obsid, stamp]));
  return unit.scenes.every(
    ({ obsid, stamp, settled }) => stamps.has(obsid) && (!settled || stamps.get(obsid) === stamp),
  );
}

function isToBeMerged(
  { rows, partition }: ManifestFile,
  all: readonly ManifestFile[],
  toCome: ReadonlySet<string | undefined>,
): boolean {
  if (rows > SMALL_ROWS || !toCome.has(partition)) return false;
  const small = all.filter((one) => one.partition === partition && one.rows <= SMALL_ROWS);
  return small.length >= SMALL_PARTS;
}

function partsOf(units: readonly Unit[], before: readonly ManifestFile[], extension: string): Part[] {
  return [...grouped(units, ({ partition }) => partition)].flatMap(([partition, ofPartition]) => {
    const folder = [SERIES_FOLDER, ...(partition === '' ? [] : [partition])].join('/');
    const first = 1 + Math.max(-1, ...before.filter((file) => file.partition === partition).map(numberOf));
    return packed(ofPartition).map((scenes, i) => ({
      path: `${folder}/part-${first + i}.${extension}`,
      partition,
      scenes,
    }));
  });
}

/** Scenes of a part in order of time, units whole. */
function packed(units: readonly Unit[]): ExportedScene[][] {
  const parts: ExportedScene[][] = [];
  let part: ExportedScene[] = [];
  let room = 0;
  for (const { scenes } of units) {
    const rows = scenes.reduce((sum, scene) => sum + (scene.rows ?? UNCOUNTED_ROWS), 0);
    if (parts.length === 0 || rows > room) {
      part = [];
      parts.push(part);
      room = PART_ROWS;
    }
    part.push(...scenes);
    room -= rows;
  }
  return parts;
}

function numberOf({ path }: ManifestFile): number {
  return Number(/part-(\d+)\.[a-z]+$/.exec(path)?.[1] ?? 0);
}

function partitionOf({ day, card }: ExportedScene, by: readonly Partition[]): string {
  const values = { year: day.slice(0, 4), month: day.slice(0, 7), card: card.trim(), day };
  return by.map((name) => `${name}=${values[name]}`).join('/');
}

function grouped<Item>(items: readonly Item[], keyOf: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}
