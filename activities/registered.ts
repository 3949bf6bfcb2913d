/** Activities as Temporal sees them: each step bound to what it works with. */
import { activity } from './activity.js';
import { claim } from './claim.js';
import type { DatabaseActivities, HostActivities, StageActivities } from './contract.js';
import { copyChunk } from './copy-chunk.js';
import { discard } from './discard.js';
import { extractAndCopyChunk } from './extract-and-copy-chunk.js';
import { findHindrances } from './find-hindrances.js';
import { inFolder } from './host/in-folder.js';
import { listScenes } from './list-scenes.js';
import { mark } from './mark.js';
import { planOrFinish } from './plan-or-finish.js';
import { prepareCampaign } from './prepare-campaign.js';
import { prepareSync } from './prepare-sync.js';
import { release } from './release.js';
import { renew } from './renew.js';
import type { StepContext } from './step-context.js';
import type { DatabaseDependencies, HostDependencies } from './dependencies.js';
import { stage } from './stage.js';
import type { SyncActivities } from './sync-contract.js';
import { concludeSync, syncPage } from './sync-page.js';
import { takeStock } from './take-stock.js';

export function databaseActivities(dependencies: DatabaseDependencies): DatabaseActivities {
  return {
    prepareCampaign: at(dependencies, prepareCampaign),
    listScenes: at(dependencies, listScenes),
    claim: at(dependencies, claim),
    renew: at(dependencies, renew),
    mark: at(dependencies, mark),
    release: at(dependencies, release),
    takeStock: at(dependencies, takeStock),
    findHindrances: at(dependencies, findHindrances),
  };
}

export function syncActivities(dependencies: DatabaseDependencies): SyncActivities {
  return {
    prepareSync: at(dependencies, prepareSync),
    syncPage: at(dependencies, syncPage),
    concludeSync: at(dependencies, concludeSync),
  };
}

export function stageActivities(dependencies: HostDependencies): StageActivities {
  return { stage: at(dependencies, inFolder(stage)) };
}

export function hostActivities(dependencies: HostDependencies): HostActivities {
  const named = {
    planOrFinish: at(dependencies, inFolder(planOrFinish)),
    extractAndCopyChunk: at(dependencies, inFolder(extractAndCopyChunk)),
    copyChunk: at(dependencies, inFolder(copyChunk)),
    discard: at(dependencies, inFolder(discard)),
  };
  // By the names of 0.1.0 too, which scenes ask for that a host of that release has staged.
  return { ...named, plan: named.planOrFinish, extractChunk: named.extractAndCopyChunk };
}

function at<Dependencies, Args extends unknown[], Result>(
  dependencies: Dependencies,
  step: (context: StepContext, dependencies: Dependencies, ...args: Args) => Promise<Result>,
): (...args: Args) => Promise<Result> {
  return activity((context: StepContext, ...args: Args) => step(context, dependencies, ...args));
}
