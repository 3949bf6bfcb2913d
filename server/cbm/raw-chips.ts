/** CbM's routes of chips as GeoTIFFs, one a scene. */
import type { FastifyInstance } from 'fastify';
import { momentOf } from '../chips/pick-scenes.js';
import type { Place } from '../chips/place.js';
import type { Served } from '../served.js';
import { type Columns, orEmpty, Unanswerable } from './answer.js';
import { chipList, type Labels, productOf } from './chip-files.js';
import { bandsOf, cardOf, cataloguesOf, parcelPlace, placeOf, scenesOf, sideOf } from './chip-question.js';
import { MOST_SCENES, serviceOf } from './chip-requests.js';
import { isTrue, type Query, queryOf } from './query.js';

const NOTHING = { dates: [], chips: [] };

const LABELS: Labels = {
  date: ({ scene }) => momentOf(scene),
  file: ({ scene, band }) => `${productOf(scene)}.${band}`,
};

export function registerRawChipRoutes(app: FastifyInstance, served: Served): void {
  const route = (path: string, placeFor: (query: Query) => Promise<Place | undefined>): void => {
    app.get(`/query/${path}`, async (request, reply) => {
      const service = serviceOf(served);
      const query = queryOf(request);
      const isList = isTrue(query.onlylist);
      return orEmpty<Columns>(async () => {
        const place = await placeFor(query);
        if (place === undefined) return isList ? { chips: [] } : NOTHING;
        const [card, metres] = [cardOf(query.plevel), sideOf(query.chipsize)];
        const catalogues = await cataloguesOf(served, request, query);
        const scenes = await scenesOf(served, catalogues, { place, metres, card }, query);
        if (isList) return { chips: scenes.map(({ reference }) => reference) };
        const [band] = bandsOf(card, [query.band ?? '']);
        if (scenes.length > MOST_SCENES) throw new Unanswerable(`there are ${scenes.length} scenes`);
        const wanted = scenes.map((scene) => ({ scene, band: band! }));
        return await chipList(service, reply, wanted, { place, metres }, LABELS);
      });
    });
  };
  route('rawChipByLocation', ({ lon, lat }) => Promise.resolve(placeOf(served, lon, lat)));
  route('rawChipByParcelID', (query) => parcelPlace(served, query));
}
