/** Scenes of the three CARD types over the season's parcels, of noise, in a folder that serves as store; and chips of them. */
import { link, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { enviFile } from '../../../demo/season/envi-file.js';
import { geotiffFile } from '../../../demo/season/geotiff-file.js';
import { jp2File } from '../../../demo/season/jp2-file.js';
import { Chips } from '../../../server/chips/chips.js';
import { LentFiles } from '../../../server/chips/lent-files.js';
import { Datasets } from '../../../server/datasets/datasets.js';
import { buildServer, type ServerOptions } from '../../../server/serve.js';
import { FolderStore } from '../../../store/folder-store.js';
import type { ObjectStore } from '../../../store/object-store.js';
import type { Log } from '../../../telemetry/log.js';
import { noise } from '../../activities/noise.js';
import { storeWith } from '../../activities/store-with.js';
import { GRID } from '../../database/season.js';
import { ENTRY, serveSeason, silent, type ServedSeason } from '../served-season.js';

export const S2 = 'S2A_MSIL2A_20240302T105619_N0510_R051_T31UES_20240302T142212.SAFE';
export const BS = 'S1A_IW_GRDH_1SDV_20240302T172431_20240302T172456_052833_0664D9_3A51_CARD_BS';
export const C6 = 'S1A_20240306T055824_20240223T055825_DESC_CARD_COH6';

const IMAGES = `Sentinel-2/MSI/L2A/2024/03/02/${S2}/GRANULE/L2A_T31UES_A045400_20240302T105614/IMG_DATA`;
export const KEYS = {
  B04: `${IMAGES}/R10m/T31UES_20240302T105619_B04_10m.jp2`,
  B08: `${IMAGES}/R10m/T31UES_20240302T105619_B08_10m.jp2`,
  C6: `Sentinel-1/SAR/CARD-COH6/2024/03/06/${C6}/${C6}.tif`,
  BS: `Sentinel-1/SAR/CARD-BS/2024/03/02/${BS}/${BS}.data/Gamma0_VV`,
};

/** By the same numbers everywhere: of bands they differ by where they begin. */
export const pixelOf = { B04: noise, B08: (row: number, column: number) => noise(row + 7, column) };
export const realOf = (row: number, column: number): number => Math.fround(noise(row, column) / 32768);

/** Scene 1 is Sentinel-2, 4 backscatter, 5 coherence. */
const ROWS = `
  UPDATE dias_catalogue SET reference = '${S2}' WHERE id = 1;
  UPDATE dias_catalogue SET reference = '${BS}' WHERE id = 4;
  UPDATE dias_catalogue SET reference = '${C6}', card = 'c6', obstime = '2024-03-06 05:58:24' WHERE id = 5`;

export interface ChipSeason extends ServedSeason {
  readonly bucket: string;
  readonly chips: Chips;
  readonly app: FastifyInstance;
  /** Bytes of each range that was fetched, since it was emptied. */
  readonly fetched: number[];
  /** Another server and cache of the same folder, which the one before must have left. */
  again(): Promise<Pick<ChipSeason, 'app' | 'chips'>>;
  /** Ends all but the last server that `again` made, which is to be ended before. */
  close(): Promise<void>;
  /** Degrees of a corner of pixels. */
  placeAt(column: number, row: number): Promise<{ readonly lon: string; readonly lat: string }>;
}

export interface ServedChips {
  readonly maxBytes?: number;
  readonly log?: Log;
  /** The store as others would find it. */
  readonly changed?: (store: ObjectStore) => ObjectStore;
  readonly options?: Partial<ServerOptions>;
}

/** @param folder for the store and the cache */
export async function serveChips(
  folder: string,
  { maxBytes = 1e9, log = silent, changed = (store) => store, options = {} }: ServedChips = {},
): Promise<ChipSeason> {
  const season = await serveSeason();
  await season.database.pool.query(ROWS);
  // Others of the season have no products.
  await season.database.pool.query('DELETE FROM dias_catalogue WHERE id IN (2, 3, 7)');
  const bucket = join(folder, 'bucket');
  for (const band of ['B04', 'B08'] as const) {
    const file = await jp2File(Uint16Array.from(pixelsOf(pixelOf[band])), GRID, { bits: 15, tileSize: 256 });
    await put(join(bucket, KEYS[band]), file);
  }
  const real = Float32Array.from(pixelsOf(realOf));
  await put(join(bucket, KEYS.C6), geotiffFile([real, real.map((value) => value / 2)], GRID));
  for (const [name, key] of [
    ['VV', KEYS.BS],
    ['VH', KEYS.BS.replace('VV', 'VH')],
  ] as const) {
    const { header, image } = enviFile(real, GRID, name);
    await put(join(bucket, `${key}.img`), image);
    await put(join(bucket, `${key}.hdr`), header);
  }

  const fetched: number[] = [];
  const store = changed(new FolderStore(bucket));
  const counting = storeWith(store, {
    fetch: async (object, span, ...rest) => {
      await store.fetch(object, span, ...rest);
      fetched.push(span.to - span.from);
    },
  });
  const { pool } = season;
  const again = async (): Promise<Pick<ChipSeason, 'app' | 'chips'>> => {
    const chips = await Chips.open({
      ...{ pool, store: counting, folder: join(folder, 'cache'), maxBytes, threads: 1 },
    });
    const service = { chips, lent: new LentFiles(), log };
    const datasets = new Datasets(pool, [ENTRY]);
    return { chips, app: await buildServer({ pool, datasets, chips: service }, { log, ...options }) };
  };
  const first = await again();
  const close = async (): Promise<void> => {
    await first.app.close();
    await first.chips.close();
    await season.end();
  };
  const placeAt: ChipSeason['placeAt'] = async (column, row) => {
    const { rows } = await season.database.pool.query<{ lon: string; lat: string }>(
      `SELECT ST_X(p)::text AS lon, ST_Y(p)::text AS lat
       FROM (SELECT ST_Transform(ST_SetSRID(ST_MakePoint($1, $2), $3), 4326) AS p) AS point`,
      [GRID.originX + 10 * column, GRID.originY - 10 * row, GRID.epsg],
    );
    return rows[0]!;
  };
  return { ...season, ...first, bucket, fetched, again, close, placeAt };
}

/** The scene of a day in April. */
export const moreOf = (day: number): string =>
  S2.replaceAll('20240302', `202404${String(day).padStart(2, '0')}`);

/** Scenes of the first days of April, one a day, with the files of the one in March. */
export async function addScenes({ bucket, database }: ChipSeason, count: number): Promise<void> {
  for (let day = 1; day <= count; day++) {
    const reference = moreOf(day);
    await database.pool.query(
      `INSERT INTO dias_catalogue (id, obstime, reference, sensor, card, status, footprint)
       SELECT 100 + $1::int, timestamp '2024-03-31 10:56:19' + $1::int * interval '1 day', $2, sensor, card, status, footprint
       FROM dias_catalogue WHERE id = 1`,
      [day, reference],
    );
    for (const key of [KEYS.B04, KEYS.B08]) {
      const path = join(
        bucket,
        key.replace('2024/03/02', `2024/04/${String(day).padStart(2, '0')}`).replace(S2, reference),
      );
      await mkdir(dirname(path), { recursive: true });
      await link(join(bucket, key), path);
    }
  }
}

function* pixelsOf(pixel: (row: number, column: number) => number): Generator<number> {
  for (let row = 0; row < GRID.height; row++)
    for (let column = 0; column < GRID.width; column++) yield pixel(row, column);
}

async function put(path: string, bytes: Buffer): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
}
