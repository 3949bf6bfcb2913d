/** Campaigns, for accounts that may see all datasets: one campaign may store into the tables of any. */
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { maySeeAll, NOBODY_ASKED } from '../accounts/account.js';
import type { Campaigns } from '../campaigns.js';
import { Problem } from '../problem.js';
import type { Served } from '../served.js';
import { defined, type Operation } from './operation.js';

const LISTED = z.object({
  name: z.string(),
  standing: z.string().meta({ description: "Temporal's word: RUNNING, COMPLETED, FAILED, CANCELLED, …" }),
  startedAt: z.iso.datetime(),
  closedAt: z.iso.datetime().nullable(),
});

const DESCRIBED = LISTED.extend({
  reason: z.string().optional().meta({ description: 'Why it failed or was ended.' }),
  progress: z
    .looseObject({
      phase: z.string(),
      total: z.int().meta({ description: 'Scenes to do.' }),
      ended: z.record(z.string(), z.int()).meta({ description: 'Scenes ended, by status word.' }),
      parcels: z.int(),
      rows: z.int(),
    })
    .nullable()
    .meta({ description: 'How far it is, as a worker tells; null where none answers.' }),
  unanswered: z.string().nullable().meta({ description: 'Why there is no progress.' }),
});

/** @throws Problem where the account may not see campaigns, or the server knows of no Temporal server. */
function campaignsOf({ campaigns }: Served, request: FastifyRequest): Campaigns {
  if (!maySeeAll(request.account ?? NOBODY_ASKED))
    throw new Problem(403, {
      detail: 'This account may not see campaigns.',
      remedy: 'Ask with an account that may see all areas.',
    });
  if (campaigns !== undefined) return campaigns;
  throw new Problem(404, {
    detail: 'This server was told of no Temporal server.',
    remedy: 'Whoever runs it sets TEMPORAL_ADDRESS, or a profile of the temporal command.',
  });
}

export function campaignOperations(served: Served): Operation[] {
  return [
    defined({
      ...{ method: 'GET', path: '/campaigns', id: 'listCampaigns', tag: 'campaigns' },
      summary: 'Campaigns that Temporal has kept, those that run first',
      query: z.strictObject({
        limit: z.coerce
          .number()
          .int()
          .min(1)
          .max(1000)
          .default(100)
          .meta({ description: 'So many at most.' }),
      }),
      answers: [{ type: 'application/json', schema: z.object({ campaigns: z.array(LISTED) }) }],
      problems: [403, 404],
      answer: async ({ query: { limit }, request, signal }) => ({
        campaigns: await campaignsOf(served, request).list(limit, signal),
      }),
    }),
    defined({
      ...{ method: 'GET', path: '/campaigns/{campaign}', id: 'getCampaign', tag: 'campaigns' },
      summary: 'How far a campaign is, and why it ended',
      query: z.strictObject({}),
      answers: [{ type: 'application/json', schema: DESCRIBED }],
      problems: [403, 404],
      answer: async ({ path: { campaign = '' }, request, signal }) => {
        const found = await campaignsOf(served, request).find(campaign, signal);
        if (found !== undefined) return found;
        throw new Problem(404, {
          detail: 'There is no campaign of this name, or Temporal has forgotten it.',
        });
      },
    }),
  ];
}
