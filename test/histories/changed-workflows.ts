/** Our workflows as a careless change might leave them: the replay must notice. */
import { onDatabase, staging, syncing } from '../../workflows/calls.js';
import type { CampaignInput } from '../../campaigns/options.js';
import type { SceneInput } from '../../workflows/scene.js';
import type { SyncInput } from '../../campaigns/sync-options.js';
import type { TickInput } from '../../workflows/tick.js';

/** Downloads before it claims. */
export async function scene({ order, scene, campaign, hostSilenceSeconds }: SceneInput): Promise<void> {
  const task = { order, scene, campaign, owner: { workflowId: 'scene', runId: 'run' } };
  await staging(hostSilenceSeconds, 'download').stage(task);
  await onDatabase('').claim(task);
}

/** Looks for scenes before the order is made. */
export async function campaign({ card }: CampaignInput): Promise<void> {
  const order = { card } as SceneInput['order'];
  await onDatabase('').listScenes(order, null, 200);
  await onDatabase('').prepareCampaign({ card });
}

/** Remembers a sweep before it is made. */
export async function catalogueSync(input: SyncInput): Promise<void> {
  await syncing('').concludeSync({} as Parameters<ReturnType<typeof syncing>['concludeSync']>[0]);
  await syncing('').prepareSync(input);
}

/** Looks for what waits before it syncs. */
export async function tick({ campaign: request }: TickInput): Promise<void> {
  await onDatabase('').prepareCampaign({ card: request.card });
}
