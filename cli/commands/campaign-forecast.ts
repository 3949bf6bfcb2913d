/** `parcelwise campaign forecast`: what a campaign would do, before it does anything. */
import { type Command, Option } from 'commander';
import { FORMER_COMMANDS, noticeOf } from '../../campaigns/former-names.js';
import { addCampaignOptions, type CampaignOptions, campaignRequest } from '../campaign-request.js';
import { addConfigOptions, configFiles } from '../config-options.js';
import { notice } from '../notice.js';
import { wholeNumber } from '../whole-number.js';

type ForecastOptions = CampaignOptions & { readonly sample: number; readonly json?: boolean };

export function addCampaignForecast(campaign: Command): void {
  addForecast(campaign.command('forecast')).action(forecastCampaign);
  addForecast(campaign.command('plan', { hidden: true })).action(async (options: ForecastOptions) => {
    notice(noticeOf(FORMER_COMMANDS.plan));
    await forecastCampaign(options);
  });
}

function addForecast(command: Command): Command {
  return addConfigOptions(addCampaignOptions(command))
    .addOption(
      new Option(
        '--sample <scenes>',
        'scenes looked at in the store and the parcel table at most; the rest is reckoned from them',
      )
        .argParser(wholeNumber)
        .default(50),
    )
    .option('--json', 'print JSON, for programs')
    .description(
      'a dry run: how many scenes, parcels, gigabytes, rows, and how long; nothing is downloaded or changed',
    );
}

async function forecastCampaign(options: ForecastOptions): Promise<void> {
  const { input } = campaignRequest(options);
  // What it takes to look at store and database is loaded for this command only.
  const [{ forecastHere }, { describeForecast }] = await Promise.all([
    import('../local-forecast.js'),
    import('../forecast-report.js'),
  ]);
  const told = await forecastHere(configFiles(options), input, options.sample);
  process.stdout.write(
    options.json === true ? `${JSON.stringify(told, undefined, 2)}\n` : describeForecast(told),
  );
}
