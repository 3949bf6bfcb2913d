/** The servers and the seasons on them, which are started anew when nothing of them is to be in memory. */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';
import type { Bench } from '../bench.js';
import { runMeasured } from '../child.js';
import { pythonProgram } from '../ground.js';
import { type Servers, startServers } from '../product/servers.js';
import { openParcels } from './made-parcels.js';
import { type MadeSeason, openSeason } from './made-season.js';
import { YEARS } from './names.js';

export type SeasonName = keyof typeof YEARS;

const FOLDER_OF_DATA = `SELECT current_setting('data_directory') AS folder`;

/** Files of a table and its indexes, below the folder of data; their further gigabytes lie beside them. */
const FILES = `
  SELECT pg_relation_filepath(c.oid) AS path, ceil(pg_relation_size(c.oid) / 2.0 ^ 30)::int AS pieces FROM pg_class c
  WHERE c.oid = ANY ($1::regclass[]) OR c.oid IN (SELECT indexrelid FROM pg_index WHERE indrelid = ANY ($1::regclass[]))`;

export class Stage {
  private constructor(
    private readonly bench: Bench,
    readonly parcels: number,
    public servers: Servers,
    public pool: pg.Pool,
    private seasons: Readonly<Record<SeasonName, MadeSeason>>,
  ) {}

  /** Starts servers, and makes the seasons' database where there is none. */
  static async open(bench: Bench, parcels: number): Promise<Stage> {
    const servers = await startServers(bench);
    try {
      return new Stage(bench, parcels, servers, ...(await openSeasons(bench, servers, parcels)));
    } catch (error) {
      await servers.stop();
      throw error;
    }
  }

  season(name: SeasonName): MadeSeason {
    return this.seasons[name];
  }

  /** Has a season's tables and indexes in the page cache. */
  async warm(name: SeasonName): Promise<void> {
    const { results, hists } = this.season(name);
    const folder = await this.dataFolder();
    const { rows } = await this.pool.query<{ path: string; pieces: number }>(FILES, [[results, hists]]);
    for (const { path, pieces } of rows)
      for (let piece = 0; piece < pieces; piece++)
        await readThrough(join(folder, piece === 0 ? path : `${path}.${piece}`));
  }

  /** Starts PostgreSQL anew with nothing of its files in memory. */
  async cool(): Promise<void> {
    const folder = await this.dataFolder();
    await this.pool.end();
    await this.servers.stop();
    await runMeasured(this.bench.peers.python, [pythonProgram('evict.py'), folder]);
    this.servers = await startServers(this.bench);
    [this.pool, this.seasons] = await openSeasons(this.bench, this.servers, this.parcels);
  }

  /** The seasons stay for the next run. */
  async close(): Promise<void> {
    await this.pool.end();
    await this.servers.stop();
  }

  private async dataFolder(): Promise<string> {
    return (await this.pool.query<{ folder: string }>(FOLDER_OF_DATA)).rows[0]!.folder;
  }
}

async function openSeasons(
  { folder }: Bench,
  servers: Servers,
  parcels: number,
): Promise<[pg.Pool, Record<SeasonName, MadeSeason>]> {
  const pool = await openParcels(servers, parcels);
  const of = (name: SeasonName) =>
    openSeason(servers, pool, join(folder, `read-${parcels}`), parcels, YEARS[name]);
  return [pool, { over: await of('over'), running: await of('running'), new: await of('new') }];
}

async function readThrough(path: string): Promise<void> {
  const buffer = Buffer.allocUnsafe(1 << 20);
  const file = await open(path, 'r');
  try {
    while ((await file.read(buffer, 0, buffer.length)).bytesRead > 0);
  } finally {
    await file.close();
  }
}
