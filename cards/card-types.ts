/** The CARD types there are. Another one is a file of its own, its code in codes.ts and a word here. */
import { bs } from './bs.js';
import { c6 } from './c6.js';
import type { CardType } from './card.js';
import { CARD_CODES, type KnownCard } from './codes.js';
import { s2 } from './s2.js';

const BY_CODE: Readonly<Record<KnownCard, CardType>> = { s2, bs, c6 };

export const CARD_TYPES: readonly CardType[] = CARD_CODES.map((code) => BY_CODE[code]);

/**
 * The CARD type of a code, as in `dias_catalogue.card`.
 * @throws Error naming the codes there are, for an unknown one.
 */
export function cardType(code: string): CardType {
  const found = CARD_TYPES.find((card) => card.code === code);
  if (found !== undefined) return found;
  throw new Error(`there is no card '${code}'; there are ${CARD_CODES.join(', ')}`);
}
