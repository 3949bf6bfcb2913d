/** The small season of the database's tests with crops and ids beside its parcels, and a server of it without a socket. */
import type { FastifyInstance } from 'fastify';
import type pg from 'pg';
import { openPool } from '../../database/session/pool.js';
import type { DatasetEntry } from '../../server/datasets/dataset.js';
import { Datasets } from '../../server/datasets/datasets.js';
import { buildServer, type ServerOptions } from '../../server/serve.js';
import { openLog } from '../../telemetry/log.js';
import { createDatabase, type TestDatabase } from '../database/database.js';
import { makeSeason } from '../database/season.js';

/** Parcels 1, 3, 5 … are wheat, the others maize; ids are P1, P2 … */
const CROPS = `
  ALTER TABLE parcels ADD COLUMN id varchar(20), ADD COLUMN crop text, ADD COLUMN code integer;
  UPDATE parcels SET id = 'P' || ogc_fid, crop = CASE ogc_fid % 2 WHEN 1 THEN 'wheat' ELSE 'maize' END, code = 100 + ogc_fid % 2;
  CREATE INDEX ON parcels (id)`;

export const ENTRY: DatasetEntry = {
  aoi: 'ms',
  year: 2024,
  tables: {
    ...{
      parcels: 'parcels',
      catalogue: 'dias_catalogue',
      signatures: { s2: 'sigs', bs: 'sigs' },
      hists: 'hists',
    },
    ...{ parcelId: 'id', cropName: 'crop', cropCode: 'code' },
  },
};

export interface ServedSeason {
  readonly database: TestDatabase;
  readonly pool: pg.Pool;
  readonly app: FastifyInstance;
  /** Another server of the same database. */
  serve(options?: Partial<ServerOptions>, entries?: readonly DatasetEntry[]): Promise<FastifyInstance>;
  end(): Promise<void>;
}

export const silent = openLog({ PARCELWISE_LOG: 'error' });

export async function serveSeason({ parcels = 40 } = {}): Promise<ServedSeason> {
  const database = await createDatabase();
  await makeSeason(database.pool, { parcels });
  await database.pool.query(CROPS);
  const pool = openPool(database.connection, { max: 4, readOnly: true, statementTimeoutMs: 15_000 });
  const servers: FastifyInstance[] = [];
  const serve: ServedSeason['serve'] = async (options = {}, entries = [ENTRY]) => {
    const app = await buildServer(
      { pool, datasets: new Datasets(pool, entries) },
      { log: silent, ...options },
    );
    servers.push(app);
    return app;
  };
  return {
    ...{ database, pool, serve },
    app: await serve(),
    end: async () => {
      await Promise.all(servers.map((app) => app.close()));
      await pool.end();
      await database.drop();
    },
  };
}
