/** Where a demo takes place: its servers, embedded or real, its tables, its bucket, and the files that say so. */
import { join } from 'node:path';
import { readDbConfig } from '../database/selection/config.js';
import { openPool } from '../database/session/pool.js';
import type { Tables } from '../database/terms.js';
import type { S3Config } from '../store/s3-config.js';
import type { Environment } from '../client/index.js';
import {
  asJson,
  connectionOf,
  datasetsConfig,
  dbConfig,
  s3Config,
  s3ConfigOf,
  writePrivately,
} from './config-files.js';
import type { ConfiguredParts } from './configured.js';
import type { World } from './season/world.js';
import type { Stack } from '../stack/stack.js';

/** A schema of the demo's own, so that it never meets tables of anyone else's. */
const DEMO_SCHEMA = 'parcelwise_demo';
/** A bucket of the demo's own, where the store is a real one. */
const DEMO_BUCKET = 'parcelwise-demo';

export type Card = 's2' | 'bs' | 'c6';
export const CARDS: readonly Card[] = ['s2', 'bs', 'c6'];

export interface DemoSetup {
  readonly dbConfig: string;
  readonly s3Config: string;
  /** What is served of it. */
  readonly datasets: string;
  /** Staged scenes and cached coverages. */
  readonly scratch: string;
  readonly logs: string;
  /** Where the season's files are made: in the bucket itself where the gateway serves a folder. */
  readonly season: string;
  /** The real bucket they are to be brought to. */
  readonly upload: S3Config | undefined;
  /** Variables for our own connections and for the worker. */
  readonly env: Environment;
}

/** The usual bands, and NDVI pixel by pixel. */
export const S2_BANDS: readonly string[] = ['B04', 'B08', 'SC', 'NDVI'];

/** One results table a CARD type, as CbM's tools like it; histograms and clear rows are Sentinel-2's only. */
export function tablesOf(card: Card): Tables {
  const table = (name: string): string => `${DEMO_SCHEMA}.${name}`;
  return {
    catalogue: table('dias_catalogue'),
    aois: table('aois'),
    parcels: table('parcels_2024'),
    results: table(`${card}_signatures`),
    ...(card === 's2' && { hists: table('s2_histograms'), clear: table('s2_clear') }),
  };
}

/** The season as `parcelwise serve` takes it: the series of all CARD types, and the crops. */
export function demoDatasets(season: World): object {
  const rows = Object.fromEntries(CARDS.map((card) => [card, tablesOf(card).results]));
  const columns = { parcel_id: 'ogc_fid', crop_name: 'crop', crop_code: 'crop_group' };
  return datasetsConfig({ aoi: season.aoi.name, ...periodOf(season) }, tablesOf('s2'), rows, columns);
}

export function demoCampaign(card: Card): string {
  return `${DEMO_SCHEMA}-${card}`;
}

/** From the season's first scene to its last. */
export function periodOf({ scenes }: World): { start: string; end: string } {
  const times = scenes.map(({ obstime }) => obstime).sort();
  return { start: times[0] ?? '', end: times[times.length - 1] ?? '' };
}

/** Writes the demo's configuration into the stack's folder. */
export async function prepareSetup(
  root: string,
  stack: Stack,
  configured: ConfiguredParts,
  season: World,
): Promise<DemoSetup> {
  const folder = join(root, 'demo');
  const setup = {
    dbConfig: join(folder, 'db_config.json'),
    s3Config: join(folder, 's3_config.json'),
    datasets: join(folder, 'datasets.json'),
    scratch: join(folder, 'scratch'),
    logs: folder,
  };
  const connection = configured.database?.written ?? connectionOf(stack.database);
  const wanted = dbConfig(connection, tablesOf('s2'), { aoi: season.aoi.name, ...periodOf(season) });
  await writePrivately(setup.dbConfig, asJson(wanted));
  await writePrivately(setup.datasets, asJson(demoDatasets(season)));
  const store = configured.s3 ? s3ConfigOf(configured.s3, DEMO_BUCKET) : s3Config(stack.s3);
  await writePrivately(setup.s3Config, asJson(store));
  return {
    ...setup,
    season: stack.s3.folder ?? join(folder, 'season'),
    upload: configured.s3 && { ...configured.s3, bucket: DEMO_BUCKET },
    env: configured.temporal ? process.env : { ...withoutTemporal(), ...temporalVariables(stack) },
  };
}

/** What leads the `temporal` command and ours to an embedded server. */
function temporalVariables({ temporal }: Pick<Stack, 'temporal'>): Record<string, string> {
  return { TEMPORAL_ADDRESS: temporal.address, TEMPORAL_NAMESPACE: 'default' };
}

/** Keys and certificates of another server have no business with a private one. */
function withoutTemporal(): Environment {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TEMPORAL_')));
}

/** A few connections to the demo's database, for as long as they are used. */
export async function withPool<T>(
  setup: DemoSetup,
  use: (pool: ReturnType<typeof openPool>) => Promise<T>,
): Promise<T> {
  const pool = openPool(readDbConfig(setup.dbConfig, process.env).connection, { max: 4 });
  try {
    return await use(pool);
  } finally {
    await pool.end();
  }
}
