/** Bands and indices by the names that people use, and what they may be called in a table of results. */
import { BAND_NAME_PRESETS } from '../../cards/card.js';
import { CARD_TYPES } from '../../cards/card-types.js';
import type { AskedBand } from '../../database/reads/many-series.js';

/** A band's names by either preset, an index's long and short one; what nobody knows is taken as it is written. */
export function askedBands(card: string, names: readonly string[]): AskedBand[] {
  return [...new Set(names)].map((name) => ({ name, spellings: [...spellingsOf(card, name)] }));
}

function spellingsOf(code: string, name: string): ReadonlySet<string> {
  const spellings = new Set([name]);
  const card = CARD_TYPES.find((one) => one.code === code);
  const upper = name.toUpperCase();
  const index = card?.indices?.known.find((one) => [one.name, one.short].includes(upper));
  if (index !== undefined) return spellings.add(index.name).add(index.short);
  try {
    const band = card?.parseBand(name);
    if (band !== undefined)
      for (const preset of BAND_NAME_PRESETS) spellings.add(card!.bandName(band, preset));
  } catch {
    // An index of somebody's own is no band of the type's.
  }
  return spellings;
}
