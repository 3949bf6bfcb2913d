/** `parcelwise campaign plan`: what a campaign would do, before it does anything. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type Forecast, forecast } from '../../activities/forecast.js';
import { Selections } from '../../activities/site.js';
import { readDbConfig } from '../../catalogue/config.js';
import { openPool } from '../../catalogue/pool.js';
import type { ObjectStore } from '../../store/object-store.js';
import { openStore } from '../../store/open.js';
import { readS3Config } from '../../store/s3-config.js';
import { addCampaignOptions, type CampaignOptions, campaignRequest } from '../campaign-request.js';
import { addConfigOptions, configFiles } from '../config-options.js';
import { describeForecast } from '../forecast-report.js';
import { stopSignal } from '../signals.js';
import { StepLine } from '../step-line.js';

interface PlanOptions extends CampaignOptions {
  readonly sample: number;
  readonly json?: boolean;
}

/** The session can't write, whatever it is asked: a dry run changes nothing. */
const READ_ONLY = '-c default_transaction_read_only=on';

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
  const files = configFiles(options);
  const told = await forecastBy(files, input, options.sample);
  process.stdout.write(
    options.json === true ? `${JSON.stringify(told, undefined, 2)}\n` : describeForecast(told),
  );
}

async function forecastBy(
  files: ReturnType<typeof configFiles>,
  input: ReturnType<typeof campaignRequest>['input'],
  sample: number,
): Promise<Forecast> {
  const config = readDbConfig(files.dbConfig, process.env);
  const session = [config.connection.options, READ_ONLY].filter((one) => one !== undefined).join(' ');
  const pool = openPool({ ...config.connection, options: session }, { max: 4 });
  const line = new StepLine();
  let store: ObjectStore | undefined;
  try {
    const site = {
      ...{ pool, config, selections: new Selections(pool) },
      bucket: () => (store ??= openStore(readS3Config(files.s3Config, process.env))),
    };
    return await forecast(site, input, {
      ...{ sample, signal: stopSignal() },
      onProgress: (step, share) => {
        line.show(step, share);
      },
    });
  } finally {
    line.end();
    store?.close();
    await pool.end();
  }
}

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('It is a whole number from 1.');
  return value;
}
