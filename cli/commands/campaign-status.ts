/** `parcelwise campaign status` and `list`: how campaigns stand, and why those that ended badly did. */
import type { WorkflowExecutionInfo } from '@temporalio/client';
import { WorkflowFailedError } from '@temporalio/client';
import { type Command } from 'commander';
import type { Progress } from '../../workflows/messages.js';
import {
  campaignName,
  campaignOf,
  describe,
  describeCampaign,
  type Ending,
  endingOf,
  progressOf,
  standingInWords,
  withTemporal,
} from '../../client/index.js';
import { cameToNothing, follow, say, summary } from '../campaign-following.js';
import { FAILED } from '../../terminal/exit-codes.js';
import { UserError } from '../../terminal/user-error.js';
import { duration } from '../../terminal/duration.js';
import { describeProgress } from '../../terminal/progress-bar.js';
import { wholeNumber } from '../whole-number.js';

/** How a campaign stands. Times are UTC, ISO 8601. */
interface CampaignStatus extends Ending {
  readonly name: string;
  readonly workflowId: string;
  readonly startedAt: string;
  readonly closedAt: string | null;
  /** Null where no worker answers. */
  readonly progress: Progress | null;
}

const LISTED = 20;

export function addCampaignStatus(command: Command): void {
  command
    .command('status')
    .argument('<name>', "the campaign's name")
    .option('--watch', 'follow it to its end')
    .option('--json', 'print JSON, for programs')
    .description(
      'how far a campaign is, and why it ended; exit 0 while it runs and when it is done, 1 when it failed, was ended, or is done without a scene extracted',
    )
    .action(showStatus);
}

export function addCampaignList(command: Command): void {
  command
    .command('list')
    .option('--limit <campaigns>', 'the latest so many', wholeNumber, LISTED)
    .option('--json', 'print JSON, for programs')
    .description('campaigns that Temporal knows, the latest first')
    .action(listCampaigns);
}

async function showStatus(name: string, options: { watch?: boolean; json?: boolean }): Promise<void> {
  await withTemporal(async ({ client }) => {
    const handle = campaignOf(client, name);
    const execution = await describeCampaign(handle);
    if (options.watch === true) {
      await follow(handle).catch((error: unknown) => {
        // Asking was no mistake, whatever the campaign failed of.
        throw error instanceof WorkflowFailedError ? new UserError(describe(error), FAILED) : error;
      });
      return;
    }
    const ending = await endingOf(handle, execution.status.name);
    let unanswered: string | undefined;
    const progress = await progressOf(handle).catch((error: unknown) => {
      // How it stands is known to the server; how far it is only a worker can tell.
      if (!(error instanceof UserError)) throw error;
      unanswered = error.message;
      return null;
    });
    const status = { ...standing(execution), ...ending, progress };
    if (options.json === true) say(JSON.stringify(status, undefined, 2));
    else for (const line of describeStatus(status, unanswered)) say(line);
    process.exitCode = exitCodeOf(status);
  });
}

function standing({
  workflowId,
  startTime,
  closeTime,
}: Pick<WorkflowExecutionInfo, 'workflowId' | 'startTime' | 'closeTime'>): Pick<
  CampaignStatus,
  'name' | 'workflowId' | 'startedAt' | 'closedAt'
> {
  return {
    name: campaignName(workflowId),
    workflowId,
    startedAt: startTime.toISOString(),
    closedAt: closeTime?.toISOString() ?? null,
  };
}

function describeStatus(status: CampaignStatus, unanswered: string | undefined): string[] {
  const { name, reason, startedAt, closedAt, progress } = status;
  const seconds = (Date.parse(closedAt ?? new Date().toISOString()) - Date.parse(startedAt)) / 1000;
  const how = reason === undefined ? '' : `: ${reason}`;
  const head = `${name}: ${standingInWords(status.standing)}${how}`;
  if (progress === null) return [head, ...(unanswered === undefined ? [] : [`how far it is: ${unanswered}`])];
  const remark =
    progress.phase === 'paused' ? [`paused: "parcelwise campaign resume ${name}" starts scenes again`] : [];
  return [
    head,
    describeProgress(progress, seconds, status.standing === 'RUNNING'),
    ...remark,
    summary(progress),
    ...(status.standing === 'RUNNING'
      ? progress.open.map((scene) => `  in flight: ${scene.obsid} ${scene.reference}`)
      : []),
  ];
}

async function listCampaigns({ limit, json }: { limit: number; json?: boolean }): Promise<void> {
  await withTemporal(async ({ client }) => {
    const listed: WorkflowExecutionInfo[] = [];
    for await (const execution of client.workflow.list({ query: `WorkflowType = 'campaign'` })) {
      listed.push(execution);
      if (listed.length >= limit) break;
    }
    if (json === true) {
      const rows = listed.map((one) => ({ ...standing(one), standing: one.status.name }));
      say(JSON.stringify(rows, undefined, 2));
      return;
    }
    if (listed.length === 0) say('no campaign yet; start one: parcelwise campaign run --card s2');
    const width = Math.max(0, ...listed.map(({ workflowId }) => campaignName(workflowId).length));
    for (const one of listed) say(describeListed(one, width));
  });
}

function describeListed(
  { workflowId, status, startTime, closeTime }: WorkflowExecutionInfo,
  width: number,
): string {
  const seconds = ((closeTime ?? new Date()).getTime() - startTime.getTime()) / 1000;
  const started = startTime.toISOString().slice(0, 16).replace('T', ' ');
  return `${campaignName(workflowId).padEnd(width)}  ${standingInWords(status.name).padEnd(10)}  ${started} UTC  ${duration(seconds)}`;
}

/** What a script is told: 0 of a campaign that runs or is done, 1 of any other end, and of one that is done without a scene extracted. */
function exitCodeOf({ standing, progress }: CampaignStatus): number {
  if (standing === 'COMPLETED' && progress !== null && cameToNothing(progress)) return FAILED;
  return standing === 'RUNNING' || standing === 'COMPLETED' || standing === 'PAUSED' ? 0 : FAILED;
}
