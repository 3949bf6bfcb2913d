/** The options that name configuration files, the same for every command. */
import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { UserError } from '../terminal/user-error.js';

export interface ConfigOptions {
  readonly dbConfig?: string;
  readonly s3Config?: string;
}

/** Files of CbM's names in the working folder are taken when nothing else is said. */
const DEFAULTS = { dbConfig: 'db_config.json', s3Config: 's3_config.json' } as const;

export function addConfigOptions(command: Command): Command {
  return command
    .option(
      '--db-config <file>',
      'database, tables, AOI and period; else db_config.json here. DATABASE_URL and PG* variables fill its connection',
    )
    .option('--s3-config <file>', 'object store; else s3_config.json here, else AWS_* variables');
}

/** The files that are there. @throws UserError when one that was named is not. */
export function configFiles(options: ConfigOptions): {
  dbConfig: string | undefined;
  s3Config: string | undefined;
} {
  return { dbConfig: fileOf(options, 'dbConfig'), s3Config: fileOf(options, 's3Config') };
}

function fileOf(options: ConfigOptions, which: keyof typeof DEFAULTS): string | undefined {
  const named = options[which];
  if (named !== undefined && !existsSync(named)) throw new UserError(`${named}: there is no such file`);
  return named ?? (existsSync(DEFAULTS[which]) ? DEFAULTS[which] : undefined);
}
