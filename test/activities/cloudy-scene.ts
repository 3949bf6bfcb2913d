/** A scene mostly under clouds, taken through its steps with and without its cloudy parcels. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostDependencies } from '../../activities/dependencies.js';
import { OpenScenes } from '../../activities/host/open-scenes.js';
import type { SceneTask, Staged } from '../../activities/contract.js';
import { databaseActivities, hostActivities, stageActivities } from '../../activities/registered.js';
import { withTileLengths } from '../../bench/tile-lengths.js';
import type { Order } from '../../campaigns/order.js';
import { jp2File } from '../../demo/season/jp2-file.js';
import { rejectOnAbort } from '../../extraction/reject-on-abort.js';
import type { Threads } from '../../extraction/tasks.js';
import type { ObjectStore } from '../../store/object-store.js';
import {
  block,
  fill,
  gridOf,
  KEYS,
  openTestDependencies,
  PARCELS,
  type Scene,
  type TestDependencies,
} from './dependencies.js';
import { run } from './run-activity.js';
import { storeWith } from './store-with.js';

export const B08 = KEYS.B04.replace('_B04_', '_B08_');
/** Pixels of 20 m under a tile of 10 m. */
const TILE = 128;

function isUnder(pid: number, row: number, column: number): boolean {
  const { row: top, column: left, side } = block(pid, 20);
  return row >= top && row < top + side && column >= left && column < left + side;
}

/** In the tiles from the left: cloud; shadow; clear ground but for parcels 18 (no class) and 19; cloud, and one clear pixel of parcel 20. */
export function sky(row: number, column: number): number {
  const tile = Math.floor(column / TILE);
  const twenty = block(20, 20);
  if (tile === 3) return row === twenty.row && column === twenty.column ? 4 : 8;
  if (tile < 2) return tile === 0 ? 9 : 3;
  if (isUnder(18, row, column)) return 0;
  return isUnder(19, row, column) && (row + column) % 3 > 0 ? 10 : 4;
}

/** Parcels 6 m wide that hold centres of 10 m pixels and none of 20 m: the first under cloud, the second on clear ground. */
export const SLIVERS = { cloudy: PARCELS + 1, clear: PARCELS + 2 };
const SLIVERS_SQL = [500_100, 505_200]
  .map(
    (minX) => `INSERT INTO parcels (wkb_geometry)
      SELECT ST_Transform(ST_MakeEnvelope(${minX}, 5640492, ${minX + 600}, 5640498, 32631), 31370);`,
  )
  .join('');

/** What is stored of a scene, by layer and parcel. */
export interface Stored {
  readonly rows: ReadonlyMap<string, unknown>;
  readonly clear: ReadonlyMap<string, unknown>;
  readonly hists: ReadonlyMap<string, unknown>;
  readonly gaps: ReadonlyMap<string, string>;
}

/** What must be stored without the cloudy parcels where all of this was with them: their rows are gaps, all else stands. */
export function withoutCloudy({ rows, clear, hists, gaps }: Stored): Stored {
  const cloudy = [...gaps]
    .filter(([, reason]) => reason === 'cloudy')
    .map(([key]) => key.replace(':clear', ''));
  return {
    rows: new Map([...rows].filter(([key]) => !cloudy.includes(key))),
    ...{ clear, hists },
    gaps: new Map([...gaps, ...cloudy.map((key): [string, string] => [key, 'cloudy'])]),
  };
}

function signalled(): [promise: Promise<void>, resolve: () => void] {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => (resolve = done));
  return [promise, resolve];
}

export class CloudyScene {
  /** Ranges that were asked for since the store was last watched. */
  readonly fetched: { readonly key: string; readonly bytes: number }[] = [];

  private constructor(readonly test: TestDependencies) {}

  static async open(scene: Scene): Promise<CloudyScene> {
    const test = await openTestDependencies({ clear: true, sc: sky, sql: SLIVERS_SQL, ...scene });
    const opened = new CloudyScene(test);
    await opened.listTiles(B08);
    return opened;
  }

  /** The file begins with the lengths of its tiles, as ESA's do. */
  async listTiles(key: string): Promise<void> {
    const path = join(this.test.bucket, key);
    await writeFile(path, withTileLengths(await readFile(path)));
  }

  async putClasses(classAt: (row: number, column: number) => number, step: 10 | 20): Promise<void> {
    const grid = gridOf(step);
    const file = await jp2File(fill(grid, classAt, Uint8Array), grid, { bits: 8, tileSize: 256 });
    await writeFile(join(this.test.bucket, KEYS.SC), file);
  }

  /** @param breaksAt the n-th range after which the connection is lost */
  watched(breaksAt = Infinity): ObjectStore {
    const { store } = this.test.dependencies;
    const { fetched } = this;
    fetched.length = 0;
    return storeWith(store, {
      fetch: async (object, span, file, options) => {
        if (fetched.length >= breaksAt) throw new Error('broken off');
        await store.fetch(object, span, file, options);
        fetched.push({ key: object.key, bytes: span.to - span.from });
      },
    });
  }

  bytesOf(key: string): number {
    return this.fetched.filter((one) => one.key === key).reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** How often somebody has looked which parcels are cloudy. */
  decisions = 0;

  /** As of a process whose threads have no time to look for clouds until they are let. */
  heldBack() {
    const [asked, ask] = signalled();
    const [free, goOn] = signalled();
    const act = this.actions(this.watched(), async (signal) => {
      ask();
      await (signal ? rejectOnAbort(free, signal) : free);
    });
    return { act, asked, goOn };
  }

  /** As a process that begins now has them. */
  actions(store = this.watched(), beforeLooking?: (signal?: AbortSignal) => Promise<void>) {
    const { threads, budget, coverages } = this.test.dependencies;
    const counting: Threads = {
      size: 2,
      run: async (task, signal) => {
        if (task.kind === 'find-cloudy') {
          this.decisions += 1;
          await beforeLooking?.(signal);
        }
        return await threads.run(task, signal);
      },
      broadcast: (task) => threads.broadcast(task),
    };
    const scenes = new OpenScenes(counting, budget, coverages);
    const dependencies: HostDependencies = { ...this.test.dependencies, store, scenes };
    return {
      ...databaseActivities(dependencies),
      ...stageActivities(dependencies),
      ...hostActivities(dependencies),
    };
  }

  async claimed(fields: Partial<Order>): Promise<SceneTask> {
    const { task, order } = this.test;
    const wanted: SceneTask = { ...task, order: { ...order, ...fields } };
    const claim = await run(this.actions().claim, wanted);
    assert.ok(claim.claimed);
    const { bands, clearBands } = claim;
    return { ...wanted, order: { ...wanted.order, bands, ...(clearBands && { clearBands }) } };
  }

  /** What comes after the scene is staged. @param act by default those of another process, which knows nothing of it */
  async finish(task: SceneTask, act = this.actions()) {
    const planned = await run(act.planOrFinish, task);
    for (const chunk of planned.pending) {
      await run(act.extractAndCopyChunk, { ...task, chunk });
      await run(act.copyChunk, { ...task, chunk });
    }
    const marked = await run(act.mark, task, null);
    await run(act.discard, task);
    return { ...planned, marked };
  }

  async extract(fields: Partial<Order>) {
    const task = await this.claimed(fields);
    const act = this.actions();
    const staging = run(act.stage, task);
    const staged: Staged = await staging;
    const told = staging.beats as {
      readonly phase: string;
      readonly tiles?: string;
      readonly cloudy?: string;
    }[];
    const end = await this.finish(task, act);
    return { staged, told, end, ...(await this.stored()) };
  }

  async stored(): Promise<Stored> {
    const { pool } = this.test.dependencies;
    const ask = async <T>(sql: string): Promise<Map<string, T>> => {
      const { rows } = await pool.query<{ key: string; value: T }>(sql);
      return new Map(rows.map(({ key, value }) => [key, value]));
    };
    const rows = (table: string) =>
      ask(`SELECT trim(band) || ' ' || pid AS key,
        (ARRAY[count, mean, std, min, max, p25, p50, p75]::float8[])::text AS value FROM ${table}`);
    return {
      rows: await rows('sigs'),
      clear: await rows('clear_sigs'),
      hists: await ask('SELECT pid::text AS key, hist::text AS value FROM hists'),
      gaps: await ask(`SELECT trim(band) || ' ' || unnest(pids) AS key, reason AS value FROM parcelwise.gap`),
    };
  }
}
