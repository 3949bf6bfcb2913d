/** `parcelwise extract`: one scene without Temporal, by the same steps, for debugging and comparison. */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { type Command, Option } from 'commander';
import { claim } from '../../activities/claim.js';
import type { SceneTask } from '../../activities/contract.js';
import { copyChunk } from '../../activities/copy-chunk.js';
import { discard } from '../../activities/discard.js';
import { extractChunk } from '../../activities/extract-chunk.js';
import { asFailure } from '../../activities/failures.js';
import { mark } from '../../activities/mark.js';
import { plan } from '../../activities/plan.js';
import { prepareCampaign } from '../../activities/prepare-campaign.js';
import { HAND_OWNER, HAND_PLACE } from '../../activities/reconcile.js';
import { release } from '../../activities/release.js';
import { renew } from '../../activities/renew.js';
import type { StepContext } from '../../activities/step-context.js';
import type { HostDependencies } from '../../activities/dependencies.js';
import { stage } from '../../activities/stage.js';
import { getScene } from '../../database/scenes/scenes.js';
import { migrate } from '../../database/session/schema.js';
import { type Accounts, NO_PARCELS } from '../../database/terms.js';
import { openLog } from '../../telemetry/log.js';
import { keepLease, type Lease } from '../../workers/temporal-lease.js';
import { readSettings } from '../../workers/settings.js';
import { openDatabaseDependencies, openHostDependencies } from '../../workers/dependencies.js';
import { consequenceOf } from '../../workflows/failures.js';
import { sceneId } from '../../workflows/ids.js';
import { addSceneOptions, type CampaignOptions, campaignRequest } from '../campaign-request.js';
import { addConfigOptions, configFiles } from '../config-options.js';
import { UserError } from '../../terminal/user-error.js';
import { duration } from '../../terminal/duration.js';
import { stopSignal } from '../signals.js';

/** Chunks under way at a time, as in the workflow. */
const LANES = 4;

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
    const context: StepContext = { signal: stopSignal(), report: () => undefined };
    const { order } = await prepareCampaign(context, host, input);
    const selection = await host.selections.check(order);
    const { obsid, reference, obstime } = await getScene(
      host.pool,
      selection,
      /^\d+$/.test(name) ? Number(name) : name,
    );
    await extractOne(context, host, {
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

async function extractOne(
  context: StepContext,
  dependencies: HostDependencies,
  wanted: SceneTask,
): Promise<void> {
  const clock = new Clock();
  const taken = await claim(context, dependencies, wanted);
  if (!taken.claimed) {
    throw new UserError(
      `scene ${wanted.scene.obsid} is ${taken.status}, not ingested${taken.owner ? `: ${taken.owner.workflowId} has it` : ''}`,
    );
  }
  const task = { ...wanted, order: { ...wanted.order, bands: taken.bands } };
  try {
    const changedOnly = wanted.order.changedOnly === true;
    if (changedOnly ? taken.terminal?.status === NO_PARCELS : !taken.parcels) {
      await mark(context, dependencies, task, {
        status: NO_PARCELS,
        reason: 'no parcel lies under the footprint',
      });
      clock.tell(NO_PARCELS);
      return;
    }
    if (changedOnly) {
      const { added, redrawn, gone, pending } = await renew(context, dependencies, task);
      clock.tell(`parcels added: ${added}, redrawn: ${redrawn}, gone: ${gone}`);
      if (pending === 0) {
        clock.tell(`extracted: ${describeAccounts(await mark(context, dependencies, task, null))}`);
        return;
      }
    }
    const staged = await stage(context, dependencies, task);
    clock.tell(`staged ${(staged.bytes / 1e6).toFixed(1)} MB`);
    const planned = await plan(context, dependencies, task);
    clock.tell(
      `planned ${planned.parcels} parcels in ${planned.chunks} chunks, ${planned.pending.length} to do`,
    );
    const pending = [...planned.pending];
    const lane = async (): Promise<void> => {
      for (let chunk = pending.shift(); chunk; chunk = pending.shift()) {
        await extractChunk(context, dependencies, { ...task, chunk });
        await copyChunk(context, dependencies, { ...task, chunk });
        clock.tell(`stored chunk ${chunk.chunk + 1} of ${planned.chunks}`);
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    clock.tell(`extracted: ${describeAccounts(await mark(context, dependencies, task, null))}`);
  } catch (error) {
    await settle(context, dependencies, task, error);
  } finally {
    await discard(context, dependencies, task);
  }
}

/** The same consequences as in the workflow: a status word where the scene is at fault, else the scene is given back. */
async function settle(
  context: StepContext,
  dependencies: HostDependencies,
  task: SceneTask,
  error: unknown,
): Promise<void> {
  const consequence = consequenceOf(asFailure(error));
  if (consequence.kind === 'mark') {
    await mark(context, dependencies, task, consequence.terminal);
    throw new UserError(`${consequence.terminal.status}: ${consequence.terminal.reason}`, 1);
  }
  if (consequence.kind !== 'leave') await release(context, dependencies, task);
  throw error;
}

function describeAccounts(accounts: Accounts | null): string {
  if (!accounts) return '';
  const gaps = Object.entries(accounts.gaps).map(
    ([band, reasons]) =>
      `${band} ${Object.entries(reasons)
        .map(([reason, count]) => `${count} ${reason}`)
        .join(', ')}`,
  );
  return `${accounts.parcels} parcels, ${accounts.rows} rows, ${accounts.hists} histograms${gaps.length > 0 ? `; without: ${gaps.join('; ')}` : ''}`;
}

/** Tells each step with the time since the beginning. */
class Clock {
  private readonly began = Date.now();

  tell(text: string): void {
    process.stdout.write(`${duration((Date.now() - this.began) / 1000).padStart(8)}  ${text}\n`);
  }
}
