/** A sync's input, made of command-line options and what db_config.json says. */
import type { Command } from 'commander';
import { type Field, fieldsOf } from '../campaigns/fields.js';
import { areaOf } from '../campaigns/make-order.js';
import { type SyncInput, syncSchema } from '../campaigns/sync-options.js';
import { cardType } from '../cards/card-types.js';
import { readDbConfig } from '../database/selection/config.js';
import { sourceAddress } from '../stac/source.js';
import { checkSyncInput } from '../workflows/sync-input.js';
import { configFiles, type ConfigOptions } from './config-options.js';
import { UserError } from '../terminal/user-error.js';
import { addFieldOptions, type OptionValues, saidOf } from './field-options.js';

/** The configuration files, and whatever campaigns/sync-options.ts has flags for. */
export type SyncOptions = ConfigOptions & OptionValues;

/** Days that a schedule looks back, where nothing else is said. */
const LOOKBACK_DAYS = 30;

/** Fields that stand below these names of the input. */
const fieldsBelow = (...names: readonly string[]): Field[] =>
  fieldsOf(syncSchema()).filter(({ path }) => names.includes(path[0]!));

/** Options that say where scenes come from. */
export function addSourceOptions(command: Command): Command {
  return addFieldOptions(command, fieldsBelow('source', 'cloud'));
}

/** Options that take the place of db_config.json's area and period. */
export function addAreaOptions(command: Command): Command {
  return addFieldOptions(command, fieldsBelow('aoi', 'period'));
}

/** `--lookback`, for what syncs again and again. */
export function addLookbackOption(command: Command): Command {
  return addFieldOptions(command, fieldsBelow('lookbackDays'), { lookback: { standard: LOOKBACK_DAYS } });
}

/** @throws UserError, DatabaseSetupError, StacDenied, ApplicationFailure naming what is wrong. */
export function syncRequest(options: SyncOptions): SyncInput {
  const config = readDbConfig(configFiles(options).dbConfig, process.env);
  const said = saidOf(fieldsOf(syncSchema()), withOneSource(options)) as SyncInput;
  checkSyncInput(said);
  // A misspelt preset should be told here, not by a worker later.
  if ('stac' in said.source) sourceAddress(said.source.stac);
  return checkSyncInput({
    ...said,
    tables: { catalogue: config.tables.catalogue, aois: config.tables.aois },
    ...areaOf(said, config),
  });
}

/** What belongs to the other kind of source counts for nothing. */
function withOneSource({ stac, collection, listing, tiles, ...others }: SyncOptions): OptionValues {
  if ((stac === undefined) === (listing === undefined))
    throw new UserError(
      'say where scenes come from: --stac cdse, --stac earth-search, --stac <URL>, or --listing <card>',
    );
  if (stac !== undefined) return { ...others, stac, collection };
  return { ...others, listing, ...(Array.isArray(tiles) && { tiles: tilesOf(String(listing), tiles) }) };
}

/** As the CARD type's names have them; of types without tiles they choose nothing. */
function tilesOf(listing: string, written: readonly string[]): string[] {
  const { parseTile } = cardType(listing);
  return written.map((tile) => {
    const name = parseTile === undefined ? tile : parseTile(tile);
    if (name !== undefined) return name;
    throw new UserError(
      `--tiles: '${tile}' is no tile of ${listing}; it is a list with commas, as 31UFT,31UGT`,
    );
  });
}
