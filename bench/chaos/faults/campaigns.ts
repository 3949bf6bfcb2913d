/** What people do to campaigns, and what they should not do to the workflows of scenes. */
import { oneOf, type Random } from '../../../demo/season/random.js';
import type { Campaigns } from '../campaigns.js';
import type { Fault } from '../fault.js';
import { type Card, CARDS } from '../season.js';

export const CAMPAIGN_FAULTS: readonly Fault[] = [
  fault('campaign terminated and started again', async (campaigns, card) => {
    await campaigns.terminate(card);
    await campaigns.start(card);
  }),
  fault('campaign cancelled and started again', async (campaigns, card) => {
    await campaigns.cancel(card);
    await campaigns.start(card);
  }),
  {
    name: "a scene's workflow terminated",
    aim: ({ campaigns, watch }, next) => ({
      at: [],
      strike: async () => {
        const scenes = watch.inHand();
        if (scenes.length === 0) return;
        const { card, obsid } = oneOf(scenes, next);
        await campaigns.terminateScene(card, obsid);
      },
    }),
  },
];

function fault(name: string, strike: (campaigns: Campaigns, card: Card) => Promise<void>): Fault {
  return {
    name,
    aim: ({ campaigns }, next: Random) => {
      const card = oneOf(CARDS, next);
      return { at: [`campaign ${card}`], strike: () => strike(campaigns, card) };
    },
  };
}
