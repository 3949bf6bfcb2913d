/** Which of a product's bands an order needs: those that have rows, and those that other layers are made of. */
import { cardType } from '../cards/card-types.js';
import { currentBandNames } from './former-names.js';
import type { Order } from './order.js';

export interface BandToRead {
  /** As the product calls it. */
  readonly band: string;
  /** In the results table, or as it would be there. */
  readonly name: string;
  /** It is read for other layers, and has no rows of its own. */
  readonly isOnlyRead: boolean;
}

/** The bands with rows in the order's order, then the others, each once. */
export function bandsToRead({
  card: code,
  bands,
  bandNames,
  clearBands = [],
}: Pick<Order, 'card' | 'bands' | 'bandNames' | 'clearBands'>): BandToRead[] {
  const card = cardType(code);
  const wanted = bands.map((name) => ({ name, band: card.parseBand(name), isOnlyRead: false }));
  const others = clearBands.length > 0 && card.classMap ? [card.classMap.band] : [];
  const known = new Set(wanted.map(({ band }) => band));
  for (const band of others) {
    if (known.has(band)) continue;
    known.add(band);
    wanted.push({ name: card.bandName(band, currentBandNames(bandNames)), band, isOnlyRead: true });
  }
  return wanted;
}
