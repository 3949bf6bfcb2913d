/** CbM's routes of chips as GeoTIFFs of several bands: of products that are named, and of radar between two days. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { scenesByReference } from '../../database/reads/scenes-at.js';
import type { ChipScene } from '../chips/known-bands.js';
import type { WantedChip } from '../chips/make-chips.js';
import { momentOf } from '../chips/pick-scenes.js';
import type { Place } from '../chips/place.js';
import type { Served } from '../served.js';
import { type Columns, orEmpty, Unanswerable } from './answer.js';
import { chipList, type Labels, productOf, withoutEnding } from './chip-files.js';
import { bandsOf, cardOf, cataloguesOf, placeOf, scenesOf, sideOf } from './chip-question.js';
import { serviceOf } from './chip-requests.js';
import { queryOf } from './query.js';

/** Files of optical bands, and scenes of radar: of more none is made. */
const MOST = 36;

const POLARISATIONS = ['VH', 'VV'];

/** Dates name the band too, and the files of radar end in it by an underscore. */
const keyOf = ({ scene, band }: WantedChip): string => `${momentOf(scene)}_${band}`;
const OPTICAL: Labels = { date: keyOf, file: ({ scene, band }) => `${productOf(scene)}.${band}` };
const RADAR: Labels = { date: keyOf, file: ({ scene, band }) => `${productOf(scene)}_${band}` };

type Body = Readonly<Record<string, unknown>>;

interface Batch {
  readonly path: string;
  /** Of the body, all of them. */
  readonly keys: readonly string[];
  readonly labels: Labels;
  readonly wantedOf: (
    body: Body,
    square: { readonly place: Place; readonly metres: number },
    request: FastifyRequest,
  ) => Promise<WantedChip[]>;
}

export function registerChipBatches(app: FastifyInstance, served: Served): void {
  for (const { path, keys, labels, wantedOf } of [ofProducts(served), ofRadar(served)])
    app.post(`/query/${path}`, async (request, reply) => {
      const service = serviceOf(served);
      const body = bodyOf(request, keys);
      if (body === undefined)
        return { error: `Send a JSON object with exactly the keys ${[...keys].join(', ')}.` };
      return orEmpty<Columns>(async () => {
        const square = { place: placeOf(served, body.lon, body.lat), metres: sideOf(body.chipsize) };
        const wanted = await wantedOf(body, square, request);
        const sorted = wanted.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
        return await chipList(service, reply, sorted, square, labels);
      });
    });
}

/** Every band of every product. */
function ofProducts(served: Served): Batch {
  return {
    path: 'rawChipsBatch',
    keys: ['lon', 'lat', 'tiles', 'bands', 'chipsize'],
    labels: OPTICAL,
    wantedOf: async (body, _, request) => {
      const bands = [...new Set(bandsOf('s2', wordsOf(body.bands)))];
      const products = [...new Set(wordsOf(body.tiles).map(withoutEnding))];
      if (products.length * bands.length > MOST) throw new Unanswerable('these are too many files');
      const known = new Map<string, ChipScene>();
      for (const catalogue of await cataloguesOf(served, request, queryOf(request))) {
        const names = products.flatMap((name) => [name, `${name}.SAFE`]);
        for (const scene of await scenesByReference(served.pool, catalogue, names))
          if (scene.card === 's2') known.set(productOf(scene), { ...scene, catalogue: catalogue.key });
      }
      return [...known.values()].flatMap((scene) => bands.map((band) => ({ scene, band })));
    },
  };
}

/** Both polarisations of every scene from the first day to the second. */
function ofRadar(served: Served): Batch {
  return {
    path: 'rawS1ChipsBatch',
    keys: ['lon', 'lat', 'dates', 'chipsize', 'plevel'],
    labels: RADAR,
    wantedOf: async (body, square, request) => {
      const card = cardOf(body.plevel);
      if (card === 's2') throw new Unanswerable('plevel is one of CARD-BS, CARD-COH6');
      const [first, last = first, ...more] = wordsOf(body.dates);
      if (first === undefined || more.length > 0) throw new Unanswerable('dates are the first and last day');
      const days = { start_date: first, end_date: last };
      const catalogues = await cataloguesOf(served, request, queryOf(request));
      const scenes = await scenesOf(served, catalogues, { ...square, card }, days);
      if (scenes.length > MOST) throw new Unanswerable(`there are ${scenes.length} scenes`);
      const bands = bandsOf(card, POLARISATIONS);
      return scenes.flatMap((scene) => bands.map((band) => ({ scene, band })));
    },
  };
}

/** Undefined where it has other keys than these. */
function bodyOf({ body }: FastifyRequest, keys: readonly string[]): Body | undefined {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return undefined;
  const there = Object.keys(body).sort();
  return there.join() === [...keys].sort().join() ? (body as Body) : undefined;
}

function wordsOf(list: unknown): string[] {
  if (!Array.isArray(list) || !list.every((word) => typeof word === 'string'))
    throw new Unanswerable('a list of words is missing');
  return list;
}
