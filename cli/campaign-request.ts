/** A campaign's input, made of command-line options and what db_config.json says. */
import type { Command } from 'commander';
import { fieldsOf } from '../campaigns/fields.js';
import { noticesOf } from '../campaigns/former-names.js';
import { orderOf, wholeRequest } from '../campaigns/make-order.js';
import { type CampaignInput, campaignSchema, sceneSchema } from '../campaigns/options.js';
import { readDbConfig } from '../database/selection/config.js';
import { checkCampaignInput } from '../workflows/campaign-input.js';
import { configFiles, type ConfigOptions } from './config-options.js';
import { notice } from './notice.js';
import { addFieldOptions, type OptionValues, saidOf } from './field-options.js';

/** The configuration files, the campaign's name, and whatever campaigns/options.ts has flags for. */
export type CampaignOptions = ConfigOptions & OptionValues & { readonly name?: string };

/** Options of a campaign. @param named whether the campaign's name is an option; else the command says it. */
export function addCampaignOptions(command: Command, { named = true } = {}): Command {
  if (named)
    command.option(
      '--name <name>',
      "the campaign's name; its workflow is campaign/<name> (default: <card>-<aoi>)",
    );
  return addFieldOptions(command, fieldsOf(campaignSchema()));
}

/** Options of what is extracted of a scene, and into which tables: all that a single scene needs. */
export function addSceneOptions(command: Command): Command {
  return addFieldOptions(command, fieldsOf(sceneSchema()));
}

/**
 * All that the file here says, and its defaults for what it leaves out: nothing is left to the files of the workers.
 * @throws UserError, DatabaseSetupError, ApplicationFailure naming what is wrong.
 */
export function campaignRequest(options: CampaignOptions): { name: string; input: CampaignInput } {
  const config = readDbConfig(configFiles(options).dbConfig, process.env);
  const said: unknown = saidOf(fieldsOf(campaignSchema()), options);
  checkCampaignInput(said);
  for (const text of noticesOf(said as CampaignInput, config)) notice(text);
  const input = wholeRequest(said as CampaignInput, config);
  checkCampaignInput(input);
  // What no worker could make an order of is better told here: a schedule would fail at every tick.
  orderOf(input, config);
  return { name: options.name ?? `${input.card}-${input.aoi.name}`, input };
}
