/** `parcelwise campaign plan`: what a campaign would do, before it does anything. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { addCampaignOptions, type CampaignOptions, campaignRequest } from '../campaign-request.js';
import { addConfigOptions, configFiles } from '../config-options.js';

interface PlanOptions extends CampaignOptions {
  readonly sample: number;
  readonly json?: boolean;
}

export function addCampaignPlan(campaign: Command): void {
  addConfigOptions(addCampaignOptions(campaign.command('plan')))
    .addOption(
      new Option(
        '--sample <scenes>',
        'scenes looked at in the store and the parcel table at most; the rest is reckoned from them',
      )
        .argParser(whole)
        .default(50),
    )
    .option('--json', 'for machines')
    .description(
      'a dry run: how many scenes, parcels, gigabytes, rows, and how long; nothing is downloaded or changed',
    )
    .action(planCampaign);
}

async function planCampaign(options: PlanOptions): Promise<void> {
  const { input } = campaignRequest(options);
  // What it takes to look at store and database is loaded for this command only.
  const [{ forecastHere }, { describeForecast }] = await Promise.all([
    import('../forecast-here.js'),
    import('../forecast-report.js'),
  ]);
  const told = await forecastHere(configFiles(options), input, options.sample);
  process.stdout.write(
    options.json === true ? `${JSON.stringify(told, undefined, 2)}\n` : describeForecast(told),
  );
}

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('It is a whole number from 1.');
  return value;
}
