/**
 * What steps are given, as a worker has it, on a database of its own: one Sentinel-2 scene of 10 km in a folder that serves as store,
 * forty parcels of a hectare under it, and pixels anyone can reckon in the head.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Order, SceneRef } from '../../campaigns/order.js';
import type { SceneTask } from '../../activities/contract.js';
import type { TemporalQueries } from '../../activities/dependencies.js';
import { Quotas } from '../../activities/host/quotas.js';
import { OpenScenes } from '../../activities/host/open-scenes.js';
import { Selections } from '../../campaigns/selections.js';
import { readDbConfig } from '../../database/selection/config.js';
import { jp2File } from '../../demo/season/jp2-file.js';
import { buildCoverages } from '../../extraction/build-coverages.js';
import { Coverages } from '../../extraction/coverages.js';
import { PixelBudget } from '../../extraction/pixel-budget.js';
import { Scratch } from '../../extraction/scratch/scratch.js';
import { FolderStore } from '../../store/folder-store.js';
import { sceneId } from '../../workflows/ids.js';
import { ThreadPool } from '../../workers/threads.js';
import { FetchCosts } from '../../reading/fetch-costs.js';
import type { OpenHostDependencies } from '../../workers/dependencies.js';
import { createDatabase } from '../database/database.js';
import { anna, GRID, makeSeason, SELECTION } from '../database/season.js';
import { SpoilingThreads } from './spoiling-threads.js';

/** Never to be seen in anything that leaves a worker. */
export const SECRET = 'planted-7f3a-secret';
export const PARCELS = 40;
/** The Temporal server and namespace that the steps count as being of. */
const HERE = { cluster: 'cluster-here', namespace: 'default' };

export const SCENE: SceneRef = {
  obsid: 1,
  reference: 'S2A_MSIL2A_20240302T105619_N0510_R051_T31UES_20240302T142212.SAFE',
  obstime: '2024-03-02T10:56:19.123456',
};
const FOLDER = `Sentinel-2/MSI/L2A/2024/03/02/${SCENE.reference}/GRANULE/L2A_T31UES_A045400_20240302T105614/IMG_DATA`;
export const KEYS = {
  B04: `${FOLDER}/R10m/T31UES_20240302T105619_B04_10m.jp2`,
  SC: `${FOLDER}/R20m/T31UES_20240302T105619_SCL_20m.jp2`,
};

/** Parcel `pid` covers rows and columns `first` to `last` of a grid with pixels of `step` metres (see PARCELS in season.ts). */
export function block(pid: number, step: number): { row: number; column: number; side: number } {
  const [across, up] = [(pid - 1) % 20, Math.floor((pid - 1) / 20)];
  const side = 100 / step;
  return { row: (10_000 - 300 - 400 * up) / step, column: (200 + 400 * across) / step, side };
}

/** B04 counts columns, and has no data under parcel 3; SCL is vegetation (4), and cloud (9) under parcel 5. */
export function pixelB04(row: number, column: number): number {
  const { row: top, column: left, side } = block(3, 10);
  const inside = row >= top && row < top + side && column >= left && column < left + side;
  return inside ? 0 : 1000 + column;
}

export function pixelSc(row: number, column: number): number {
  const { row: top, column: left, side } = block(5, 20);
  return row >= top && row < top + side && column >= left && column < left + side ? 9 : 4;
}

export interface TestDependencies {
  readonly dependencies: OpenHostDependencies;
  readonly order: Order;
  readonly task: SceneTask;
  /** The store's folder. */
  readonly bucket: string;
  readonly folder: string;
  close(): Promise<void>;
}

export interface Scene {
  /** The order's own fields. */
  readonly order?: Partial<Order>;
  /** Classes of the pixels of 20 m. */
  readonly sc?: (row: number, column: number) => number;
  /** Further bands of the product, by their names; 60 m reach 20 m beyond the others. */
  readonly bands?: Readonly<
    Record<string, { step: 10 | 20 | 60; pixel: (row: number, column: number) => number }>
  >;
  /** Keeps clear rows in the table `clear_sigs`. */
  readonly clear?: boolean;
  /** Done to the database before anything is read of it. */
  readonly sql?: string;
}

export async function openTestDependencies({
  order: ordered = {},
  sc = pixelSc,
  bands = {},
  clear = false,
  sql = '',
}: Scene = {}): Promise<TestDependencies> {
  const folder = await mkdtemp(join(tmpdir(), 'parcelwise-activities-'));
  const database = await createDatabase();
  const { pool, connection } = database;
  const { tables } = SELECTION;
  await makeSeason(pool, {
    parcels: PARCELS,
    tables: { ...tables, ...(clear && { clear: 'clear_sigs' }) },
  });
  if (sql !== '') await pool.query(sql);
  await pool.query('UPDATE dias_catalogue SET reference = $1 WHERE id = 1', [SCENE.reference]);

  const bucket = join(folder, 'bucket');
  const coarse = gridOf(20);
  await put(
    bucket,
    KEYS.B04,
    await jp2File(fill(GRID, pixelB04, Uint16Array), GRID, { bits: 15, tileSize: 256 }),
  );
  await put(bucket, KEYS.SC, await jp2File(fill(coarse, sc, Uint8Array), coarse, { bits: 8, tileSize: 256 }));
  for (const [band, { step, pixel }] of Object.entries(bands)) {
    const grid = gridOf(step);
    const file = await jp2File(fill(grid, pixel, Uint16Array), grid, { bits: 15, tileSize: 256 });
    await put(bucket, `${FOLDER}/R${step}m/T31UES_20240302T105619_${band}_${step}m.jp2`, file);
  }

  const dbConfig = join(folder, 'db_config.json');
  const { aoi, period } = SELECTION;
  await writeFile(
    dbConfig,
    JSON.stringify({
      database: {
        connection: {
          ...{ host: connection.host, port: connection.port, dbname: database.name, dbuser: connection.user },
          dbpasswd: connection.password?.() ?? SECRET,
        },
        tables: {
          ...{ aoi_table: tables.aois, parcel_table: tables.parcels, results_table: tables.results },
          hists_table: tables.hists,
        },
        args: {
          name: aoi.name,
          startdate: period.start,
          enddate: period.end,
          bands: 'B4,SCL',
          chunk_parcels: 15,
        },
      },
    }),
  );

  const scratch = await Scratch.open(join(folder, 'scratch'));
  const threadPool = new ThreadPool(1);
  const threads = new SpoilingThreads(threadPool);
  const budget = new PixelBudget(64 << 20);
  const build = buildCoverages(pool, dbConfig, threads);
  const coverages = new Coverages(scratch.coverages, 1 << 30, build, { warn: () => undefined });
  const temporal: TemporalQueries = {
    stateOf: () => Promise.resolve('running'),
    place: () => HERE,
    lookUpPlace: () => Promise.resolve(HERE),
    sceneWorkflow: sceneId,
    pendingSteps: () => Promise.resolve([]),
    extractors: () => Promise.resolve(0),
    hasSearchAttributes: () => Promise.resolve(false),
  };
  const dependencies: OpenHostDependencies = {
    ...{ pool, config: readDbConfig(dbConfig, {}), selections: new Selections(pool), temporal },
    ...{ store: new FolderStore(bucket), scratch, threads, budget, coverages },
    quotas: new Quotas(pool, 'test'),
    fetchCosts: new FetchCosts(),
    bucket: () => new FolderStore(bucket),
    scenes: new OpenScenes(threads, budget, coverages),
    queue: `parcelwise-host-${scratch.host}`,
    reserveBytes: 0,
    stagedScenes: 3,
    close: () => threadPool.close(),
  };
  const order: Order = {
    ...SELECTION,
    tables: {
      ...{ catalogue: 'public.dias_catalogue', aois: 'public.aois', parcels: 'public.parcels' },
      ...{ results: 'public.sigs', hists: 'public.hists' },
      ...(clear && { clear: 'public.clear_sigs' }),
    },
    ...{ bands: ['B04', 'SC'], bandNames: 'api', radiometry: 'raw', chunkParcels: 15 },
    ...ordered,
  };
  return {
    ...{ dependencies, order, bucket, folder },
    task: { order, scene: SCENE, owner: anna, campaign: 'campaign/test' },
    close: async () => {
      await dependencies.close();
      await scratch.close();
      await database.drop();
      await rm(folder, { recursive: true });
    },
  };
}

/** The scene's ground in pixels of another size. */
export function gridOf(step: number): typeof GRID {
  const side = Math.ceil(10_000 / step);
  return { ...GRID, width: side, height: side, stepX: step, stepY: -step };
}

export function fill<T extends Uint8Array | Uint16Array>(
  grid: { readonly width: number; readonly height: number },
  pixel: (row: number, column: number) => number,
  Pixels: new (length: number) => T,
): T {
  const pixels = new Pixels(grid.width * grid.height);
  for (let i = 0; i < pixels.length; i++) pixels[i] = pixel(Math.floor(i / grid.width), i % grid.width);
  return pixels;
}

export async function put(bucket: string, key: string, bytes: Buffer): Promise<void> {
  const path = join(bucket, key);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
}
