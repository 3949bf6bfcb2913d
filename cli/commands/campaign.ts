/** `parcelwise campaign …`: starts campaigns, shows them, and tells them what to do. */
import {
  WorkflowExecutionAlreadyStartedError,
  type WorkflowHandle,
  WorkflowNotFoundError,
} from '@temporalio/client';
import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { readS3Config } from '../../store/s3-config.js';
import type { TemporalConnection } from '../../workers/temporal.js';
import type { campaign } from '../../workflows/campaign.js';
import type { CampaignInput } from '../../workflows/campaign-input.js';
import { CATALOGUE_QUEUE, campaignId } from '../../workflows/ids.js';
import {
  pauseUpdate,
  type Progress,
  progressQuery,
  resumeUpdate,
  setConcurrencyUpdate,
} from '../../workflows/messages.js';
import { addCampaignOptions, type CampaignOptions, campaignRequest } from '../campaign-request.js';
import { withTemporal } from '../catalogue-desk.js';
import { addConfigOptions, configFiles } from '../config-options.js';
import { UserError } from '../failure.js';
import { followCampaign } from '../follow.js';
import { answered } from '../patience.js';
import { describeProgress } from '../progress-bar.js';
import { INTERRUPTED, stopSignal } from '../signals.js';
import { addCampaignPlan } from './campaign-plan.js';

type CampaignHandle = WorkflowHandle<typeof campaign>;

export function addCampaign(program: Command): void {
  const command = program.command('campaign').description('start, follow and steer campaigns');
  addConfigOptions(addCampaignOptions(command.command('run')))
    .description('start a campaign and follow it to its end; exit 0 when every scene ended with a status')
    .option('--wait', 'wait for the end (the default)')
    .action(runCampaign);
  addConfigOptions(addCampaignOptions(command.command('start')))
    .description('start a campaign and return at once')
    .action(async (options: CampaignOptions) => {
      const { workflowId, input } = campaignRequest(options);
      await withTemporal(async ({ client }) => {
        await startCampaignWorkflow(client, workflowId, input);
        say(`started ${workflowId}`);
      });
    });
  addCampaignPlan(command);
  command
    .command('status')
    .argument('<name>', "the campaign's name")
    .option('--watch', 'follow it to its end')
    .description('how far a campaign is')
    .action(showStatus);
  addTelling(command, 'pause', 'let running scenes finish and start no new ones', (handle) =>
    handle.executeUpdate(pauseUpdate),
  );
  addTelling(command, 'resume', 'start scenes again', (handle) => handle.executeUpdate(resumeUpdate));
  command
    .command('concurrency')
    .argument('<name>', "the campaign's name")
    .argument('<scenes>', 'scenes in flight from now on', wholeNumber)
    .description('change how many scenes are in flight')
    .action((name: string, scenes: number) =>
      tell(name, (handle) => handle.executeUpdate(setConcurrencyUpdate, { args: [scenes] })),
    );
  command
    .command('cancel')
    .argument('<name>', "the campaign's name")
    .description('end a campaign; scenes in flight are given back, what is stored stays and counts')
    .action(cancelCampaign);
}

async function runCampaign(options: CampaignOptions): Promise<void> {
  // A broken s3_config.json should be told here, not by a worker later; that there is none here says nothing of theirs.
  const { s3Config } = configFiles(options);
  if (s3Config !== undefined) readS3Config(s3Config, process.env);
  const { workflowId, input } = campaignRequest(options);
  await withTemporal(async ({ client }) => {
    await follow(await startCampaignWorkflow(client, workflowId, input));
  });
}

/** @throws UserError when a campaign of that name runs already. */
export async function startCampaignWorkflow(
  client: TemporalConnection['client'],
  workflowId: string,
  input: CampaignInput,
): Promise<CampaignHandle> {
  try {
    return await client.workflow.start<typeof campaign>('campaign', {
      workflowId,
      taskQueue: CATALOGUE_QUEUE,
      args: [input],
      staticSummary: `${input.card} ${input.aoi?.name ?? ''} ${input.period?.start ?? ''} to ${input.period?.end ?? ''}`,
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    const name = workflowId.replace(/^campaign\//, '');
    throw new UserError(
      `a campaign ${name} runs already: follow it with "parcelwise campaign status ${name} --watch", or give this one another --name`,
    );
  }
}

async function follow(handle: CampaignHandle): Promise<void> {
  const name = handle.workflowId.replace(/^campaign\//, '');
  const progress = await followCampaign(handle, name, stopSignal());
  if (progress) say(summary(progress));
  else {
    say(`${name} goes on; "parcelwise campaign cancel ${name}" ends it`);
    process.exitCode = INTERRUPTED;
  }
}

async function showStatus(name: string, { watch }: { watch?: boolean }): Promise<void> {
  await withTemporal(async ({ client }) => {
    const handle = client.workflow.getHandle<typeof campaign>(campaignId(name));
    const { status, startTime, closeTime } = await found(handle.describe(), name);
    if (watch === true) {
      await follow(handle);
      return;
    }
    const progress = await answered(handle.query(progressQuery));
    say(
      `${name}: ${status.name.toLowerCase()}, ${describeProgress(progress, ((closeTime?.getTime() ?? Date.now()) - startTime.getTime()) / 1000)}`,
    );
    say(summary(progress));
    for (const scene of progress.open) say(`  in flight: ${scene.obsid} ${scene.reference}`);
  });
}

async function cancelCampaign(name: string): Promise<void> {
  await withTemporal(async ({ client }) => {
    const handle = client.workflow.getHandle<typeof campaign>(campaignId(name));
    await found(handle.cancel(), name);
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
  await answered(handle.query(progressQuery)).catch((error: unknown) => {
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
    const handle = client.workflow.getHandle<typeof campaign>(campaignId(name));
    const progress = await answered(found(act(handle), name));
    say(
      `${name}: ${progress.phase}, ${progress.concurrency} scenes at a time, ${progress.open.length} in flight`,
    );
  });
}

/** @throws UserError when there is no campaign of that name. */
async function found<T>(answer: Promise<T>, name: string): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    throw new UserError(
      `there is no campaign ${name}, or it has ended; "temporal workflow list" shows all there are`,
    );
  }
}

function summary(progress: Progress): string {
  const ended = Object.entries(progress.ended).map(([status, count]) => `${count} ${status}`);
  if (progress.skipped > 0) ended.push(`${progress.skipped} skipped (in other hands)`);
  if (progress.released > 0) ended.push(`${progress.released} given back`);
  const scenes = ended.length > 0 ? ended.join(', ') : 'no scene to do';
  const warnings = progress.warnings.map((warning) => `\nwarning: ${warning}`).join('');
  const troubles = progress.troubles.map((trouble) => `\n  not extracted: ${trouble}`).join('');
  return `${scenes}; ${progress.parcels.toLocaleString('en')} parcels met, ${progress.rows.toLocaleString('en')} rows stored${troubles}${warnings}`;
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value)) throw new InvalidArgumentError('It is a whole number.');
  return value;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
