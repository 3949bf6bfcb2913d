/** What an order measures, and which of a product's bands that needs: those that have rows, and those that other layers are made of. */
import type { CardType } from '../cards/card.js';
import { cardType } from '../cards/card-types.js';
import { type Index, type OwnIndices, storedIndex, unknownLayer } from '../layers/index.js';
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

/** An index by its name in the results table. */
export interface OrderedIndex {
  readonly name: string;
  readonly index: Index;
  /** It has clear rows only: its others are stored already. */
  readonly isOnlyClear: boolean;
}

/** A band or an index. */
export type Layer = { readonly band: string } | { readonly index: Index };

type Ordered = Pick<Order, 'card' | 'bands' | 'bandNames' | 'clearBands' | 'indices' | 'skipCloudy'>;

/**
 * What a name is that people write, or that stands in a results table.
 * @throws IndexRefused where it is neither band nor index, and where there is a mistake in the index.
 */
export function parseLayer(name: string, card: CardType, own: OwnIndices = {}): Layer {
  const band = bandOf(name, card);
  if (band !== undefined) return { band };
  const index = storedIndex(name, card, own);
  if (index === undefined) throw unknownLayer(name, card, own);
  return { index };
}

function bandOf(name: string, card: CardType): string | undefined {
  try {
    return card.parseBand(name);
  } catch {
    return undefined;
  }
}

/** The indices among the order's bands, and among those that have clear rows only. */
export function indicesOf({ card: code, bands, clearBands = [], indices }: Ordered): OrderedIndex[] {
  const card = cardType(code);
  return [...new Set([...bands, ...clearBands])].flatMap((name) => {
    const layer = parseLayer(name, card, indices);
    return 'index' in layer ? { name, index: layer.index, isOnlyClear: !bands.includes(name) } : [];
  });
}

/** Whether the product's offsets are to be known: indices are of physical numbers, whatever bands are. */
export function needsRadiometry(order: Ordered & Pick<Order, 'radiometry'>): boolean {
  return order.radiometry === 'harmonised' || indicesOf(order).length > 0;
}

/** The bands with rows in the order's order, then the others, each once. */
export function bandsToRead(order: Ordered): BandToRead[] {
  const { bands, bandNames, clearBands = [], indices, skipCloudy = false } = order;
  const card = cardType(order.card);
  const wanted: BandToRead[] = bands.flatMap((name) => {
    const layer = parseLayer(name, card, indices);
    return 'band' in layer ? { name, band: layer.band, isOnlyRead: false } : [];
  });
  const others = [
    ...clearBands.flatMap((name) => {
      const layer = parseLayer(name, card, indices);
      return 'band' in layer ? layer.band : [];
    }),
    ...indicesOf(order).flatMap(({ index }) => index.program.bands),
    ...((clearBands.length > 0 || skipCloudy) && card.classMap ? [card.classMap.band] : []),
  ];
  const known = new Set(wanted.map(({ band }) => band));
  for (const band of others) {
    if (known.has(band)) continue;
    known.add(band);
    wanted.push({ name: card.bandName(band, currentBandNames(bandNames)), band, isOnlyRead: true });
  }
  return wanted;
}
