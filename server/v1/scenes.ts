/** Scenes of a dataset's catalogue, and what came of each. */
import { z } from 'zod';
import { extractionsOf, type Extraction } from '../../database/ledger/extractions.js';
import {
  type ReadScene,
  readScene,
  readScenePage,
  type SceneCursor,
} from '../../database/reads/scene-pages.js';
import { Problem } from '../problem.js';
import type { Served } from '../served.js';
import { nextPage, readCursor, writeCursor } from './cursor.js';
import { datasetOf, PTYPE } from './datasets.js';
import { defined, type Operation } from './operation.js';
import { CARD, PERIOD } from './period.js';
import { statusInWords } from './words.js';

const SCENE = z.object({
  scene: z.int().meta({ description: 'Its number in the catalogue, obsid of series.' }),
  time: z.iso.datetime().meta({ description: 'When it was sensed.' }),
  reference: z.string(),
  sensor: z.string(),
  card: z.string(),
  status: z.string().meta({ description: 'The word that stands in the catalogue.' }),
  meaning: z.string().meta({ description: 'What the word means.' }),
});

const EXTRACTION = z.object({
  results: z.string().meta({ description: 'The table that its rows are in.' }),
  status: z.string(),
  reason: z.string().nullable(),
  campaign: z.string(),
  bands: z.array(z.string()),
  clearBands: z.array(z.string()),
  parcels: z.int().nullable().meta({ description: 'Parcels that lie under it; null before its end.' }),
  rows: z.int().nullable(),
  gaps: z
    .record(z.string(), z.record(z.string(), z.int()))
    .nullable()
    .meta({ description: 'Parcels without a row, by layer and reason.' }),
  startedAt: z.string(),
  endedAt: z.string().nullable(),
  supersededBy: z
    .int()
    .nullable()
    .meta({ description: 'The scene whose rows have taken the place of its own.' }),
});

const DESCRIBED = SCENE.extend({
  footprint: z.object({ type: z.string(), coordinates: z.array(z.unknown()) }).nullable(),
  extractions: z.array(EXTRACTION),
});

const PAGE = z.object({
  scenes: z.array(SCENE),
  next: z.string().nullable().meta({ description: 'Where the next page is; null on the last one.' }),
});

/** A page of scenes ends with a time, to the microsecond, and a number. */
const TIME = /^\d{4,6}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;
const NUMBER = /^\d{1,10}$/;

export const SCENE_PAGING = {
  limit: z.coerce.number().int().min(1).max(1000).default(100).meta({ description: 'Scenes on a page.' }),
  cursor: z.string().max(200).optional().meta({ description: 'Where the page begins: as next has it.' }),
};

export function sceneCursor(cursor: string | undefined): SceneCursor {
  const [time = null, obsid = null] = cursor === undefined ? [] : readCursor(cursor, [TIME, NUMBER]);
  return [time, obsid];
}

/** The first scenes of those that were read, one more than fit, and where the next page is. */
export function scenePage<Scene extends { readonly obsid: number; readonly time: string }>(
  found: readonly Scene[],
  limit: number,
  url: string,
): { readonly shown: readonly Scene[]; readonly next: string | null } {
  if (found.length <= limit) return { shown: found, next: null };
  const { time, obsid } = found[limit - 1]!;
  return { shown: found.slice(0, limit), next: nextPage(url, writeCursor([time, String(obsid)])) };
}

const shownScene = ({ obsid, status, time, reference, sensor, card }: ReadScene) => ({
  ...{ scene: obsid, time, reference, sensor, card, status, meaning: statusInWords(status) },
});

const shownExtraction = (extraction: Extraction) => {
  const { results, status, reason, campaign, bands, clear, accounts, claimedAt, finishedAt } = extraction;
  return {
    ...{ results, status, reason, campaign, bands, clearBands: clear?.bands ?? [] },
    ...{ parcels: accounts?.parcels ?? null, rows: accounts?.rows ?? null, gaps: accounts?.gaps ?? null },
    ...{ startedAt: `${claimedAt}Z`, endedAt: finishedAt === null ? null : `${finishedAt}Z` },
    supersededBy: extraction.supersededBy?.obsid ?? null,
  };
};

export function sceneOperations(served: Served): Operation[] {
  const { pool } = served;
  return [
    defined({
      ...{ method: 'GET', path: '/datasets/{dataset}/scenes', id: 'listScenes', tag: 'scenes' },
      summary: "Scenes of the dataset's catalogue in the order of time, page by page",
      query: z.strictObject({
        ...{ ...PERIOD, card: CARD.optional() },
        status: z.string().max(50).optional().meta({ description: 'A status word.', example: 'extracted' }),
        ...{ ...SCENE_PAGING, ptype: PTYPE },
      }),
      answers: [{ type: 'application/json', schema: PAGE }],
      problems: [403, 404],
      answer: async ({ path, query, request, signal }) => {
        const { catalogue } = await datasetOf(served, path.dataset, request).tablesOf(query.ptype);
        const { from = null, to = null, card = null, status = null, limit } = query;
        const page = { after: sceneCursor(query.cursor), most: limit + 1 };
        const found = await readScenePage(pool, catalogue, { from, to, card, status }, page, signal);
        const { shown, next } = scenePage(found, limit, request.url);
        return { scenes: shown.map(shownScene), next };
      },
    }),
    defined({
      ...{ method: 'GET', path: '/datasets/{dataset}/scenes/{scene}', id: 'getScene', tag: 'scenes' },
      summary: 'A scene, where it lies, and what came of it',
      query: z.strictObject({ ptype: PTYPE }),
      answers: [{ type: 'application/json', schema: DESCRIBED }],
      problems: [403, 404],
      answer: async ({ path, query: { ptype }, request }) => {
        const tables = await datasetOf(served, path.dataset, request).tablesOf(ptype);
        const { scene: obsid = '' } = path;
        const isId = NUMBER.test(obsid) && Number(obsid) < 2 ** 31;
        const scene = isId ? await readScene(pool, tables.catalogue, obsid) : undefined;
        if (scene === undefined)
          throw new Problem(404, { detail: 'The catalogue has no scene of this number.' });
        const all = await extractionsOf(pool, tables.catalogue, scene.obsid);
        const own = new Set([...tables.signatures.values()].map(({ key }) => key));
        return {
          ...shownScene(scene),
          footprint: scene.footprint === null ? null : (JSON.parse(scene.footprint) as unknown),
          extractions: all.filter(({ results }) => own.has(results)).map(shownExtraction),
        };
      },
    }),
  ];
}
