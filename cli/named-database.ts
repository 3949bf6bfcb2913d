/** Which database a command's files mean, told with what it asks of the workers, who may have another one. */
import type { Command } from 'commander';
import { namesDatabase, readConnection } from '../database/selection/config.js';
import { type DatabaseId, databaseId } from '../database/session/database-id.js';
import { ConnectionFailed } from '../database/session/errors.js';
import { openPool } from '../database/session/pool.js';
import { configFiles, type ConfigOptions } from './config-options.js';
import { FAILED } from '../terminal/exit-codes.js';
import { UserError } from '../terminal/user-error.js';

export interface NamedDatabase extends ConfigOptions {
  /** False where the workers' database is to be taken, whatever the files here say. */
  readonly databaseCheck?: boolean;
}

export function addDatabaseCheck(command: Command): Command {
  return command.option(
    '--no-database-check',
    "take the workers' database for the right one: for files whose own can't be reached from here",
  );
}

/**
 * The same input with the database that the files or variables here name, where they name one.
 * @throws UserError where it can't be asked which one it is.
 */
export async function withDatabase<Input extends object>(
  input: Input,
  options: NamedDatabase,
): Promise<Input & { readonly database?: DatabaseId }> {
  const { dbConfig } = configFiles(options);
  if (options.databaseCheck === false || !namesDatabase(dbConfig, process.env)) return input;
  const pool = openPool(readConnection(dbConfig, process.env), { max: 1 });
  try {
    return { ...input, database: await databaseId(pool) };
  } catch (error) {
    if (!(error instanceof ConnectionFailed)) throw error;
    throw new UserError(
      `${error.message.replace(/[^.?!]$/, '$&.')} Nothing was started, since it can't be seen that the workers have the same database: ` +
        'correct the connection, or say --no-database-check',
      FAILED,
    );
  } finally {
    await pool.end();
  }
}
