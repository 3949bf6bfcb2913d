/** What the views of a results table have to know of the CARD types, by the names that either preset writes. */
import { CARD_TYPES } from '../cards/card-types.js';
import { BAND_NAME_PRESETS, type CardType } from '../cards/card.js';
import type { SpectralIndex } from '../cards/spectral-index.js';
import type { ViewedCard, ViewedMeasure } from '../database/results/observation-views.js';

export const VIEWED_CARDS: readonly ViewedCard[] = CARD_TYPES.map((card) => ({
  card: card.code,
  classMap: card.classMap && {
    bands: [...namesOf(card, card.classMap.band)],
    cloudy: card.classMap.cloudy,
  },
  tileInName: card.tileInName,
  tracksApart: card.orbit?.apart === true,
  measured: [...bandsOf(card), ...indicesOf(card)],
  ofMeans: leading(card).map(({ name, expression }) => ({
    column: `${name.toLowerCase()}_of_means`,
    expression: expression.replaceAll(/[A-Z]\w*/g, (band) => columnOf(card, band)),
    harmonised: card.radiometry !== undefined,
  })),
}));

/** Classes have no mean. */
function bandsOf(card: CardType): ViewedMeasure[] {
  return card.bands
    .filter((band) => band !== card.classMap?.band)
    .map((band) => ({
      column: columnOf(card, band),
      bands: [...namesOf(card, band)],
      ...(card.decibels === true && { decibels: true }),
    }));
}

function indicesOf(card: CardType): ViewedMeasure[] {
  const measureOf = ({ name, short }: SpectralIndex): ViewedMeasure => ({
    column: name.toLowerCase(),
    bands: [...new Set([name, short])],
  });
  return [
    ...(card.indices?.known ?? []).map(measureOf),
    ...leading(card).map((index) => ({
      ...measureOf(index),
      column: `${index.name.toLowerCase()}_std`,
      statistic: 'std' as const,
    })),
  ];
}

function leading({ indices }: CardType): readonly SpectralIndex[] {
  return (indices?.known ?? []).filter(({ leads }) => leads === true);
}

/** The preset of CbM's API tells the bands of all types apart. */
function columnOf(card: CardType, band: string): string {
  return card.bandName(band, 'api').toLowerCase();
}

function namesOf(card: CardType, band: string): ReadonlySet<string> {
  return new Set(BAND_NAME_PRESETS.map((preset) => card.bandName(band, preset)));
}
