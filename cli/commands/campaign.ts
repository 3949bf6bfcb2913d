/** `parcelwise campaign …`: starts campaigns, shows them, and tells them what to do. */
import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { readS3Config } from '../../store/s3-config.js';
import type { Progress } from '../../workflows/messages.js';
import { addCampaignOptions, type CampaignOptions, campaignRequest } from '../campaign-request.js';
import {
  type CampaignHandle,
  campaignOf,
  cancelCampaign,
  pauseCampaign,
  progressOf,
  resumeCampaign,
  setConcurrency,
  startCampaign,
  withTemporal,
} from '../../client/index.js';
import { follow, say } from '../campaign-following.js';
import { addConfigOptions, configFiles } from '../config-options.js';
import { UserError } from '../../terminal/user-error.js';
import { addDatabaseCheck, type NamedDatabase, withDatabase } from '../named-database.js';
import { addCampaignForecast } from './campaign-forecast.js';
import { addCampaignList, addCampaignStatus } from './campaign-status.js';

export function addCampaign(program: Command): void {
  const command = program.command('campaign').description('start, follow and steer campaigns');
  addDatabaseCheck(addConfigOptions(addCampaignOptions(command.command('run'))))
    .description(
      'start a campaign and follow it to its end; exit 0 when every scene ended with a status, 1 when scenes were given back, or none was extracted though some should be',
    )
    .option('--wait', 'wait for the end (the default)')
    .action(runCampaign);
  addDatabaseCheck(addConfigOptions(addCampaignOptions(command.command('start'))))
    .description('start a campaign and return at once')
    .action(async (options: CampaignOptions & NamedDatabase) => {
      const request = campaignRequest(options);
      const input = await withDatabase(request.input, options);
      await withTemporal(async ({ client }) => {
        const { workflowId } = await startCampaign(client, request.name, input);
        say(`started ${workflowId}`);
      });
    });
  addCampaignForecast(command);
  addCampaignStatus(command);
  addCampaignList(command);
  addTelling(command, 'pause', 'let running scenes finish and start no new ones', pauseCampaign);
  addTelling(command, 'resume', 'start scenes again', resumeCampaign);
  command
    .command('concurrency')
    .argument('<name>', "the campaign's name")
    .argument('<scenes>', 'scenes in flight from now on', wholeNumber)
    .description('change how many scenes are in flight')
    .action((name: string, scenes: number) => tell(name, (campaign) => setConcurrency(campaign, scenes)));
  command
    .command('cancel')
    .argument('<name>', "the campaign's name")
    .description('end a campaign; scenes in flight are given back, what is stored stays and counts')
    .action(cancel);
}

async function runCampaign(options: CampaignOptions & NamedDatabase): Promise<void> {
  // A broken s3_config.json should be told here, not by a worker later; that there is none here says nothing of theirs.
  const { s3Config } = configFiles(options);
  if (s3Config !== undefined) readS3Config(s3Config, process.env);
  const request = campaignRequest(options);
  const input = await withDatabase(request.input, options);
  await withTemporal(async ({ client }) => {
    await follow(await startCampaign(client, request.name, input));
  });
}

async function cancel(name: string): Promise<void> {
  await withTemporal(async ({ client }) => {
    const handle = campaignOf(client, name);
    await cancelCampaign(handle);
    const result = handle.result().then(
      () => false,
      () => true,
    );
    const cancelled = await Promise.race([result, heard(handle).then(() => result)]);
    say(
      cancelled
        ? `${name} is cancelled; its scenes in flight were given back to ingested`
        : `${name} came to its end before it could be cancelled`,
    );
  });
}

/** @throws UserError when no worker is there to cancel a campaign that still runs. */
async function heard(handle: CampaignHandle): Promise<void> {
  await progressOf(handle).catch((error: unknown) => {
    if (error instanceof UserError) {
      throw new UserError(`it is cancelled as soon as a worker runs: ${error.message}`, error.exitCode);
    }
  });
}

function addTelling(
  command: Command,
  verb: string,
  description: string,
  act: (handle: CampaignHandle) => Promise<Progress>,
): void {
  command
    .command(verb)
    .argument('<name>', "the campaign's name")
    .description(description)
    .action((name: string) => tell(name, act));
}

async function tell(name: string, act: (handle: CampaignHandle) => Promise<Progress>): Promise<void> {
  await withTemporal(async ({ client }) => {
    const progress = await act(campaignOf(client, name));
    say(
      `${name}: ${progress.phase}, ${progress.concurrency} scenes at a time, ${progress.open.length} in flight`,
    );
  });
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value)) throw new InvalidArgumentError('It is a whole number.');
  return value;
}
