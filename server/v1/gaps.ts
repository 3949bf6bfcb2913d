/** Why a date is missing in a parcel's series: every scene over it, and what came of each. */
import { z } from 'zod';
import type { AskedParcels } from '../../database/reads/asked-parcels.js';
import { readScenesOver, type SceneOverParcel } from '../../database/reads/parcel-gaps.js';
import { readParcelNames } from '../../database/reads/parcel-pages.js';
import type { Served } from '../served.js';
import { datasetOf, PTYPE } from './datasets.js';
import { defined, type Operation } from './operation.js';
import { noParcel, orNone } from './parcels.js';
import { CARD, PERIOD } from './period.js';
import { SCENE_PAGING, sceneCursor, scenePage } from './scenes.js';
import { rowsOf } from './series-question.js';
import { reasonInWords, statusInWords } from './words.js';

const SCENE = z.object({
  scene: z.int(),
  time: z.iso.datetime(),
  reference: z.string(),
  card: z.string(),
  status: z.string().meta({ description: 'How the scene stands for these series.' }),
  outcome: z.enum(['rows', 'gap', 'none']).meta({
    description:
      'rows: it is in the series; gap: it was looked at, and no band has a row; none: it was not extracted.',
  }),
  bands: z.array(z.string()).meta({ description: 'Bands that have a row.' }),
  gaps: z
    .array(z.object({ layer: z.string(), reason: z.string(), meaning: z.string() }))
    .meta({ description: 'Bands without one (B04:clear: of its clear pixels), and why.' }),
  why: z.string().nullable().meta({ description: 'Why it is missing, in a sentence; null where it is not.' }),
});

const PAGE = z.object({
  parcel: z.string(),
  scenes: z.array(SCENE),
  next: z.string().nullable().meta({ description: 'Where the next page is; null on the last one.' }),
});

const shown = (scene: SceneOverParcel): z.output<typeof SCENE> => {
  const { obsid, time, reference, card, status, bands, gaps } = scene;
  return {
    ...{ scene: obsid, time, reference, card, status },
    outcome: bands.length > 0 ? 'rows' : gaps.length > 0 ? 'gap' : 'none',
    bands: [...bands],
    gaps: gaps.map(({ layer, reason }) => ({ layer, reason, meaning: reasonInWords(reason) })),
    why: whyMissing(scene),
  };
};

/** The first that holds. */
function whyMissing({ status, reason, known, supersededBy, bands, gaps }: SceneOverParcel): string | null {
  if (supersededBy !== null)
    return `Scene ${supersededBy}, a newer product of the same acquisition, has taken its place.`;
  if (bands.length > 0) return null;
  if (gaps.length > 0) {
    const reasons = new Set(gaps.map((gap) => reasonInWords(gap.reason)));
    return sentence([...reasons].join('; '));
  }
  if (status !== 'extracted')
    return sentence(`${statusInWords(status)}${reason === null ? '' : `: ${reason}`}`);
  return known
    ? 'The scene was extracted without this parcel: it was too small, beyond the area of interest, or not there yet.'
    : 'The scene was extracted by another program or into another table: nobody knows more of it here.';
}

function sentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}${words.endsWith('.') ? '' : '.'}`;
}

export function gapOperations(served: Served): Operation[] {
  const { pool } = served;
  return [
    defined({
      ...{ method: 'GET', path: '/datasets/{dataset}/parcels/{parcel}/gaps', id: 'getGaps', tag: 'series' },
      summary: 'Why a date is missing: each scene over the parcel, and what came of it',
      query: z.strictObject({ ...PERIOD, card: CARD.default('s2'), ...SCENE_PAGING, ptype: PTYPE }),
      answers: [{ type: 'application/json', schema: PAGE }],
      problems: [403, 404],
      answer: async ({ path, query, request, signal }) => {
        const { ptype, card, from = null, to = null, limit } = query;
        const tables = await datasetOf(served, path.dataset, request).tablesOf(ptype);
        const rows = rowsOf(tables, card);
        const { parcel = '' } = path;
        const meant: AskedParcels = { by: 'ids', ids: [parcel] };
        const [names] = await orNone(readParcelNames(pool, tables.parcels, meant, 1, signal));
        if (names === undefined) throw noParcel();
        const page = { after: sceneCursor(query.cursor), most: limit + 1 };
        const filter = { from, to, card };
        const found = await readScenesOver(pool, { ...tables, rows }, names.fid, filter, page, signal);
        const { shown: scenes, next } = scenePage(found, limit, request.url);
        return { parcel, scenes: scenes.map(shown), next };
      },
    }),
  ];
}
