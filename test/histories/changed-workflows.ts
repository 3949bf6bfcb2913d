/** Our workflows as a careless change might leave them: the replay must notice. */
import { catalogue, staging } from '../../workflows/calls.js';
import type { CampaignInput } from '../../workflows/campaign-input.js';
import type { SceneInput } from '../../workflows/scene.js';

/** Downloads before it claims. */
export async function scene({ order, scene, campaign, hostSilenceSeconds }: SceneInput): Promise<void> {
  const task = { order, scene, campaign, owner: { workflowId: 'scene', runId: 'run' } };
  await staging(hostSilenceSeconds, 'download').stage(task);
  await catalogue('').claim(task);
}

/** Looks for scenes before the order is made. */
export async function campaign({ card }: CampaignInput): Promise<void> {
  const order = { card } as SceneInput['order'];
  await catalogue('').listScenes(order, null, 200);
  await catalogue('').prepareCampaign({ card });
}
