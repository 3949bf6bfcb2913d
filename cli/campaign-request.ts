/** A campaign's input, made of command-line options and what db_config.json says. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { CHUNK_PARCELS } from '../campaigns/make-order.js';
import { CARD_TYPES, cardType } from '../cards/card-types.js';
import { readDbConfig } from '../database/selection/config.js';
import { checkCampaignInput, type CampaignInput } from '../workflows/campaign-input.js';
import { configFiles, type ConfigOptions } from './config-options.js';
import { wholeNumber } from './whole-number.js';

export interface CampaignOptions extends ConfigOptions {
  /** A CARD type's code. */
  readonly card: string;
  readonly name?: string;
  readonly bands?: string[];
  readonly aoi?: string;
  readonly start?: string;
  readonly end?: string;
  readonly results?: string;
  readonly hists?: string;
  readonly bandNames?: 'api' | 'seed';
  readonly radiometry?: 'raw' | 'harmonised';
  readonly statusIn?: 'catalogue' | 'parcelwise';
  readonly concurrency?: number;
  readonly chunkParcels?: number;
  readonly hostSilence?: number;
  readonly rounds?: number;
  readonly maxDownloadMbps?: number;
  readonly maxRequests?: number;
  readonly changedOnly?: boolean;
}

/** Options of a campaign. @param named whether the campaign's name is an option; else the command says it. */
export function addCampaignOptions(command: Command, { named = true } = {}): Command {
  if (named)
    command.option(
      '--name <name>',
      "the campaign's name; its workflow is campaign/<name> (default: <card>-<aoi>)",
    );
  return addOrderOptions(command)
    .option('--start <date>', 'first day, UTC, in place of startdate')
    .option('--end <date>', 'last day or time, UTC, in place of enddate')
    .option('--concurrency <scenes>', 'scenes in flight', wholeNumber)
    .option(
      '--host-silence <seconds>',
      'a host without a sign of life for so long is taken for gone, and its scenes are staged elsewhere',
      wholeNumber,
    )
    .option(
      '--rounds <rounds>',
      'rounds in a row in which no scene comes to an end before it gives up',
      wholeNumber,
    );
}

/** Options of what is extracted of a scene, and into which tables: all that a single scene needs. */
export function addOrderOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--card <type>', 'CARD type')
        .choices(CARD_TYPES.map(({ code }) => code))
        .makeOptionMandatory(),
    )
    .option(
      '--bands <list>',
      'bands, with commas: B04,B08,SC (default: db_config.json, else those of the CARD type)',
      list,
    )
    .option('--aoi <name>', 'area of interest, in place of the one in db_config.json')
    .option('--results <table>', 'results table, in place of results_table')
    .option('--hists <table>', 'histograms table, in place of hists_table')
    .addOption(
      new Option('--band-names <preset>', "names in the results: CbM's API's, or the seed's").choices([
        'api',
        'seed',
      ]),
    )
    .addOption(
      new Option(
        '--radiometry <mode>',
        'Sentinel-2 numbers as stored, or with the BOA offset of their baseline added',
      )
        .choices(['raw', 'harmonised'])
        .default('raw'),
    )
    .addOption(
      new Option(
        '--status-in <where>',
        "where scenes' status words stand: the catalogue, or parcelwise's schema, for a second results table",
      ).choices(['catalogue', 'parcelwise']),
    )
    .option(
      '--changed-only',
      'of scenes already extracted, extract the parcels that were added or redrawn since, and nothing else',
    )
    .option('--chunk-parcels <parcels>', 'parcels a chunk', wholeNumber)
    .option(
      '--max-download-mbps <megabits>',
      "megabits a second that all workers together download from the store's account",
      positive,
    )
    .option('--max-requests <requests>', 'requests a second that all workers together make to it', positive);
}

/**
 * All that the file here says, and its defaults for what it leaves out: nothing is left to the files of the workers.
 * @throws UserError, DatabaseSetupError, ApplicationFailure naming what is wrong.
 */
export function campaignRequest(options: CampaignOptions): { name: string; input: CampaignInput } {
  const config = readDbConfig(configFiles(options).dbConfig, process.env);
  const { tables } = config;
  const aoi = { ...config.aoi, ...(options.aoi !== undefined && { name: options.aoi }) };
  const bands = options.bands ?? config.bands ?? cardType(options.card).defaultBands;
  const input: CampaignInput = {
    card: options.card,
    tables: {
      catalogue: tables.catalogue,
      aois: tables.aois,
      parcels: tables.parcels,
      results: options.results ?? tables.results,
      hists: options.hists ?? tables.hists ?? null,
    },
    aoi,
    period: { start: options.start ?? config.period.start, end: options.end ?? config.period.end },
    bands: [...bands],
    bandNames: options.bandNames ?? config.bandNames,
    minAreaM2: config.minAreaM2,
    ...(options.statusIn !== undefined && { statusIn: options.statusIn }),
    chunkParcels: options.chunkParcels ?? config.chunkParcels ?? CHUNK_PARCELS,
    ...(options.radiometry !== undefined && { radiometry: options.radiometry }),
    ...(options.maxDownloadMbps !== undefined && { maxDownloadMbps: options.maxDownloadMbps }),
    ...(options.maxRequests !== undefined && { maxRequests: options.maxRequests }),
    ...(options.changedOnly === true && { changedOnly: true }),
    ...(options.concurrency !== undefined && { concurrency: options.concurrency }),
    ...(options.hostSilence !== undefined && { hostSilenceSeconds: options.hostSilence }),
    ...(options.rounds !== undefined && { rounds: options.rounds }),
  };
  checkCampaignInput(input);
  return { name: options.name ?? `${options.card}-${aoi.name}`, input };
}

function list(text: string): string[] {
  const parts = text.split(',').map((part) => part.trim());
  if (parts.some((part) => part === ''))
    throw new InvalidArgumentError('It is a list with commas, as B04,B08.');
  return parts;
}

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new InvalidArgumentError('It is a number above 0.');
  return value;
}
