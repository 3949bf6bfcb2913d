/**
 * Seasons of made numbers: 511 rows a parcel (73 scenes of seven bands) and a histogram each scene, of the same parcels. They are
 * kept between runs, each in tables of its own, as people keep theirs.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type pg from 'pg';
import { forgetScenes, rememberedScenes, rememberedTable } from '../../database/identity/forget.js';
import { type Origin, originOf } from '../../database/ledger/origin.js';
import { checkSelection, type CheckedSelection } from '../../database/selection/check.js';
import { inSnapshot } from '../../database/session/session.js';
import type { Setting } from '../product/command.js';
import type { Servers } from '../product/servers.js';
import { storeScene } from './made-scene.js';
import { AOI, databaseOf, obsidOf, tablesOf } from './names.js';

export interface MadeSeason extends Setting {
  readonly pool: pg.Pool;
  readonly parcels: number;
  readonly year: number;
  readonly results: string;
  readonly hists: string;
  /** How many of its scenes are stored, from the first one on. */
  stored(): Promise<number>;
  /** Stores the scene, by its place in the season, from 1. */
  store(scene: number): Promise<void>;
  /** Takes away what is stored of scenes after this one. */
  forgetAfter(scene: number): Promise<void>;
}

const STORED = `
  SELECT count(*)::int AS stored FROM parcelwise.extraction WHERE results_table = $1 AND status = 'extracted'`;

const AFTER = `
  SELECT obsid::text, status = 'inprogress' AS begun FROM parcelwise.extraction WHERE results_table = $1 AND obsid > $2`;

export async function openSeason(
  servers: Servers,
  pool: pg.Pool,
  root: string,
  parcels: number,
  year: number,
): Promise<MadeSeason> {
  const tables = tablesOf(year);
  const folder = join(root, String(year));
  writeConfig(servers, folder, parcels, year);
  const selection = await checkSelection(pool, {
    ...{ tables, card: 's2', minAreaM2: 3000 },
    ...{ aoi: { field: 'name', name: AOI }, period: { start: `${year}-01-01`, end: `${year + 1}-01-01` } },
  });
  let origin: Origin | undefined;
  const store = async (obsid: number): Promise<void> => {
    origin = await originFor(pool, selection, obsid, origin?.parcelSet);
    await storeScene(pool, selection, obsid, origin, parcels);
  };
  return {
    ...{ servers, folder, pool, parcels, year, results: tables.results, hists: tables.hists },
    stored: async () =>
      (await pool.query<{ stored: number }>(STORED, [selection.results.key])).rows[0]!.stored,
    store: (scene) => store(obsidOf(year, scene)),
    forgetAfter: async (scene) => {
      const { rows } = await pool.query<{ obsid: string; begun: boolean }>(AFTER, [
        selection.results.key,
        obsidOf(year, scene),
      ]);
      if (rows.length === 0) return;
      // What is held is not forgotten: a scene that was begun is brought to its end.
      for (const { obsid } of rows.filter(({ begun }) => begun)) await store(Number(obsid));
      const table = await rememberedTable(pool, tables.results);
      const scenes = await rememberedScenes(
        pool,
        table,
        rows.map(({ obsid }) => obsid),
      );
      await forgetScenes(pool, table, scenes, { keepStatus: false });
    },
  };
}

/** The parcels' fingerprint is taken once. */
function originFor(
  pool: pg.Pool,
  selection: CheckedSelection,
  obsid: number,
  known: string | undefined,
): Promise<Origin> {
  return inSnapshot(pool, (client) => originOf(client, selection, obsid, known));
}

function writeConfig({ database, s3 }: Servers, folder: string, parcels: number, year: number): void {
  mkdirSync(folder, { recursive: true });
  const { hostname, port, username, password } = new URL(database.url);
  const connection = {
    ...{ host: hostname, port: Number(port), dbname: databaseOf(parcels) },
    ...{ dbuser: username, dbpasswd: password },
  };
  const { catalogue, aois, parcels: parcelTable, results, hists } = tablesOf(year);
  const tables = {
    ...{ catalogue_table: catalogue, aoi_table: aois, parcel_table: parcelTable },
    ...{ results_table: results, hists_table: hists },
  };
  const args = { aoi_field: 'name', name: AOI, startdate: `${year}-01-01`, enddate: `${year + 1}-01-01` };
  const store = { access_key: s3.accessKey, secret_key: s3.secretKey, host: s3.endpoint, bucket: s3.bucket };
  for (const [name, content] of Object.entries({
    'db_config.json': { database: { connection, tables, args } },
    's3_config.json': { s3: { ...store, region: s3.region } },
  }))
    writeFileSync(join(folder, name), JSON.stringify(content), { mode: 0o600 });
}
