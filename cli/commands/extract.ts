/** `parcelwise extract`: one scene without Temporal, by the same life and steps, for debugging and comparison. */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { type Command, Option } from 'commander';
import type { SceneTask } from '../../activities/contract.js';
import { prepareCampaign } from '../../activities/prepare-campaign.js';
import { HAND_OWNER, HAND_PLACE } from '../../activities/reconcile.js';
import type { StepContext } from '../../activities/step-context.js';
import type { HostDependencies } from '../../activities/dependencies.js';
import { layerInWords } from '../../database/ledger/layer-names.js';
import { getScene } from '../../database/scenes/scenes.js';
import { migrate } from '../../database/session/schema.js';
import { type Accounts, NO_PARCELS } from '../../database/terms.js';
import { openLog } from '../../telemetry/log.js';
import { keepLease, type Lease } from '../../workers/temporal-lease.js';
import { readSettings } from '../../workers/settings.js';
import { openDatabaseDependencies, openHostDependencies } from '../../workers/dependencies.js';
import { sceneId } from '../../workflows/ids.js';
import { EXTRACTED, SceneLife } from '../../workflows/scene-life.js';
import { addSceneOptions, type CampaignOptions, campaignRequest } from '../campaign-request.js';
import { addConfigOptions, configFiles } from '../config-options.js';
import { FAILED } from '../../terminal/exit-codes.js';
import { UserError } from '../../terminal/user-error.js';
import { LinesBoard, ProcessScope, stepsHere } from '../local-scene.js';
import { stopSignal } from '../signals.js';

export function addExtract(program: Command): void {
  addConfigOptions(addSceneOptions(program.command('extract')))
    .argument('<scene>', "a scene's id or reference; it must be ingested")
    .addOption(new Option('--scratch <folder>', 'where the scene is staged (PARCELWISE_SCRATCH)'))
    .description('extract one scene in this process, without Temporal')
    .action(extractScene);
}

async function extractScene(name: string, options: CampaignOptions & { scratch?: string }): Promise<void> {
  const log = openLog(process.env);
  const files = configFiles(options);
  const { input } = campaignRequest(options);
  const settings = readSettings({
    ...process.env,
    ...(options.scratch && { PARCELWISE_SCRATCH: options.scratch }),
  });
  // Claims of campaigns are none of our business here: all count as running.
  const owner = { workflowId: `${HAND_OWNER}${hostname()}/${process.pid}`, runId: randomUUID() };
  const place = { cluster: HAND_PLACE, namespace: owner.runId };
  const alone = {
    stateOf: () => Promise.resolve('running' as const),
    place: () => place,
    lookUpPlace: () => Promise.resolve(place),
    sceneWorkflow: sceneId,
    pendingSteps: () => Promise.resolve([]),
    extractors: () => Promise.resolve(0),
    hasSearchAttributes: () => Promise.resolve(false),
  };
  const database = openDatabaseDependencies(files, alone, log);
  let lease: Lease | undefined;
  let host: Awaited<ReturnType<typeof openHostDependencies>> | undefined;
  try {
    await migrate(database.pool);
    lease = await keepLease(database.pool, hostname(), alone.lookUpPlace, log);
    host = await openHostDependencies(database, files, settings, log);
    const stop = stopSignal();
    const context: StepContext = { signal: stop, report: () => undefined };
    const { order } = await prepareCampaign(context, host, input);
    const selection = await host.selections.check(order);
    const { obsid, reference, obstime } = await getScene(
      host.pool,
      selection,
      /^\d+$/.test(name) ? Number(name) : name,
    );
    await extractOne(stop, host, {
      order,
      scene: { obsid, reference, obstime },
      owner,
      campaign: 'extract',
    });
  } finally {
    await lease?.end();
    await host?.close();
    await database.close();
  }
}

/** @throws UserError where the scene was not extracted, or whatever the claim had to be given back for. */
async function extractOne(stop: AbortSignal, dependencies: HostDependencies, task: SceneTask): Promise<void> {
  const scope = new ProcessScope(stop);
  const board = new LinesBoard((line) => process.stdout.write(line));
  let accounts: Accounts | null = null;
  const steps = stepsHere(scope, dependencies, {
    staged: ({ bytes }) => {
      board.tell(`staged ${(bytes / 1e6).toFixed(1)} MB`);
    },
    marked: (marked) => {
      accounts = marked;
    },
  });
  const end = await new SceneLife(steps, board, scope).live(task);
  if ('givenBack' in end) throw end.error instanceof Error ? (end.error.cause ?? end.error) : end.error;
  const { status, reason } = end;
  if (status === 'skipped') throw new UserError(`scene ${task.scene.obsid} is skipped, ${reason}`);
  if (status !== EXTRACTED && status !== NO_PARCELS) throw new UserError(`${status}: ${reason}`, FAILED);
  board.tell(status === EXTRACTED ? `extracted: ${describeAccounts(accounts)}` : status);
}

function describeAccounts(accounts: Accounts | null): string {
  if (!accounts) return '';
  const gaps = Object.entries(accounts.gaps).map(
    ([layer, reasons]) =>
      `${layerInWords(layer)} ${Object.entries(reasons)
        .map(([reason, count]) => `${count} ${reason}`)
        .join(', ')}`,
  );
  return `${accounts.parcels} parcels, ${accounts.rows} rows, ${accounts.clear === undefined ? '' : `${accounts.clear} clear rows, `}${accounts.hists} histograms${gaps.length > 0 ? `; without: ${gaps.join('; ')}` : ''}`;
}
