/** The database, the configuration files and the schedule that a soak ticks with. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import type pg from 'pg';
import type { Tables } from '../../database/terms.js';
import { createSchedule } from '../../client/index.js';
import { asJson, connectionOf, dbConfig, s3Config } from '../../demo/config-files.js';
import { loadSeason } from '../../demo/season/load-season.js';
import { world } from '../../demo/season/world.js';
import type { Servers } from '../product/servers.js';
import type { Site } from '../product/site.js';
import { CLOUD_LIMIT, PAGE_ITEMS, PERIOD } from './season.js';

const TABLES: Tables = {
  catalogue: 'dias_catalogue',
  aois: 'aois',
  parcels: 'parcels',
  results: 'sigs',
  hists: 'hists',
};

/** Tables without scenes, and a folder below `root` with the files that lead to them. */
export async function openSite(root: string, servers: Servers, pool: pg.Pool): Promise<Site> {
  const season = world(7);
  await loadSeason(pool, { ...season, scenes: [] }, [TABLES]);
  const folder = join(root, 'site');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const config = dbConfig(connectionOf(servers.database), TABLES, { aoi: season.aoi.name, ...PERIOD });
  await writeFile(join(folder, 'db_config.json'), asJson(config), { mode: 0o600 });
  await writeFile(join(folder, 's3_config.json'), asJson(s3Config(servers.s3)), { mode: 0o600 });
  return { servers, folder, pool, close: () => pool.end() };
}

/**
 * A schedule that syncs with the STAC API at `stac`. The whole period is swept once a simulated day, as it is once a day in
 * earnest.
 */
export async function scheduleTicks(
  client: Client,
  name: string,
  stac: string,
  { everyMs, ticksPerDay }: { readonly everyMs: number; readonly ticksPerDay: number },
): Promise<void> {
  const sync = {
    source: { stac, collection: 'sentinel-2-l2a' },
    cloud: CLOUD_LIMIT,
    pageSize: PAGE_ITEMS,
    lookbackDays: 30,
    sweepHours: (everyMs * ticksPerDay) / 3_600_000,
  };
  await createSchedule(client, { name, sync, campaign: { card: 's2' } }, { everyMs });
}
