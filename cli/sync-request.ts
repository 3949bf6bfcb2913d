/** A sync's input, made of command-line options and what db_config.json says. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { CardCode } from '../cards/card.js';
import { CARD_CODES } from '../cards/codes.js';
import { readDbConfig } from '../database/selection/config.js';
import { sourceAddress } from '../stac/source.js';
import { checkSyncInput, type SyncInput } from '../workflows/sync-input.js';
import { configFiles, type ConfigOptions } from './config-options.js';
import { UserError } from '../terminal/user-error.js';

/** Options that say where scenes come from. */
export interface SourceOptions {
  readonly stac?: string;
  readonly collection?: string;
  readonly listing?: CardCode;
  readonly tiles?: string[];
  readonly cloud?: number;
}

export interface SyncOptions extends SourceOptions, ConfigOptions {
  readonly aoi?: string;
  readonly start?: string;
  readonly end?: string;
}

export function addSourceOptions(command: Command): Command {
  return command
    .option('--stac <source>', 'STAC API or static catalog: cdse, earth-search, a URL, or a path')
    .option('--collection <id>', "its collection (default: the preset's, else all)")
    .addOption(
      new Option(
        '--listing <card>',
        'list the bucket by day instead, for stores without a STAC source',
      ).choices(CARD_CODES),
    )
    .option('--tiles <list>', 'with --listing: products of these tiles only, with commas: 31UFT,31UGT', tiles)
    .option('--cloud <percent>', 'leave out scenes with more clouds than this', percent);
}

/** @throws UserError, DatabaseSetupError, StacDenied, ApplicationFailure naming what is wrong. */
export function syncRequest(options: SyncOptions): SyncInput {
  const config = readDbConfig(configFiles(options).dbConfig, process.env);
  const input: SyncInput = {
    source: sourceOf(options),
    tables: { catalogue: config.tables.catalogue, aois: config.tables.aois },
    aoi: { ...config.aoi, ...(options.aoi !== undefined && { name: options.aoi }) },
    period: { start: options.start ?? config.period.start, end: options.end ?? config.period.end },
    ...(options.cloud !== undefined && { cloud: options.cloud }),
  };
  return checkSyncInput(input);
}

function sourceOf({ stac, collection, listing, tiles: chosen }: SourceOptions): SyncInput['source'] {
  if ((stac === undefined) === (listing === undefined))
    throw new UserError(
      'say where scenes come from: --stac cdse, --stac earth-search, --stac <URL>, or --listing <card>',
    );
  if (listing !== undefined) return { listing, ...(chosen && { tiles: chosen }) };
  // A misspelt preset should be told here, not by a worker later.
  sourceAddress(stac!);
  return { stac: stac!, ...(collection !== undefined && { collection }) };
}

function tiles(text: string): string[] {
  const names = text.split(',').map((part) =>
    part
      .trim()
      .toUpperCase()
      .replace(/^T(?=\d)/, ''),
  );
  if (names.some((name) => !/^\d{2}[A-Z]{3}$/.test(name)))
    throw new InvalidArgumentError('It is a list of tiles with commas, as 31UFT,31UGT.');
  return names;
}

function percent(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 100))
    throw new InvalidArgumentError('It is a number from 0 to 100.');
  return value;
}
