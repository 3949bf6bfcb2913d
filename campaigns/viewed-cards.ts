/** What the views of a results table have to know of the CARD types, by the names that either preset writes. */
import { CARD_TYPES } from '../cards/card-types.js';
import type { CardType } from '../cards/card.js';
import type { ViewedCard } from '../database/results/results-views.js';
import { BAND_NAMES } from '../database/selection/defaults.js';
import { currentBandNames } from './former-names.js';

const PRESETS = BAND_NAMES.map(currentBandNames);

export const VIEWED_CARDS: readonly ViewedCard[] = CARD_TYPES.map((card) => ({
  card: card.code,
  classMap: card.classMap && {
    bands: [...namesOf(card, card.classMap.band)],
    cloudy: card.classMap.cloudy,
  },
  tileInName: card.tileInName,
}));

function namesOf(card: CardType, band: string): ReadonlySet<string> {
  return new Set(PRESETS.map((preset) => card.bandName(band, preset)));
}
