/**
 * A few scenes of the demo's season in the test's gateway and a database of its own, and what their statistics must be:
 * reckoned from the pixels as they were painted, before any file format touched them, the slow and obvious way.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Tables } from '../../database/terms.js';
import type { Polygon } from '../../demo/season/area.js';
import type { SeasonScene } from '../../demo/season/calendar.js';
import { loadSeason } from '../../demo/season/load-season.js';
import { type PaintedBand, painter } from '../../demo/season/painter.js';
import { pixelsInside } from '../demo/pixels-inside.js';
import { sceneFiles } from '../../demo/season/scene-writer.js';
import { world, type World } from '../../demo/season/world.js';
import { createDatabase, type TestDatabase } from '../database/database.js';
import { slowStatistics, type Statistics } from '../zonal/slow-statistics.js';
import { gateway } from './gateway.js';

export type Card = SeasonScene['card'];

interface Chosen {
  /** Among the scenes of its card. */
  readonly place: number;
  readonly ends: string;
  /** Objects that are not in the store. */
  readonly without?: RegExp;
  /** A band that holds nothing but no-data. */
  readonly blank?: string;
  /** What is done to an object; such scenes are in the season only where they are asked for. */
  readonly harm?: { readonly object: RegExp; readonly by: (bytes: Uint8Array) => Uint8Array };
}

/** What becomes of each scene: some lack objects, some objects can't be read. */
const CHOSEN: Readonly<Record<Card, readonly Chosen[]>> = {
  s2: [
    // Clouded, and with a wedge beyond the swath.
    { place: 2, ends: 'extracted' },
    { place: 3, ends: 'extracted', blank: 'B08' },
    { place: 4, ends: 'bad_raster', harm: { object: /_B04_10m\.jp2$/, by: cutShort } },
    { place: 6, ends: 'B08 notfound', without: /_B08_10m\.jp2$/ },
    { place: 8, ends: 'S2_nopath', without: /./ },
  ],
  bs: [
    { place: 0, ends: 'extracted' },
    { place: 1, ends: 'No S3 VH hdr', without: /_VH\.hdr$/ },
    { place: 3, ends: 'extracted' },
    { place: 4, ends: 'bad_raster', harm: { object: /_VV\.hdr$/, by: withMoreSamples } },
  ],
  c6: [
    { place: 1, ends: 'extracted' },
    { place: 2, ends: 'C6_nopath', without: /./ },
    { place: 3, ends: 'bad_raster', harm: { object: /\.tif$/, by: withoutGeoKeys } },
  ],
};
const SUFFIX: Readonly<Record<Card, string>> = { s2: '', bs: 'b', c6: 'c' };

/** A campaign: the tables that are named after it, and what its db_config.json asks for. */
export interface Asked {
  readonly card: Card;
  readonly name: string;
  /** It keeps clear rows. */
  readonly clear?: boolean;
  readonly args?: Readonly<Record<string, unknown>>;
}

export interface TestSeason {
  readonly database: TestDatabase;
  readonly folder: string;
  readonly s3Config: string;
  /** Writes a db_config.json for a card, with tables of its own named after `name`; `files` are the options that name both files. */
  config(card: Card, name: string): Promise<{ dbConfig: string; files: string[]; tables: Tables }>;
  /** The status word each scene of a card must end with, by catalogue id. */
  ends(card: Card): Promise<Map<number, string>>;
  /** Rows by `obsid pid band`, and histograms by `obsid pid`. */
  expected(
    card: Card,
  ): Promise<{ rows: Map<string, Statistics>; hists: Map<string, Record<string, number>> }>;
  /** What the extracted scenes of a card were painted with, by catalogue id. */
  painted(card: Card): Promise<Map<number, { readonly reference: string; readonly bands: PaintedBand[] }>>;
  /** All parcels that are large enough, in the CRS of the scenes. */
  parcels(): Promise<Map<number, Polygon[]>>;
  close(): Promise<void>;
}

export async function makeTestSeason(
  campaigns: readonly Asked[],
  options: { readonly harmed?: boolean } = {},
): Promise<TestSeason> {
  const store = gateway();
  const folder = await mkdtemp(join(tmpdir(), 'parcelwise-season-'));
  // A bucket of its own: seasons of several test files hold the same keys.
  const bucket = `season-${randomBytes(6).toString('hex')}`;
  const bucketFolder = join(dirname(store.folder), bucket);
  const all = world(7);
  const chosen = (Object.keys(CHOSEN) as Card[]).flatMap((card) => {
    const scenes = all.scenes.filter((scene) => scene.card === card);
    const wanted = CHOSEN[card].filter(({ harm }) => harm === undefined || options.harmed === true);
    return wanted.map(({ place, ...what }) => ({ scene: scenes[place]!, ...what }));
  });
  const season: World = { ...all, scenes: chosen.map(({ scene }) => scene) };
  const paint = painter(season);
  const painted = new Map<string, PaintedBand[]>();
  for (const { scene, ends, without, blank, harm } of chosen) {
    const bands = paint(scene);
    for (const { band, pixels } of bands) if (band === blank) pixels.fill(0);
    if (ends === 'extracted') painted.set(scene.reference, bands);
    for (const { key, bytes } of without?.source === '.' ? [] : await sceneFiles(scene, bands)) {
      if (without?.test(key)) continue;
      const path = join(bucketFolder, key);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, harm?.object.test(key) === true ? harm.by(bytes) : bytes);
    }
  }

  const database = await createDatabase();
  const { pool, connection } = database;
  const askedAs = (name: string): Partial<Asked> => campaigns.find((one) => one.name === name) ?? {};
  const tablesOf = (card: Card, name: string): Tables => ({
    ...{
      catalogue: 'ms.dias_catalogue',
      aois: 'ms.aois',
      parcels: 'ms.parcels_2024',
      results: `ms.sigs_${name}`,
    },
    ...(card === 's2' && { hists: `ms.hists_${name}` }),
    ...(askedAs(name).clear === true && { clear: `ms.clear_${name}` }),
  });
  await loadSeason(
    pool,
    season,
    campaigns.map(({ card, name }) => tablesOf(card, name)),
  );

  const s3Config = join(folder, 's3_config.json');
  const { endpoint: host, accessKey: access_key, secretKey: secret_key, region } = store;
  await writeFile(s3Config, JSON.stringify({ s3: { host, access_key, secret_key, region, bucket } }));
  const obsidOf = async (): Promise<Map<string, number>> => {
    const { rows } = await pool.query<{ id: number; reference: string }>(
      'SELECT id, reference FROM ms.dias_catalogue',
    );
    return new Map(rows.map(({ id, reference }) => [reference, id]));
  };

  return {
    ...{ database, folder, s3Config },
    config: async (card, name) => {
      const tables = tablesOf(card, name);
      const dbConfig = join(folder, `${name}.json`);
      const settings = {
        connection: {
          ...{ host: connection.host, port: connection.port, dbname: database.name },
          ...{ dbuser: connection.user, dbpasswd: connection.password?.() ?? '' },
        },
        tables: {
          ...{ aoi_table: tables.aois, parcel_table: tables.parcels, catalogue_table: tables.catalogue },
          ...{ results_table: tables.results, hists_table: tables.hists, clear_table: tables.clear },
        },
        args: {
          ...{ name: season.aoi.name, startdate: '2024-01-01', enddate: '2024-12-31' },
          ...askedAs(name).args,
        },
      };
      await writeFile(dbConfig, JSON.stringify({ database: settings }));
      return { dbConfig, files: ['--db-config', dbConfig, '--s3-config', s3Config], tables };
    },
    ends: async (card) => {
      const ids = await obsidOf();
      const ours = chosen.filter(({ scene }) => scene.card === card);
      return new Map(ours.map(({ scene, ends }) => [ids.get(scene.reference)!, ends]));
    },
    expected: async (card) => {
      const ids = await obsidOf();
      const parcels = await parcelsInUtm(database);
      const rows = new Map<string, Statistics>();
      const hists = new Map<string, Record<string, number>>();
      for (const { scene } of chosen) {
        const bands = scene.card === card ? painted.get(scene.reference) : undefined;
        for (const band of bands ?? []) {
          for (const [pid, parts] of parcels) {
            const values = pixelsInside(parts, band);
            if (values.length === 0) continue;
            const name = band.band === 'SCL' ? 'SC' : `${band.band}${SUFFIX[card]}`;
            rows.set(`${ids.get(scene.reference)} ${pid} ${name}`, slowStatistics(values));
            if (name === 'SC') hists.set(`${ids.get(scene.reference)} ${pid}`, histogram(values));
          }
        }
      }
      return { rows, hists };
    },
    painted: async (card) => {
      const ids = await obsidOf();
      const scenes = chosen.flatMap(({ scene: { card: of, reference } }) => {
        const bands = of === card ? painted.get(reference) : undefined;
        return bands ? [[ids.get(reference)!, { reference, bands }] as const] : [];
      });
      return new Map(scenes);
    },
    parcels: () => parcelsInUtm(database),
    close: async () => {
      await database.drop();
      await rm(bucketFolder, { recursive: true });
      await rm(folder, { recursive: true });
    },
  };
}

function cutShort(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(0, bytes.length * 0.6);
}

/** An ENVI header that tells of twice the pixels there are. */
function withMoreSamples(bytes: Uint8Array): Uint8Array {
  const text = Buffer.from(bytes).toString('latin1');
  return Buffer.from(
    text.replace(/samples *= *(\d+)/, (_, samples: string) => `samples = ${2 * Number(samples)}`),
    'latin1',
  );
}

/** A TIFF whose GeoKeyDirectory (tag 34735) has become a private tag that nobody knows. */
function withoutGeoKeys(bytes: Uint8Array): Uint8Array {
  const file = Buffer.from(bytes);
  const directory = file.readUInt32LE(4);
  for (let entry = 0; entry < file.readUInt16LE(directory); entry++) {
    const at = directory + 2 + 12 * entry;
    if (file.readUInt16LE(at) === 34735) file.writeUInt16LE(65000, at);
  }
  return file;
}

/** Parcels large enough, transformed by PostGIS as a reader of the table would. */
async function parcelsInUtm({ pool }: TestDatabase): Promise<Map<number, Polygon[]>> {
  const { rows } = await pool.query<{ pid: number; shape: { coordinates: Polygon[] } }>(`
    SELECT ogc_fid AS pid, ST_AsGeoJSON(ST_Multi(ST_Transform(wkb_geometry, 32631)), 15)::json AS shape
    FROM ms.parcels_2024 WHERE ST_Area(wkb_geometry) > 3000 AND NOT ST_IsEmpty(wkb_geometry)`);
  return new Map(rows.map(({ pid, shape }) => [pid, shape.coordinates]));
}

function histogram(values: readonly number[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}
