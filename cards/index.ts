/** The CARD types there are. Another one is a file of its own and a line here. */
import { bs } from './bs.js';
import { c6 } from './c6.js';
import type { CardType } from './card.js';
import { s2 } from './s2.js';

export const CARD_TYPES: readonly CardType[] = [s2, bs, c6];

/**
 * The CARD type of a code, as in `dias_catalogue.card`.
 * @throws Error naming the codes there are, for an unknown one.
 */
export function cardType(code: string): CardType {
  const found = CARD_TYPES.find((card) => card.code === code);
  if (found !== undefined) return found;
  throw new Error(`there is no card '${code}'; there are ${CARD_TYPES.map((card) => card.code).join(', ')}`);
}
