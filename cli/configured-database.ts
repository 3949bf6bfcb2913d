/** What commands about single scenes work at: the database, its catalogue table, and Temporal where it is asked. */
import type pg from 'pg';
import { type DatabaseConfig, readDbConfig } from '../database/selection/config.js';
import { requireTable } from '../database/session/identifier.js';
import { openPool } from '../database/session/pool.js';
import { requireSchema } from '../database/session/schema.js';
import { getScene } from '../database/scenes/scenes.js';
import type { Scene, Table } from '../database/terms.js';
import { configFiles, type ConfigOptions } from './config-options.js';

export interface ConfiguredDatabase {
  readonly pool: pg.Pool;
  readonly config: DatabaseConfig;
  readonly catalogue: Table;
}

/** @throws DatabaseSetupError when the catalogue table or our schema is missing. */
export async function withConfiguredDatabase<T>(
  options: ConfigOptions,
  work: (database: ConfiguredDatabase) => Promise<T>,
): Promise<T> {
  const config = readDbConfig(configFiles(options).dbConfig, process.env);
  const pool = openPool(config.connection, { max: 2 });
  try {
    const catalogue = await requireTable(pool, config.tables.catalogue, 'catalogue_table');
    await requireSchema(pool);
    return await work({ pool, config, catalogue });
  } finally {
    await pool.end();
  }
}

/** A scene by its id or reference. @throws DatabaseSetupError when there is none. */
export function findScene({ pool, catalogue }: ConfiguredDatabase, name: string): Promise<Scene> {
  return getScene(pool, { catalogue }, /^\d+$/.test(name) ? Number(name) : name);
}
