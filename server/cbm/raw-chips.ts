/** CbM's routes of chips as GeoTIFFs: answers name files, which are fetched from /static/tmp without an account. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { scenesByReference } from '../../database/reads/scenes-at.js';
import type { ChipService } from '../chips/chip-service.js';
import { chipFile } from '../chips/geotiff.js';
import type { ChipScene } from '../chips/known-bands.js';
import { makeChips, type WantedChip } from '../chips/make-chips.js';
import { momentOf } from '../chips/pick-scenes.js';
import type { Place } from '../chips/place.js';
import { RequestFault } from '../request-fault.js';
import type { Served } from '../served.js';
import { type Columns, orEmpty, Unanswerable } from './answer.js';
import { bandsOf, cardOf, cataloguesOf, parcelPlace, placeOf, scenesOf, sideOf } from './chip-question.js';
import { isTrue, type Query, queryOf } from './query.js';

/** No more scenes, or files of a batch, are made at once. */
const MOST_SCENES = 24;
const MOST_FILES = 36;

const NOTHING = { dates: [], chips: [] };

export function registerRawChipRoutes(app: FastifyInstance, served: Served): void {
  const route = (path: string, placeFor: (query: Query) => Promise<Place | undefined>): void => {
    app.get(`/query/${path}`, async (request, reply) => {
      const service = serviceOf(served);
      const query = queryOf(request);
      return orEmpty<Columns>(async () => {
        const place = await placeFor(query);
        if (place === undefined) return isTrue(query.onlylist) ? { chips: [] } : NOTHING;
        const [card, metres] = [cardOf(query.plevel), sideOf(query.chipsize)];
        const catalogues = await cataloguesOf(served, request, query);
        const scenes = await scenesOf(served, catalogues, { place, metres, card }, query);
        if (isTrue(query.onlylist)) return { chips: scenes.map(productOf) };
        const [band] = bandsOf(card, [query.band ?? '']);
        if (scenes.length > MOST_SCENES) throw new Unanswerable(`there are ${scenes.length} scenes`);
        const wanted = scenes.map((scene) => ({ scene, band: band! }));
        return await answer(service, reply, wanted, place, metres);
      });
    });
  };
  route('rawChipByLocation', ({ lon, lat }) => Promise.resolve(placeOf(served, lon, lat)));
  route('rawChipByParcelID', (query) => parcelPlace(served, query));

  const batch = (
    path: string,
    keys: readonly string[],
    wantedOf: (body: Body, place: Place, request: FastifyRequest) => Promise<WantedChip[]>,
  ): void => {
    app.post(`/query/${path}`, async (request, reply) => {
      const service = serviceOf(served);
      const body = bodyOf(request, keys);
      if (body === undefined)
        return { error: `Send a JSON object with exactly the keys ${[...keys].join(', ')}.` };
      return orEmpty<Columns>(async () => {
        const place = placeOf(served, body.lon, body.lat);
        const wanted = await wantedOf(body, place, request);
        if (wanted.length > MOST_FILES) throw new Unanswerable(`these are ${wanted.length} files`);
        return await answer(service, reply, wanted, place, sideOf(body.chipsize));
      });
    });
  };
  batch('rawChipsBatch', ['lon', 'lat', 'tiles', 'bands', 'chipsize'], async (body, _, request) => {
    const bands = bandsOf('s2', wordsOf(body.bands));
    const products = wordsOf(body.tiles).map(withoutEnding);
    if (products.length * bands.length > MOST_FILES) throw new Unanswerable('these are too many files');
    const scenes: ChipScene[] = [];
    for (const catalogue of await cataloguesOf(served, request, queryOf(request))) {
      const names = products.flatMap((name) => [name, `${name}.SAFE`]);
      const found = await scenesByReference(served.pool, catalogue, names);
      scenes.push(...found.map((scene) => ({ ...scene, catalogue: catalogue.key })));
    }
    const known = new Map(scenes.filter(({ card }) => card === 's2').map((one) => [productOf(one), one]));
    return [...known.values()].flatMap((scene) => bands.map((band) => ({ scene, band })));
  });
  batch('rawS1ChipsBatch', ['lon', 'lat', 'dates', 'chipsize', 'plevel'], async (body, place, request) => {
    const card = cardOf(body.plevel);
    if (card === 's2') throw new Unanswerable('plevel is one of CARD-BS, CARD-COH6');
    const days = wordsOf(body.dates).map(dayOf).sort();
    const [catalogues, metres] = [
      await cataloguesOf(served, request, queryOf(request)),
      sideOf(body.chipsize),
    ];
    const span = { start_date: days[0], end_date: days.at(-1) };
    const scenes = days.length === 0 ? [] : await scenesOf(served, catalogues, { place, metres, card }, span);
    return scenes
      .filter(({ obstime }) => days.includes(obstime.slice(0, 10)))
      .flatMap((scene) => bandsOf(card, ['VV', 'VH']).map((band) => ({ scene, band })));
  });

  app.get<{ Params: { folder: string; file: string } }>(
    '/static/tmp/:folder/:file',
    { config: { open: true } },
    async (request, reply) => {
      const { folder, file } = request.params;
      const name = served.chips?.lent.find(folder, file);
      const chip = name && (await served.chips?.chips.kept(name));
      if (!chip)
        throw new RequestFault(404, 'There is no such file, or not any more. Ask for the chips again');
      return reply.type('image/tiff').send(chipFile(chip));
    },
  );
}

function serviceOf({ chips }: Served): ChipService {
  if (chips !== undefined) return chips;
  throw new RequestFault(404, 'Here are no chips: the server knows no object store (serve --s3-config)');
}

/** Aborted when who asked has gone. */
function untilGone(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => {
    gone.abort();
  });
  return gone.signal;
}

async function answer(
  service: ChipService,
  reply: FastifyReply,
  wanted: readonly WantedChip[],
  place: Place,
  metres: number,
): Promise<Columns> {
  const { made, missing } = await makeChips(service, wanted, place, metres, untilGone(reply));
  if (made.length === 0 && missing.length > 0) throw new RequestFault(404, `${missing.join('. ')}.`);
  if (missing.length > 0) reply.header('x-chips-missing', missing.length);
  const files = made.map(({ scene, band }) => `${productOf(scene)}.${band}.tif`.replace(/[^\w.-]/g, '_'));
  const degrees = (value: number): number => Math.round(value * 1e4);
  const label = `E${degrees(place.lon)}N${degrees(place.lat)}`;
  const folder = service.lent.lend(label, new Map(files.map((file, i) => [file, made[i]!.kept.name])));
  return {
    dates: made.map(({ scene }) => momentOf(scene)),
    chips: files.map((file) => `/static/tmp/${folder}/${file}`),
  };
}

const productOf = ({ reference }: ChipScene): string => withoutEnding(reference);
const withoutEnding = (name: string): string => name.replace(/\.SAFE$/i, '');

type Body = Readonly<Record<string, unknown>>;

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

/** `2024-03-02` of `20240302T105619`, `20240302` or `2024-03-02T10:56:19`. */
function dayOf(text: string): string {
  const [, year, month, day] = /^(\d{4})-?(\d{2})-?(\d{2})(?:T.*)?$/.exec(text) ?? [];
  if (day === undefined) throw new Unanswerable('dates are days');
  return `${year}-${month}-${day}`;
}
