/** CbM's routes of chips for the eye: a page of pictures, one a scene, each stretched by itself. */
import type { FastifyInstance } from 'fastify';
import type { LentFile } from '../chips/lent-files.js';
import type { MadeChip } from '../chips/make-chips.js';
import { momentOf } from '../chips/pick-scenes.js';
import type { Drawing, Range } from '../chips/picture.js';
import type { Place } from '../chips/place.js';
import type { Served } from '../served.js';
import { orEmpty, Unanswerable } from './answer.js';
import { fileName, lendFiles, makeSome, productOf } from './chip-files.js';
import { bandsOf, cardOf, cataloguesOf, parcelPlace, placeOf, scenesOf, sideOf } from './chip-question.js';
import { MOST_SCENES, serviceOf } from './chip-requests.js';
import { type Query, queryOf } from './query.js';

/** Where nothing is said: bands for red, green and blue, and percentiles that are drawn darkest and brightest. */
const USUAL = { bands: 'B08_B04_B03', radarBands: 'VV', lut: '5_95' } as const;

/** Drawn in place of bands. */
const NDVI = { name: 'NDVI', bands: ['B08', 'B04'] } as const;

export function registerChipPages(app: FastifyInstance, served: Served): void {
  const route = (path: string, placeFor: (query: Query) => Promise<Place | undefined>): void => {
    app.get(`/query/${path}`, async (request, reply) => {
      const service = serviceOf(served);
      const query = queryOf(request);
      const page = await orEmpty(async () => {
        const [card, metres] = [cardOf(query.plevel), sideOf(query.chipsize)];
        const { bands, drawingOf } = pictureOf(card, query);
        const place = await placeFor(query);
        if (place === undefined) return { html: pageOf([], []) };
        const catalogues = await cataloguesOf(served, request, query);
        const scenes = await scenesOf(served, catalogues, { place, metres, card }, query);
        if (scenes.length > MOST_SCENES) throw new Unanswerable(`there are ${scenes.length} scenes`);
        const wanted = scenes.flatMap((scene) => bands.map((band) => ({ scene, band })));
        const { made, missing } = await makeSome(service, reply, wanted, { place, metres });
        const files = new Map<string, LentFile>();
        const figures = byScene(made, bands.length).map((chips) => {
          const { scene } = chips[0]!;
          const file = fileName(productOf(scene), 'png');
          const drawing = drawingOf(chips.map(({ kept }) => kept.offset));
          files.set(file, { kind: 'picture', names: chips.map(({ kept }) => kept.name), drawing });
          return { file, moment: momentOf(scene), product: scene.reference };
        });
        const folder = lendFiles(service, place, files);
        const pictures = figures.map((figure) => ({ ...figure, path: `${folder}/${figure.file}` }));
        return { html: pageOf(pictures, missing) };
      });
      return 'html' in page ? reply.type('text/html; charset=utf-8').send(page.html) : page;
    });
  };
  route('chipsByLocation', ({ lon, lat }) => Promise.resolve(placeOf(served, lon, lat)));
  route('chipsByParcelID', (query) => parcelPlace(served, query));
}

interface Picture {
  /** As the products call them. */
  readonly bands: readonly string[];
  /** By the offsets of the bands of a scene. */
  readonly drawingOf: (offsets: readonly number[]) => Drawing;
}

/** The route of parcels knows bands by the word `band`, and so does CbM's client everywhere. */
function pictureOf(card: string, { bands: named, band, lut = USUAL.lut }: Query): Picture {
  const words = named ?? band ?? (card === 's2' ? USUAL.bands : USUAL.radarBands);
  if (card === 's2' && words.toUpperCase() === NDVI.name)
    return { bands: NDVI.bands, drawingOf: (offsets) => ({ as: 'vegetation', offsets }) };
  const bands = bandsOf(card, words.split('_'));
  if (bands.length !== 1 && bands.length !== 3) throw new Unanswerable('bands are one or three');
  const ranges = rangesOf(lut);
  const [percentiles] = ranges;
  if (ranges.length === 1 && percentiles![0] >= 0 && percentiles![1] <= 100)
    return {
      bands,
      drawingOf: (offsets) => ({ as: 'colours', stretch: { percentiles: percentiles! }, offsets }),
    };
  if (ranges.length !== bands.length) throw new Unanswerable('lut is percentiles, or a pair for each band');
  return { bands, drawingOf: (offsets) => ({ as: 'colours', stretch: { numbers: ranges }, offsets }) };
}

/** `5_95`, or low and high of each band: `0_3000_0_1500_0_1500`. */
function rangesOf(lut: string): Range[] {
  const numbers = lut.split('_').map((word) => (word.trim() === '' ? NaN : Number(word)));
  const ranges = Array.from({ length: Math.ceil(numbers.length / 2) }, (_, i): Range => {
    return [numbers[2 * i]!, numbers[2 * i + 1] ?? NaN];
  });
  if (!ranges.every(([low, high]) => low < high)) throw new Unanswerable('lut is pairs of low and high');
  return ranges;
}

/** Scenes of which all bands are there, each with its chips in the order of the bands. */
function byScene(made: readonly MadeChip[], bands: number): MadeChip[][] {
  const scenes = new Map<unknown, MadeChip[]>();
  for (const chip of made) scenes.set(chip.scene, [...(scenes.get(chip.scene) ?? []), chip]);
  return [...scenes.values()].filter((chips) => chips.length === bands);
}

interface Figure {
  readonly path: string;
  readonly moment: string;
  readonly product: string;
}

function pageOf(figures: readonly Figure[], missing: readonly string[]): string {
  const shown = figures.map(
    ({ path, moment, product }) =>
      `<figure><img id="${escaped(moment)}" width="256" alt="${escaped(product)}" src="${escaped(path)}">` +
      `<figcaption title="${escaped(product)}">${escaped(moment)}</figcaption></figure>`,
  );
  const notes = missing.map((sentence) => `<p>${escaped(sentence)}.</p>`);
  return `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Chips</title>
<style>
body { font-family: sans-serif }
main { display: flex; flex-wrap: wrap }
figure { margin: 8px; text-align: center }
img { image-rendering: pixelated }
</style></head><body><main>
${shown.join('\n') || '<p>There are no scenes of these days here.</p>'}
</main>${notes.join('')}</body></html>
`;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (text: string): string => text.replace(/[&<>"]/g, (letter) => ENTITIES[letter]!);
