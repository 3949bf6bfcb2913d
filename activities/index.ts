/** Activities as Temporal sees them: each step bound to its site. */
import { activity } from './activity.js';
import { claim } from './claim.js';
import type { CatalogueActivities, HostActivities, StageActivities } from './contract.js';
import { copyChunk } from './copy-chunk.js';
import { discard } from './discard.js';
import { extractAndCopy } from './extract-and-copy.js';
import { findHindrances } from './find-hindrances.js';
import { inFolder } from './host/in-folder.js';
import { listScenes } from './list-scenes.js';
import { mark } from './mark.js';
import { planAndFinish } from './plan-and-finish.js';
import { prepareCampaign } from './prepare-campaign.js';
import { prepareSync } from './prepare-sync.js';
import { release } from './release.js';
import { renew } from './renew.js';
import type { Run } from './run.js';
import type { CatalogueSite, HostSite } from './site.js';
import { stage } from './stage.js';
import type { SyncActivities } from './sync-contract.js';
import { concludeSync, syncPage } from './sync-page.js';
import { takeStock } from './take-stock.js';

export function catalogueActivities(site: CatalogueSite): CatalogueActivities {
  return {
    prepareCampaign: at(site, prepareCampaign),
    listScenes: at(site, listScenes),
    claim: at(site, claim),
    renew: at(site, renew),
    mark: at(site, mark),
    release: at(site, release),
    takeStock: at(site, takeStock),
    findHindrances: at(site, findHindrances),
  };
}

export function syncActivities(site: CatalogueSite): SyncActivities {
  return {
    prepareSync: at(site, prepareSync),
    syncPage: at(site, syncPage),
    concludeSync: at(site, concludeSync),
  };
}

export function stageActivities(site: HostSite): StageActivities {
  return { stage: at(site, inFolder(stage)) };
}

export function hostActivities(site: HostSite): HostActivities {
  return {
    plan: at(site, inFolder(planAndFinish)),
    extractChunk: at(site, inFolder(extractAndCopy)),
    copyChunk: at(site, inFolder(copyChunk)),
    discard: at(site, inFolder(discard)),
  };
}

function at<Site, Args extends unknown[], Result>(
  site: Site,
  step: (run: Run, site: Site, ...args: Args) => Promise<Result>,
): (...args: Args) => Promise<Result> {
  return activity((run: Run, ...args: Args) => step(run, site, ...args));
}
